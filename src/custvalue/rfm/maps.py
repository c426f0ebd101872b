"""Segment maps: which segment each code of RFM scores belongs to, checked to be a partition."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue._check import number, of_type, refuse, whole
from custvalue._declared import declaration, in_language
from custvalue._record import Record
from custvalue.errors import InvalidDataError, message
from custvalue.rfm.cuts import LEAST_BINS, MOST_BINS
from custvalue.rfm.scores import codes

Places = npt.NDArray[np.int64]
BUILT_IN = ("segments_11", "segments_8")
_SHOWN = 8  # codes in a message
NEW, ABSENT = "(new)", "(absent)"  # in a migration: who was not there before, or is not after


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class SegmentMap(Record):
    """A partition of all codes of RFM scores into named segments.

    Attributes
    ----------
    name : str
        Of the map.
    segments : tuple of str
        Names, in the order of the map.
    bins : int
        Number of scores; there are bins ** 3 codes.
    place : int array of shape (bins ** 3,)
        For each code in order (111, 112, ...) the position of its segment in `segments`.
    descriptions : tuple of str
        What customers of each segment did; may be empty.

    Examples
    --------
    >>> import custvalue as cv
    >>> known = cv.rfm.segment_map("segments_11")
    >>> known
    SegmentMap(name=segments_11, segments=11, codes=125)
    >>> known.codes_of("About To Sleep")
    ['213', '221', '312', '321', '331']
    """

    name: str
    segments: tuple[str, ...]
    bins: int
    place: Places
    descriptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        segments = checked_names(self.segments)
        texts = tuple(self.descriptions) or ("",) * len(segments)
        if not segments or not all(isinstance(text, str) for text in texts):
            raise InvalidDataError(message("segments", "must be names", value=self.segments))
        if len(texts) != len(segments):
            rule = "must differ, and have one description each"
            raise InvalidDataError(message("segments", rule, value=segments))
        bins = int(whole("bins", number("bins", self.bins, LEAST_BINS, MOST_BINS)))
        place = whole("place", self.place)
        refuse("place", f"must be below {len(segments)}", place, place >= len(segments))
        if place.shape != (bins**3,):
            rule = f"must have a segment for each of {bins**3} codes"
            raise InvalidDataError(message("place", rule, value=place.shape))
        empty = sorted(set(range(len(segments))) - set(place.astype(np.int64).tolist()))
        if empty:
            named = [segments[i] for i in empty]
            rule, hint = "must have at least one code each", "Do earlier rules take all of them?"
            raise InvalidDataError(message("segments", rule, value=named, hint=hint))
        found = {"segments": segments, "descriptions": texts, "bins": bins}
        for name, value in {**found, "place": place.astype(np.int64)}.items():
            object.__setattr__(self, name, value)
        super().__post_init__()

    def _head(self) -> dict[str, Any]:
        return {"name": self.name, "segments": len(self.segments), "codes": len(self.place)}

    def _table(self) -> dict[str, Any]:
        return {
            "segment": np.array(self.segments, dtype=object),
            "description": np.array(self.descriptions, dtype=object),
            "codes": np.bincount(self.place, minlength=len(self.segments)),
        }

    def codes_of(self, segment: str) -> list[str]:
        """Return the codes of a segment, in order.

        Parameters
        ----------
        segment : str
            Its name.
        """
        if segment not in self.segments:
            rule = f"must be one of {list(self.segments)}"
            raise InvalidDataError(message("segment", rule, value=segment))
        mine: list[str] = codes(self.bins)[self.place == self.segments.index(segment)].tolist()
        return mine


def checked_names(segments: Any) -> tuple[str, ...]:
    """Return names of segments; refuse names that repeat or mean something else in a migration."""
    names = tuple(segments) if isinstance(segments, (tuple, list)) else (segments,)
    if not all(isinstance(name, str) for name in names):
        raise InvalidDataError(message("segments", "must be names", value=segments))
    if len(set(names)) < len(names):
        rule = "must differ, and have one description each"
        raise InvalidDataError(message("segments", rule, value=names))
    reserved = {NEW, ABSENT, "before"} & set(names)
    if reserved:
        rule = "must not be named as a row or column of migrations"
        raise InvalidDataError(message("segments", rule, value=sorted(reserved)))
    return names


def segment_map(source: Any = "segments_11", *, language: str = "en") -> SegmentMap:
    """Return a segment map that is checked: each code belongs to exactly one segment.

    Parameters
    ----------
    source : str, path, mapping or SegmentMap
        Name of a map that comes with custvalue ("segments_11": 125 codes of five scores;
        "segments_8": high and low, two scores); path of a TOML file; or a mapping, either with the
        keys of such a file or simply of segment to codes or to rules.
    language : str
        Which of the names to use, where a map has several: "en" or "zh" for the maps that come with
        custvalue.

    Returns
    -------
    SegmentMap

    Raises
    ------
    InvalidDataError
        If codes are missing, are in two segments, or do not exist (the message names them), or a
        segment has none or a name that migrations need.

    Notes
    -----
    A file has `bins` (default 5) and tables `[[segment]]` with `name`, optionally `description`
    (text, or one per language) and either `codes` or `rules`. A rule gives lowest and highest
    scores, such as {r = [4, 5], f = [1, 2]}; what it leaves out may be anything. Rules are tried in
    their order and the first that holds decides, so the order is part of the definition; a last
    segment with the rule {} takes what is left.

    Examples
    --------
    >>> import custvalue as cv
    >>> cv.rfm.segment_map(language="zh").segments[:3]
    ('冠军客户', '忠诚客户', '潜在忠诚客户')
    >>> mine = {"gone": {"r": [1, 2]}, "regular": {"f": [4, 5]}, "others": {}}
    >>> cv.rfm.segment_map(mine).to_frame()[["segment", "codes"]]
       segment  codes
    0     gone     50
    1  regular     30
    2   others     45
    """
    of_type("language", language, str, 'Write it as "en".')
    if isinstance(source, SegmentMap):
        return source
    name, data = declaration(source, "map", "custvalue.rfm", BUILT_IN, "SegmentMap")
    if "segment" not in data:
        data = {"segment": [_entry(title, what) for title, what in data.items()]}
    bins = int(whole("bins", number("bins", data.get("bins", 5), LEAST_BINS, MOST_BINS)))
    entries = data["segment"]
    if not isinstance(entries, Sequence) or not all(isinstance(e, Mapping) for e in entries):
        raise InvalidDataError(message("segment", "must be tables", value=entries))
    names = [in_language("name", entry.get("name"), language) for entry in entries]
    both = [name for name, e in zip(names, entries, strict=True) if {"codes", "rules"} <= set(e)]
    if both:
        raise InvalidDataError(message("segment", "must have codes or rules, not both", value=both))
    by_rules = ["rules" in entry for entry in entries]
    if any(by_rules) != all(by_rules) or not all("codes" in e or "rules" in e for e in entries):
        rule = "must all have codes, or all have rules"
        raise InvalidDataError(message("segment", rule, value=names))
    find = _by_rules if any(by_rules) else _by_codes
    return SegmentMap(
        name=name,
        segments=tuple(names),
        bins=bins,
        place=find(names, entries, bins),
        descriptions=tuple(
            in_language("description", e.get("description", ""), language) for e in entries
        ),
    )


def _entry(title: str, what: Any) -> dict[str, Any]:
    """Return an entry as in a file, of a segment given as codes, as one rule or as rules."""
    rules = [what] if isinstance(what, Mapping) else what
    if isinstance(rules, str) or not isinstance(rules, Sequence) or not len(rules):
        raise InvalidDataError(message(str(title), "must be a list of codes or rules", value=what))
    ruled = all(isinstance(rule, Mapping) for rule in rules)
    return {"name": title, "rules" if ruled else "codes": rules}


def _by_codes(names: list[str], entries: Sequence[Mapping[str, Any]], bins: int) -> Places:
    listed = [entry["codes"] for entry in entries]
    for name, mine in zip(names, listed, strict=True):
        if isinstance(mine, str) or not isinstance(mine, Sequence):
            raise InvalidDataError(message(name, "must be a list of codes", value=mine))
    position = {code: i for i, code in enumerate(codes(bins).tolist())}
    given = [(str(code), i) for i, mine in enumerate(listed) for code in mine]
    owners: dict[str, list[str]] = {}
    for code, i in given:
        owners.setdefault(code, []).append(names[i])
    doubled = [f"{code} ({', '.join(who)})" for code, who in owners.items() if len(who) > 1]
    _complain("is doubled", doubled, bins)
    _complain("does not exist", [code for code in owners if code not in position], bins)
    _complain("is missing", [code for code in position if code not in owners], bins)
    place = np.empty(bins**3, dtype=np.int64)
    place[[position[code] for code, _ in given]] = [i for _, i in given]
    return place


def _complain(what: str, wrong: list[str], bins: int) -> None:
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise InvalidDataError(
            message("map", f"each of {bins**3} codes must be in exactly one segment",
                    value=", ".join(wrong[:_SHOWN]) + more, hint=f"This code {what}.")
        )  # fmt: skip


def _by_rules(names: list[str], entries: Sequence[Mapping[str, Any]], bins: int) -> Places:
    scores = dict(zip("rfm", np.indices((bins,) * 3).reshape(3, -1) + 1, strict=True))
    place = np.full(bins**3, -1, dtype=np.int64)
    for i, entry in enumerate(entries):
        rules = [entry["rules"]] if isinstance(entry["rules"], Mapping) else entry["rules"]
        if not isinstance(rules, Sequence):
            raise InvalidDataError(message(names[i], "must be a list of rules", value=rules))
        for rule in rules:
            if not isinstance(rule, Mapping) or set(rule) - set(scores):
                hint = "A rule looks like {r = [4, 5], f = [1, 2]}."
                raise InvalidDataError(message(names[i], "must have rules on r, f, m", value=rule,
                                               hint=hint))  # fmt: skip
            holds = place < 0
            for letter, ends in rule.items():
                bounds = whole(f"{names[i]}: {letter}", ends, 1.0)
                if bounds.shape != (2,) or not bounds[0] <= bounds[1] <= bins:
                    known = f"must be the lowest and the highest score, 1 to {bins}"
                    raise InvalidDataError(message(f"{names[i]}: {letter}", known, value=ends))
                holds &= (scores[letter] >= bounds[0]) & (scores[letter] <= bounds[1])
            place[holds] = i
    _complain("is in no segment", codes(bins)[place < 0].tolist(), bins)
    return place
