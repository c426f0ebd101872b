"""The registered metrics of surveys, and a survey to read them from: a new metric is one line."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from custvalue import satisfaction as cs
from custvalue.errors import CustValueWarning


@dataclasses.dataclass(frozen=True)
class Case:
    """A metric: a function of a table, and what else it is given."""

    name: str
    function: Callable[..., Any]
    given: tuple[Any, ...]
    options: dict[str, Any]

    def read(self, table, **more):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CustValueWarning)  # of items that do not fit
            return self.function(table, *self.given, **self.options, **more)

    def takes(self, *names):
        """Return the given names among the arguments that the function takes."""
        known = inspect.signature(self.function).parameters.values()
        known = {p.name for p in known} | {"by" for p in known if p.kind is p.VAR_KEYWORD}
        known |= {"weight", "min_group"} if self.function is cs.acsi else set()
        return [name for name in names if name in known]


def case(name, function, *given, **options):
    return Case(name, function, given, options)


ITEMS, FIVE = ["a", "b", "c"], {"scale": (1, 5)}
GAPS = {"people": [("a", "ea"), ("b", "eb")], "place": [("c", "ec")]}
SHARES = {"x": 0.5, "y": 0.3, "z": 0.2}
CASES = [
    case("csat", cs.csat, "all"),
    case("csat, top of 7", cs.csat, "effort", scale=(1, 7), top=1),
    case("battery", cs.battery, ITEMS),
    case("ces", cs.ces, "effort"),
    case("ces 1.0", cs.ces, "all", version="1.0"),
    case("nps", cs.nps, "nps"),
    case("nps_change", cs.nps_change, "nps", "later"),
    case("index", cs.satisfaction_index, ITEMS, importance=[3, 2, 1], **FIVE),
    case("index, available", cs.satisfaction_index, ITEMS, missing="available", **FIVE),
    case("acsi", cs.acsi, ["nps", "later", "effort"], scale=(0, 10)),
    case("alpha", cs.cronbach_alpha, [*ITEMS, "all"], **FIVE),
    case("alpha, pairwise", cs.cronbach_alpha, [*ITEMS, "all"], missing="pairwise", **FIVE),
    case("omega", cs.mcdonald_omega, [*ITEMS, "all"], **FIVE),
    case("lmg", cs.drivers, "all", ITEMS),
    case("johnson", cs.drivers, "all", ITEMS, method="johnson"),
    case("pratt", cs.drivers, "all", ITEMS, method="pratt"),
    case("last", cs.drivers, "all", ITEMS, method="last"),
    case("correlation", cs.drivers, "all", ITEMS, method="correlation"),
    case("penalty_reward", cs.penalty_reward, "all", ITEMS, low=2, high=5),
    case("kano", cs.kano, {"app": ("a", "ea"), "shop": ("b", "eb")}),
    case("servqual", cs.servqual, GAPS, points={"people": 60, "place": 40}, **FIVE),
    case("servperf", cs.servperf, {"people": ["a", "b"], "place": ["c"]}, **FIVE),
    case("secure", cs.secure_customer_index, "a", "b", "all", **FIVE),
    case("matrix", cs.satisfaction_loyalty_matrix, "all", "nps", satisfied_from=4, loyal_from=9),
    case("wallet", cs.share_of_wallet, own="ours", category="spent"),
    case("stages", cs.stage_scores, "all", stage="wave", **FIVE),
    case("stages, top box", cs.stage_scores, "all", stage="wave", top=4, **FIVE),
    case("response_rates", cs.response_rates, "result"),
    case("representativeness", cs.representativeness, "site", SHARES),
    case("post_stratify", cs.post_stratify, "site", SHARES),
    case("rake", cs.rake, {"site": SHARES, "wave": {1: 0.4, 2: 0.3, 3: 0.3}}),
    case("nonresponse_adjust", cs.nonresponse_adjust, "answered", "site"),
]


def chunks(table, cuts):
    """Return the rows of a table in parts, cut before the rows given."""
    ends = [0, *cuts, len(table)]
    return [table.iloc[start:stop] for start, stop in itertools.pairwise(ends)]


def survey(seed=1, rows=240):
    """Return answers that hang together a little; a few are missing, three sites differ in size."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=(rows, 1))
    names = [*ITEMS, "all", "ea", "eb", "ec"]
    fives = np.clip(np.rint(3.2 + mood + rng.normal(size=(rows, 7))), 1, 5)
    table = pd.DataFrame(fives, columns=names)
    tens = np.clip(np.rint(6.5 + 2 * mood + rng.normal(size=(rows, 2)) * 2), 0, 10)
    table["nps"], table["later"] = tens.T
    table["effort"] = np.clip(np.rint(4.5 + mood[:, 0] + rng.normal(size=rows)), 1, 7)
    table = table.mask(rng.random(table.shape) < 0.03)
    table["spent"] = rng.integers(1, 200, rows)
    table["ours"] = rng.integers(0, table["spent"] + 1)
    table["wave"] = rng.integers(1, 4, rows)
    table["site"] = np.array(["x", "y", "z"])[np.digitize(np.arange(rows) / rows, [0.6, 0.9])]
    table["kind"] = rng.permutation(np.arange(rows) % 2)
    table["answered"] = rng.random(rows) < 0.7
    results = ["complete", "partial", "refusal", "noncontact", "unknown_other", "ineligible"]
    table["result"] = np.array(results)[rng.integers(0, 6, rows)]
    table["weight"] = rng.integers(1, 4, rows)
    return table
