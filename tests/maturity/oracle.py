"""Scores and levels of maturity by plain loops, and ratings at random."""

from __future__ import annotations

import numpy as np


def by_hand(model, ratings):
    """Return score and level of one organisation with plain loops; None for no level.

    Ratings are NaN where nobody rated and -1 where not applicable.
    """
    rules, lowest = model.rules, model.scale.lowest
    used = {}
    for item, rating in zip(model.items, ratings, strict=True):
        if rating == -1:
            value = None if rules.not_applicable == "exclude_reweight" else lowest
        elif np.isnan(rating):
            value = None if rules.missing == "exclude" else lowest
        else:
            value = rating
        used[item.id] = value

    def joined(pairs, how):
        total = sum(w for w, _ in pairs if w > 0)
        some = [(w, v) for w, v in pairs if w > 0 and v is not None]
        if not some:
            return None
        weight = sum(w for w, _ in some)
        if how == "min":
            return min(v for _, v in some)
        if how == "geometric":
            return float(np.prod([v ** (w / weight) for w, v in some]))
        if how == "harmonic":
            zero = any(v == 0 for _, v in some)
            return 0.0 if zero else weight / sum(w / v for w, v in some)
        mean = sum(w * v for w, v in some) / weight
        return mean * total if how == "sum" else mean

    def score(part):
        """Return the score of a component and the highest that it can have."""
        parts = [p for p in model.components if p.parent == part]
        if not parts:
            mine = [i for i in model.items if i.component == part]
            how, most = rules.item_to_component, model.scale.highest
            found = joined([(i.weight, used[i.id]) for i in mine], how)
            return found, joined([(i.weight, most) for i in mine], how)
        how, each = rules.component_to_overall, [(p.weight, *score(p.id)) for p in parts]
        found = joined([(w, v) for w, v, _ in each], how)
        most = joined([(w, m) for w, _, m in each], how)
        if found is None:
            return None, most
        known = joined([(w, None if v is None else m) for w, v, m in each], how)
        return found * most / known, most

    def below(part):
        names = {part} | {p.id for p in model.components if p.parent == part}
        return [i for i, item in enumerate(model.items) if item.component in names]

    def level(items):
        if rules.not_applicable != "zero" and all(ratings[i] == -1 for i in items):
            return None
        bands = {}
        for i in items:
            if ratings[i] == -1 and rules.not_applicable != "zero":
                continue
            rating = lowest if np.isnan(ratings[i]) or ratings[i] == -1 else ratings[i]
            bands[i] = max(
                b for b in range(len(model.scale.bands))
                if b == 0 or rating > (
                    model.scale.bands[b - 1].upto + 1e-9 if model.scale.kind == "achievement"
                    else model.scale.bands[b].points - 1e-9
                )
            )  # fmt: skip
        if rules.level == "rated":
            return min(bands.values())
        highest = max(model.items[i].level for i in items)
        reached = 0
        for n in range(1, highest + 1):
            on = all(b >= rules.level_accepts for i, b in bands.items()
                     if model.items[i].level == n)  # fmt: skip
            under = all(b >= rules.level_below_accepts for i, b in bands.items()
                        if model.items[i].level < n)  # fmt: skip
            if not (on and under):
                break
            reached = n
        return reached

    if rules.level == "none" or rules.overall_level == "none":
        reached = None
    elif rules.overall_level == "gate":
        reached = level(range(len(model.items)))
    else:
        each = [level(below(p.id)) for p in model.components if not p.parent]
        reached = min((one for one in each if one is not None), default=None)
    return score("")[0], reached


def random_ratings(model, rng, rows, *, missing=0.15, outside=0.1):
    if model.scale.kind == "achievement":
        out = rng.integers(0, 101, (rows, len(model.items))) / 100
    else:
        out = rng.choice(model.scale.points, (rows, len(model.items)))
    out[rng.random(out.shape) < missing] = np.nan
    out[rng.random(out.shape) < outside] = -1
    return out
