"""Representativeness: the shares of cells in a sample beside those in the population."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from custvalue import _proportion
from custvalue._check import Array, number, refuse
from custvalue._frames import numeric, read
from custvalue._groups import column_names, group_rows
from custvalue._tally import Column, Tally
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction._survey import check_sums, effective, survey_weights
from custvalue.satisfaction._targets import margin_of


class ChiSquare(NamedTuple):
    """Pearson's test of shares against those of a population."""

    statistic: float
    degrees: int
    p_value: float


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Representativeness(Tally):
    """Answers per cell, beside the population; `+` adds other answers.

    Attributes
    ----------
    cell : array of shape (cells,)
        Key: the labels of the cell.
    answers : int array
        Respondents in the cell.
    weight, squares : float arrays
        Sum of their weights, and of the squares.
    target : tuple of float
        Share of each cell in the population, in the order of `cell`.
    notes, frame
        What policies did, counted; the kind of frame for results.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> survey = pd.DataFrame({"kind": ["shop"] * 80 + ["web"] * 20})
    >>> compared = cv.satisfaction.representativeness(survey, "kind", {"shop": 0.5, "web": 0.5})
    >>> compared
    Representativeness(answers=100, cells=2, dissimilarity=0.3, p_value=1.97318e-09)
    >>> print(compared.to_frame()[["cell", "share", "target", "difference"]].to_string())
       cell  share  target  difference
    0  shop    0.8     0.5         0.3
    1   web    0.2     0.5        -0.3
    """

    cell: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=object))
    answers: Column = dataclasses.field(default_factory=lambda: np.empty(0, dtype=np.int64))
    weight: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    squares: Array = dataclasses.field(default_factory=lambda: np.empty(0))
    target: tuple[float, ...] = ()

    _keys: ClassVar[tuple[str, ...]] = ("cell",)
    _sums: ClassVar[tuple[str, ...]] = ("answers", "weight", "squares")
    _settings: ClassVar[tuple[str, ...]] = ("target",)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "target", tuple(float(share) for share in self.target))
        check_sums(answers=self.answers, weight=self.weight, squares=self.squares)
        if self.groups or len(self.target) != len(self):
            rule = "must have one share of the population for each cell, and no groups"
            raise InvalidDataError(message("target", rule, value=len(self.target)))

    @property
    def effective_n(self) -> float:
        """Effective number of respondents (Kish)."""
        return float(effective(self.weight.sum(), self.squares.sum()))

    @property
    def share(self) -> Array:
        """Share of each cell among the answers; NaN of none."""
        return np.atleast_1d(_proportion.share(self.weight, self.weight.sum()))

    @property
    def difference(self) -> Array:
        """Share among the answers less share in the population."""
        return np.asarray(self.share - np.array(self.target))

    @property
    def value(self) -> float:
        """Index of dissimilarity: the share of answers that are in the wrong cell, 0 to 1."""
        return float(np.abs(self.difference).sum() / 2.0) if self.effective_n else float("nan")

    def interval(self, level: float = 0.95, method: str = "wilson") -> tuple[Array, Array]:
        """Return the bounds of an interval for each share, with the effective n.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        method : {"wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"}
            Wilson (1927) by default.
        """
        n = self.effective_n
        return _proportion.interval(np.nan_to_num(self.share) * n, n, level, method)

    def test(self) -> ChiSquare:
        """Return Pearson's chi-square test that the answers are a sample of the population.

        With weights it is of the effective number of answers (first-order, Rao & Scott 1981). It
        needs about 5 expected answers in each cell.
        """
        from scipy.special import chdtrc

        n, target = self.effective_n, np.array(self.target)
        degrees = len(self) - 1
        if not n or degrees < 1:
            return ChiSquare(float("nan"), max(degrees, 0), float("nan"))
        statistic = float(n * (self.difference**2 / target).sum())
        return ChiSquare(statistic, degrees, float(chdtrc(degrees, statistic)))

    def r_indicator(self, response_rate: float) -> float:
        """Return the R-indicator, 1 - 2 S of the response rates of the cells: 1 is representative.

        Parameters
        ----------
        response_rate : float
            Share of the population (or of the sample asked) that answered, above 0.

        Returns
        -------
        float
            Of these cells; finer ones can only lower it. Without correction for small samples,
            which lowers it too.

        Raises
        ------
        InvalidDataError
            If a cell would have more answers than people.

        References
        ----------
        Schouten, Cobben & Bethlehem, "Indicators for the representativeness of survey response",
        Survey Methodology 35 (2009), 101-113.
        """
        overall = number("response_rate", response_rate, 0.0, 1.0, open_low=True)
        target = np.array(self.target)
        rates = overall * self.share / target
        hint = "The response rate is too high for the shares found."
        refuse(
            "response_rate", "must be at most 1 in each cell", rates, rates > 1 + 1e-9, hint=hint
        )
        return float(1.0 - 2.0 * np.sqrt((target * (rates - overall) ** 2).sum()))

    def _derived(self) -> dict[str, Any]:
        low, high = self.interval()
        return {
            "share": self.share,
            "lower": low,
            "upper": high,
            "target": np.array(self.target),
            "difference": self.difference,
        }

    def _head(self) -> dict[str, Any]:
        facts = {"answers": int(self.answers.sum()), "cells": len(self)}
        return {**facts, "dissimilarity": self.value, "p_value": self.test().p_value, **self.notes}


def representativeness(
    table: Any,
    columns: str | Sequence[str],
    population: Mapping[Any, float],
    *,
    weight: str | None = None,
) -> Representativeness:
    """Return the share of each cell among the answers, compared with that in the population.

    Parameters
    ----------
    table : data frame
        One row per respondent.
    columns : str or sequence of str
        Columns whose combinations are the cells.
    population : mapping
        Label of each cell (a tuple of labels for several columns) to its share or count in the
        population, above 0; cells without answers too. Shares must add to 1.
    weight : str, optional
        Column of survey weights.

    Returns
    -------
    Representativeness
        With `difference`, `test()` and `r_indicator(response_rate)`.

    Raises
    ------
    InvalidDataError
        If answers are from a cell that the population has not.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> survey = pd.DataFrame({"kind": ["shop"] * 80 + ["web"] * 20})
    >>> compared = cv.satisfaction.representativeness(survey, "kind", {"shop": 0.5, "web": 0.5})
    >>> round(compared.test().statistic, 6), compared.r_indicator(0.25)
    (36.0, 0.7)
    """
    roles = column_names("columns", columns)
    found = read(table, **roles, weight=weight)
    weights = np.ones(found.rows)
    if weight is not None:
        weights = survey_weights(weight, numeric(found, "weight"))
    margin = margin_of(group_rows(found, list(roles)), population)
    size = len(margin.labels)
    order = np.argsort(np.array(margin.labels, dtype=object))
    return Representativeness(
        cell=np.array(margin.labels, dtype=object)[order],
        answers=np.bincount(margin.codes[weights > 0], minlength=size)[order],
        weight=np.bincount(margin.codes, weights, size).astype(float)[order],
        squares=np.bincount(margin.codes, weights**2, size).astype(float)[order],
        target=tuple(margin.target[order].tolist()),
        frame=found.kind,
    )
