"""Weighting: post-stratification, raking and adjustment for non-response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from custvalue._check import Array, number, refuse
from custvalue._frames import Table, numeric, read
from custvalue._groups import column_names, group_rows
from custvalue.errors import ConvergenceError, InvalidDataError, message
from custvalue.satisfaction._survey import survey_weights
from custvalue.satisfaction._targets import Margin, cell_name, margin_of
from custvalue.satisfaction._weights import Weights, trim


def post_stratify(
    table: Any,
    columns: str | Sequence[str],
    population: Mapping[Any, float],
    *,
    weight: str | None = None,
    total: float | None = None,
) -> Weights:
    """Return weights that give each cell its share in the population.

    Each row gets (N_h / N) / (n_h / n) of its cell h, times its base weight.

    Parameters
    ----------
    table : data frame
        One row per respondent.
    columns : str or sequence of str
        Columns whose combinations are the cells.
    population : mapping
        Label of each cell (a tuple of labels for several columns) to its share or count in the
        population, above 0. Shares must add to 1.
    weight : str, optional
        Column of base weights, for instance one over the chance to be asked.
    total : float, optional
        Sum of the weights; by default that of the base weights, so that they average 1.

    Returns
    -------
    Weights

    Raises
    ------
    InvalidDataError
        If a cell is in the population and not among the answers, or the other way round; if a
        target is not above 0; or if a row has no label.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> survey = pd.DataFrame({"kind": ["shop"] * 80 + ["web"] * 20})
    >>> weights = cv.satisfaction.post_stratify(survey, "kind", {"shop": 0.5, "web": 0.5})
    >>> weights
    Weights(rows=100, effective_n=64, design_effect=1.5625, cells=2)
    >>> float(weights.weight[0]), float(weights.weight[-1])
    (0.625, 2.5)
    """
    roles = column_names("columns", columns)
    found, base = _opened(table, roles, weight)
    margin = margin_of(group_rows(found, list(roles)), population, base)
    aim = _total(total, base)
    sums = np.bincount(margin.codes, base, len(margin.target))
    weights = base * (margin.target * aim / sums)[margin.codes]
    return _made([margin], base, weights, 1, found.kind)


def rake(
    table: Any,
    targets: Mapping[str, Mapping[Any, float]],
    *,
    weight: str | None = None,
    total: float | None = None,
    cap: float | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 1000,
) -> Weights:
    """Return weights that give each label of several columns its share in the population.

    Iterative proportional fitting (Deming & Stephan 1940): the weights are scaled to the targets
    of one column after the other until all are met.

    Parameters
    ----------
    table : data frame
        One row per respondent.
    targets : mapping of str to mapping
        Column to {label: share or count in the population, above 0}. Shares must add to 1.
    weight : str, optional
        Column of base weights.
    total : float, optional
        Sum of the weights; by default that of the base weights.
    cap : float, optional
        Largest weight, as a multiple of the mean weight, kept at every iteration.
    tolerance : float
        Largest difference of a share from its target that is taken as met.
    max_iterations : int
        How often to go through all columns at most.

    Returns
    -------
    Weights
        With the shares achieved of each label.

    Raises
    ------
    InvalidDataError
        If a label is in the targets and not among the answers, or the other way round; if a target
        is not above 0; or if a row has no label.
    ConvergenceError
        If no weights meet the targets, for instance because combinations of labels are empty or
        the cap is too low.

    References
    ----------
    Deming & Stephan, "On a least squares adjustment of a sampled frequency table when the expected
    marginal totals are known", Annals of Mathematical Statistics 11 (1940), 427-444.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> survey = pd.DataFrame({"age": ["-40", "-40", "-40", "41-"], "sex": ["f", "m", "f", "f"]})
    >>> targets = {"age": {"-40": 0.6, "41-": 0.4}, "sex": {"f": 0.7, "m": 0.3}}
    >>> cv.satisfaction.rake(survey, targets).weight.round(6)
    array([0.6, 1.2, 0.6, 1.6])
    """
    if not isinstance(targets, Mapping) or not targets:
        rule = "must map columns to the shares of their labels"
        raise InvalidDataError(message("targets", rule, value=type(targets).__name__))
    limit = None if cap is None else number("cap", cap, 1.0, open_low=True)
    close = number("tolerance", tolerance, 0.0, open_low=True)
    most = int(number("max_iterations", max_iterations, 1.0))
    roles = column_names("targets", list(targets))
    found, base = _opened(table, roles, weight)
    margins = [
        margin_of(group_rows(found, [role]), targets[name], base) for role, name in roles.items()
    ]
    aim = _total(total, base)
    weights = base * (aim / base.sum())
    for iteration in range(1, most + 1):
        for margin in margins:
            sums = np.bincount(margin.codes, weights, len(margin.target))
            weights = weights * (margin.target * aim / sums)[margin.codes]
        if limit is not None:
            weights = trim(weights, cap=limit)
        gap, worst = max((_gap(margin, weights) for margin in margins), key=lambda pair: pair[0])
        if gap <= close:
            return _made(margins, base, weights, iteration, found.kind)
    hint = "the cap may be too low" if limit else "combinations of labels may be empty"
    raise ConvergenceError(
        f"Raking did not meet the targets in {most} iterations: {worst} is {gap:.3g} away from its "
        f"share; {hint}. Merge labels, or raise cap, tolerance or max_iterations."
    )


def nonresponse_adjust(
    table: Any, responded: str, columns: str | Sequence[str], *, weight: str | None = None
) -> Weights:
    """Return weights by which those who answered stand for those of their class who did not.

    In each class the weights of respondents are divided by the (weighted) response rate; those who
    did not answer get 0. It helps as far as respondents and others of a class are alike.

    Parameters
    ----------
    table : data frame
        One row per person asked.
    responded : str
        Column of true or false, or 1 or 0.
    columns : str or sequence of str
        Columns whose combinations are the classes, known of everybody.
    weight : str, optional
        Column of base weights.

    Returns
    -------
    Weights
        With the sum of the base weights of all.

    Raises
    ------
    InvalidDataError
        If nobody answered in a class.

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> asked = pd.DataFrame({"region": ["n", "n", "s", "s"], "answered": [1, 0, 1, 1]})
    >>> cv.satisfaction.nonresponse_adjust(asked, "answered", "region").weight
    array([2., 0., 1., 1.])
    """
    roles = column_names("columns", columns)
    found, base = _opened(table, {**roles, "responded": responded}, weight)
    series = found.columns["responded"]
    answered = np.asarray(series.to_numpy()).astype(object)
    refuse(responded, "must be true or false", answered, ~np.isin(answered, [0, 1]))
    here = answered.astype(bool)
    classes = group_rows(found, list(roles))
    everybody = np.bincount(classes.codes, base, len(classes))
    respondents = np.bincount(classes.codes, base * here, len(classes))
    names = [cell_name(cell) for cell in zip(*classes.labels.values(), strict=True)]
    empty = [name for name, mass in zip(names, respondents, strict=True) if mass <= 0]
    if empty:
        rule = "must have somebody who answered in each class"
        raise InvalidDataError(message(responded, rule, value=empty, hint="Merge classes."))
    weights = base * here * (everybody / respondents)[classes.codes]
    target = everybody / everybody.sum()
    margin = Margin(classes.codes, tuple(names), target, ", ".join(classes.labels))
    notes = {"did not answer": int((~here).sum())}
    return _made([margin], base * here, weights, 1, found.kind, notes)


def _opened(table: Any, roles: Mapping[str, str], weight: str | None) -> tuple[Table, Array]:
    """Return a table and the base weight of each row."""
    found = read(table, **roles, weight=weight)
    if found.rows == 0:
        raise InvalidDataError(message("table", "must have rows", value=0))
    if weight is None:
        return found, np.ones(found.rows)
    base = survey_weights(weight, numeric(found, "weight"))
    if not base.any():
        raise InvalidDataError(message(weight, "must have weights above 0"))
    return found, base


def _total(total: float | None, base: Array) -> float:
    return float(base.sum()) if total is None else number("total", total, 0.0, open_low=True)


def _gap(margin: Margin, weights: Array) -> tuple[float, str]:
    """Return the largest difference of a share from its target, and where it is."""
    off = np.abs(_shares(margin, weights) - margin.target)
    worst = int(off.argmax())
    return float(off[worst]), f"{margin.name} {margin.labels[worst]!r}"


def _shares(margin: Margin, weights: Array) -> Array:
    sums = np.bincount(margin.codes, weights, len(margin.target))
    return np.asarray(sums / sums.sum())


def _made(
    margins: Sequence[Margin],
    base: Array,
    weights: Array,
    iterations: int,
    frame: str,
    notes: Mapping[str, int] | None = None,
) -> Weights:
    return Weights(
        weight=weights,
        margin=np.array([m.name for m in margins for _ in m.labels], dtype=object),
        label=np.array([label for m in margins for label in m.labels], dtype=object),
        sample=np.concatenate([_shares(m, base) for m in margins]),
        achieved=np.concatenate([_shares(m, weights) for m in margins]),
        target=np.concatenate([m.target for m in margins]),
        iterations=iterations,
        notes=notes or {},
        frame=frame,
    )
