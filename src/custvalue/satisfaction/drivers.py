"""Key drivers: which attributes explain satisfaction, with intervals and tests."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from custvalue._check import Array, one_of
from custvalue._random import generator
from custvalue.errors import CustValueWarning, InvalidDataError, message
from custvalue.satisfaction import _explained
from custvalue.satisfaction._answers import check_answers, checked_scale, read_answers
from custvalue.satisfaction._correlations import arranged
from custvalue.satisfaction._counting import whole_count
from custvalue.satisfaction._drivers import METHODS, Drivers
from custvalue.satisfaction._importance import complete, named

_ORDERS = 2000  # drawn where the subsets are too many


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
        How often to resample respondents (rows, with their weights) for intervals; 1,000 is
        usual. Each counts a Poisson number of times, so that samples of chunks add. 0: no
        intervals.
    rng : numpy.random.Generator or int, optional
        Source of randomness of permutations and bootstrap, or its seed; needed for them. Records
        with drawn orders add if they come from one seed; their samples of respondents then differ
        as far as their answers do. Where chunks may hold the same answers, as those of a few
        respondents do, pass one generator for all of them: with a seed such chunks are resampled
        together, and intervals of the sum are too wide.

    Returns
    -------
    Drivers
        Importances, their shares, R^2, tests, and intervals by `interval`.

    Raises
    ------
    InvalidDataError
        If a column is no numbers, or an answer is outside its scale.

    Warns
    -----
    CustValueWarning
        If nothing can be said: a column does not vary, there are not more respondents than
        predictors + 1, or others determine a predictor and `method` is "beta" or "pratt", which
        then have no one answer. Results are NaN; the record can still be added to others. By
        group, `remarks` counts such groups.

    Notes
    -----
    Where some predictors determine another (a sum beside its items, a column twice), "lmg" and
    "johnson" share out what they explain and "last" is 0; `remarks` counts them. p-values take
    residuals as normal and of one variance, with the effective number of respondents (Kish).
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
      service        0.17   0.20   0.14   0.22
      product        0.65   0.76   0.60   0.68
    """
    one_of("method", method, METHODS)
    names = named(outcome, predictors, "predictors")
    times = whole_count("bootstrap", bootstrap, 0, 10**6)
    if times == 1:
        rule = "must be 0, or at least 2: one resample shows no scatter"
        raise InvalidDataError(message("bootstrap", rule, value=times))
    drawn = whole_count("permutations", permutations, 0, 10**7)
    least = whole_count("min_group", min_group, 0, 2**53)
    if drawn == 1:
        raise InvalidDataError(message("permutations", "must be 0 or at least 2", value=drawn))
    if method == "lmg" and not drawn and len(names) - 1 > _explained.EXACT:
        drawn = _ORDERS
    orders = None
    if method == "lmg" and drawn:
        each = np.tile(np.arange(len(names) - 1), (drawn, 1))
        orders = generator(rng, required=True).permuted(each, axis=1)
    elif times:
        generator(rng, required=True)  # refuses what is none, before the table is read
    answers = read_answers(
        table, names, by=by, weight=weight, scale=None, labels=labels, whole=False,
        not_applicable=not_applicable, numeric_text=numeric_text, missing=missing,
    )  # fmt: skip
    ends = checked_scale(outcome_scale), checked_scale(scale)
    for name, column in zip(names, answers.each, strict=True):
        check_answers(name, column, ends[0] if name == outcome else ends[1], False)
    values, weights, codes, notes = complete(answers)
    columns = arranged(values, weights, codes)
    size, present = answers.group_count, columns.present
    sums = {"answers": np.zeros(size, dtype=np.int64), "squares": np.zeros(size)}
    sums["answers"][present] = columns.rows
    sums["squares"][present] = columns.sums(columns.weight**2)
    samples = None
    if times:
        samples = columns.resampled(_own(rng, values), times).placed(present, size)
    if not answers.groups:
        sums = {name: column[0] for name, column in sums.items()}
    found = Drivers(
        **sums,
        predictors=names[:-1],
        outcome=outcome,
        method=method,
        moments=columns.moments(columns.weight).placed(present, size),
        resampled=samples,
        orders=np.empty((0, 0), dtype=np.int64) if orders is None else orders,
        min_group=least,
        groups=answers.groups,
        notes=notes,
        frame=answers.kind,
    )
    if not answers.groups:
        _warn(found)
    return found


def _own(rng: Any, values: Array) -> np.random.Generator:
    """Return the source of samples: a seed is one for these answers.

    With the same numbers drawn for every chunk of a table, samples of the chunks would go together.
    """
    if not isinstance(rng, (int, np.integer)):
        return generator(rng)
    digest = hashlib.blake2b(values.tobytes(), digest_size=16).digest()
    return np.random.default_rng([int(rng), int.from_bytes(digest, "big")])


def _warn(found: Drivers) -> None:
    """Say why nothing can be said, if so."""
    remarks = found.remarks
    names = (*found.predictors, found.outcome)
    varies = found.moments.deviation[0] > 0.0
    if "groups with too few respondents" in remarks:
        rule = f"must have more than {len(names)} respondents who answered everything"
        text = message("table", rule, value=int(found.answers))
    elif not varies.all():
        rule = "must vary among the respondents who answered everything"
        text = message(names[int(varies.argmin())], rule, hint="Leave it out, or ask more people.")
    elif "groups with collinear predictors" in remarks:
        rule = f"must not be determined by the other predictors with method {found.method!r}"
        name = names[int(found._state["collinear"][0].argmax())]
        text = message(name, rule, hint='Leave it out, or use method="lmg".')
    else:
        return
    warnings.warn(text, CustValueWarning, stacklevel=3)
