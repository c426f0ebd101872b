"""Key drivers: which attributes explain satisfaction, with intervals and tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import one_of
from custvalue.errors import InvalidDataError, message
from custvalue.satisfaction import _explained
from custvalue.satisfaction._answers import check_answers, checked_scale, read_answers
from custvalue.satisfaction._correlations import Columns, arranged
from custvalue.satisfaction._counting import whole_count
from custvalue.satisfaction._drivers import METHODS, Drivers
from custvalue.satisfaction._importance import complete, generator, importance, named, p_values
from custvalue.satisfaction._survey import effective

_ORDERS = 2000  # drawn where the subsets are too many
_COLLINEAR = "predictors that others determine"


def drivers(
    table: Any,
    outcome: str,
    predictors: Sequence[str],
    *,
    method: str = "lmg",
    by: str | Sequence[str] | None = None,
    weight: str | None = None,
    scale: tuple[float, float] | None = None,
    outcome_scale: tuple[float, float] | None = None,
    labels: Mapping[str, float] | None = None,
    not_applicable: Collection[Any] = (),
    numeric_text: bool = False,
    missing: str = "drop",
    min_group: int = 0,
    permutations: int = 0,
    bootstrap: int = 0,
    rng: np.random.Generator | int | None = None,
) -> Drivers:
    """Return how much of an outcome, such as overall satisfaction, each attribute explains.

    Of a linear regression of the outcome on all predictors. Only the correlations matter, so that
    neither the length nor the direction of a scale does.

    Parameters
    ----------
    table : data frame
        Any frame that Narwhals reads, one row per respondent.
    outcome : str
        Column of what is to be explained; numbers.
    predictors : sequence of str
        Columns of the attributes.
    method : {"lmg", "johnson", "correlation", "beta", "pratt", "first", "last"}
        "lmg": the increase of R^2 by a predictor, averaged over all orders in which predictors can
        be added (Lindeman, Merenda & Gold; the Shapley value; general dominance), the default.
        "johnson": relative weights, close to it and cheap for any number of predictors. "pratt":
        coefficient times correlation, which may be negative. These three sum to R^2. "first": R^2
        of the predictor alone. "last": what it adds to all others. "correlation", "beta": the
        correlation and the standardised coefficient.
    by : str or sequence of str, optional
        Columns to group by.
    weight : str, optional
        Column of survey weights, at least 0; who has weight 0 does not count.
    scale, outcome_scale : tuple of float, optional
        Lowest and highest answer of the predictors and of the outcome; answers outside are
        refused. Declare them, so that codes such as 99 cannot pass for answers.
    labels : mapping of str to float, optional
        Numbers of answers that are text, in all columns.
    not_applicable : collection, optional
        Answers, text or numbers, that are none.
    numeric_text : bool
        Whether text such as "7" is a number.
    missing : {"drop", "error"}
        Who did not answer everything is left out, and counted in `notes`; or is refused.
    min_group : int
        Groups of fewer respondents get NaN.
    permutations : int
        0: all orders up to 20 predictors (lmg), 2,000 drawn ones and their reverses beyond. Else
        how many to draw, at least 2. `standard_error` says how far drawing alone may be off.
    bootstrap : int
        How often to resample respondents (rows, with their weights, within groups) for intervals;
        1,000 is usual. 0: no intervals.
    rng : numpy.random.Generator or int, optional
        Source of randomness of permutations and bootstrap, or its seed; needed for them.

    Returns
    -------
    Drivers
        Importances, their shares, R^2, tests, and intervals by `interval`.

    Raises
    ------
    InvalidDataError
        If a column is no numbers or does not vary, if there are not more respondents than
        predictors + 1, or if others determine a predictor and `method` is "beta" or "pratt", which
        then have no one answer. By group such groups get NaN and are counted in `notes`.

    Notes
    -----
    Where some predictors determine another (a sum beside its items, a column twice), "lmg" and
    "johnson" share out what they explain and "last" is 0; `notes` counts such predictors. p-values
    take residuals as normal and of one variance, with the effective number of respondents (Kish).
    Johnson's weights have been advised against for linear regression (Thomas, Zumbo, Kwan &
    Schweitzer, "On Johnson's (2000) relative weights method for assessing variable importance: a
    reanalysis", Multivariate Behavioral Research 49 (2014), 329-338). Importance is not cause.

    References
    ----------
    Groemping, "Relative importance for linear regression in R: the package relaimpo", Journal of
    Statistical Software 17 (2006), 1, sections 2 and 3.
    Johnson, "A heuristic method for estimating the relative weight of predictor variables in
    multiple regression", Multivariate Behavioral Research 35 (2000), 1-19.

    Examples
    --------
    >>> import custvalue as cv
    >>> import numpy as np, pandas as pd
    >>> draw = np.random.default_rng(1)
    >>> items = draw.integers(1, 6, (500, 3))
    >>> frame = pd.DataFrame(items, columns=["price", "service", "product"])
    >>> frame["overall"] = items @ [1, 2, 4] + draw.integers(0, 9, 500)
    >>> found = cv.satisfaction.drivers(
    ...     frame, "overall", ["price", "service", "product"], bootstrap=200, rng=1
    ... )
    >>> columns = ["predictor", "importance", "share", "lower", "upper"]
    >>> print(found.to_frame()[columns].round(2).to_string(index=False))
    predictor  importance  share  lower  upper
        price        0.04   0.04   0.02   0.06
      service        0.17   0.20   0.14   0.21
      product        0.65   0.76   0.62   0.68
    """
    one_of("method", method, METHODS)
    names = named(outcome, predictors, "predictors")
    times = whole_count("bootstrap", bootstrap, 0, 10**6)
    drawn = whole_count("permutations", permutations, 0, 10**7)
    least = whole_count("min_group", min_group, 0, 2**53)
    if drawn == 1:
        raise InvalidDataError(message("permutations", "must be 0 or at least 2", value=drawn))
    if method == "lmg" and not drawn and len(names) - 1 > _explained.EXACT:
        drawn = _ORDERS
    orders = None
    if times or (method == "lmg" and drawn):
        draw = generator(rng)
        if method == "lmg" and drawn:
            each = np.tile(np.arange(len(names) - 1), (drawn, 1))
            orders = draw.permuted(each, axis=1)
    answers = read_answers(
        table, names, by=by, weight=weight, scale=None, labels=labels, whole=False,
        not_applicable=not_applicable, numeric_text=numeric_text, missing=missing,
    )  # fmt: skip
    ends = checked_scale(outcome_scale), checked_scale(scale)
    for name, column in zip(names, answers.each, strict=True):
        check_answers(name, column, ends[0] if name == outcome else ends[1], False)
    values, weights, codes, notes = complete(answers)
    columns = arranged(values, weights, codes)
    matrices = columns.correlations()
    usable = _usable(columns, names, bool(answers.groups), notes)
    collinear = _explained.determined(matrices) & usable[:, None]
    if method in ("beta", "pratt"):
        usable &= ~_refused(collinear, names, method, bool(answers.groups), notes)
    elif collinear.any():
        notes[_COLLINEAR] = int(collinear.sum())
    usable &= columns.rows >= least
    matrices[~usable] = np.nan
    found, error = importance(matrices, method, orders)
    n = effective(columns.sums(columns.weight), columns.sums(columns.weight**2))
    r_squared = _explained.gains(matrices).sum(axis=-1)
    rank = len(names) - 1 - collinear.sum(axis=1)
    tests = p_values(matrices, method, r_squared, n, rank)
    again = np.empty((times, *found.shape))
    for b in range(times):
        resampled = columns.correlations(columns.resampled(draw))
        resampled[~usable] = np.nan
        again[b] = importance(resampled, method, orders)[0]
    p, groups = len(names) - 1, answers.group_count

    def rows(column: npt.NDArray[Any], nothing: Any = np.nan) -> Any:
        """Return a number per present group, or per predictor of it, as a column of all rows."""
        all_of = np.full((groups, p), nothing)
        all_of[columns.present] = column if column.ndim == 2 else column[:, None]
        return all_of.ravel()

    replicates = np.full((times, groups, p), np.nan)
    replicates[:, columns.present] = again
    return Drivers(
        predictor=np.tile(np.array(names[:-1], dtype=object), groups),
        importance=rows(found),
        standard_error=rows(error),
        p_value=rows(tests),
        r_squared=rows(r_squared),
        answers=rows(columns.rows, 0),
        respondents=rows(n, 0.0),
        outcome=outcome,
        method=method,
        replicates=replicates.reshape(times, groups * p),
        min_group=least,
        groups={name: np.repeat(label, p) for name, label in answers.groups.items()},
        notes=notes,
        frame=answers.kind,
    )


def _usable(
    columns: Columns, names: tuple[str, ...], grouped: bool, notes: dict[str, int]
) -> npt.NDArray[np.bool_]:
    """Return which groups a regression can be made of; without groups refuse one that cannot."""
    few = columns.rows <= len(names)
    flat = np.asarray(columns.constant.any(axis=1))
    if not grouped and flat[0]:
        constant = [name for name, same in zip(names, columns.constant[0], strict=True) if same]
        hint = "Leave it out, or ask more people."
        rule = "must vary among the respondents who answered everything"
        raise InvalidDataError(message(constant[0], rule, hint=hint))
    if not grouped and few[0]:
        rule = f"must have more than {len(names)} respondents who answered everything"
        raise InvalidDataError(message("table", rule, value=int(columns.rows[0])))
    if few.any():
        notes["groups with too few respondents"] = int(few.sum())
    if (flat & ~few).any():
        notes["groups where a column does not vary"] = int((flat & ~few).sum())
    return np.asarray(~few & ~flat)


def _refused(
    collinear: npt.NDArray[np.bool_],
    names: tuple[str, ...],
    method: str,
    grouped: bool,
    notes: dict[str, int],
) -> npt.NDArray[np.bool_]:
    """Return which groups have collinear predictors; without groups refuse them."""
    several = collinear.any(axis=1)
    if several.any() and not grouped:
        rule = f"must not be determined by the other predictors with method {method!r}"
        hint = 'Leave it out, or use method="lmg".'
        raise InvalidDataError(message(names[int(collinear[0].argmax())], rule, hint=hint))
    if several.any():
        notes["groups with collinear predictors"] = int(several.sum())
    return np.asarray(several)
