"""The error for answers that no argument resolves: where they are, and which argument would."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from custvalue.errors import InvalidDataError, message

_SHOWN, _LISTED = 5, 12  # values and rows that a message lists, and values that its hint does
_HEADERS = 2  # rows below the names, into which survey tools put questions and ids
_NOTHING = frozenset(
    [
        "",
        ".",
        "-",
        "--",
        "–",
        "—",
        "na",
        "n/a",
        "n.a.",
        "#n/a",
        "<na>",
        "nan",
        "nil",
        "none",
        "null",
        "not applicable",
        "no answer",
        "no response",
        "no opinion",
        "don't know",
        "dont know",
        "do not know",
        "dk",
        "not sure",
        "unsure",
        "refused",
        "prefer not to say",
        "skipped",
        "weiß nicht",
        "weiss nicht",
        "keine angabe",
        "k.a.",
        "trifft nicht zu",
        "ne sait pas",
        "no sabe",
        "no aplica",
        "不知道",
        "不清楚",
        "不适用",
        "无",
        "未回答",
        "拒答",
    ]
)
_LED = re.compile(r"\(?([+-]?\d+)\)?[-–—:=.\s]+[^\W\d].*|[^\W\d].*\(([+-]?\d+)\)")
_LOCAL = re.compile(r"[+-]?\d+([.,]\d+)?\s*%?")


def refuse_unread(
    name: str,
    codes: npt.NDArray[Any],
    distinct: Any,
    unknown: npt.NDArray[np.bool_],
    known: Mapping[Any, float],
    digits: set[str],
) -> None:
    """Raise with the first rows and values that no argument resolves, and what would."""
    rows = np.flatnonzero(unknown[codes])
    places = np.flatnonzero(unknown).tolist()
    shown = [distinct[i] for i in places]
    first = ", ".join(str(row) for row in rows[:_SHOWN]) + ", ..." * (len(rows) > _SHOWN)
    rule = f"must be numbers; {'rows' if len(rows) > 1 else 'row'} {first} "
    rule += "are not" if len(rows) > 1 else "is not"
    words = [i for i in places if isinstance(distinct[i], str) and distinct[i] not in digits]
    hint = _remedy(codes, distinct, words, known, [v for v in shown if v in digits], shown)
    raise InvalidDataError(
        message(name, rule, value=shown[:_SHOWN], row=int(rows[0]), count=len(rows),
                total=len(codes), hint=hint)
    )  # fmt: skip


def _remedy(
    codes: npt.NDArray[Any],
    distinct: Any,
    words: list[int],
    known: Mapping[Any, float],
    digits: list[str],
    shown: list[Any],
) -> str:
    plain = {_plain(text): score for text, score in known.items() if isinstance(text, str)}
    pass_, also = [], []
    if digits:
        pass_.append("numeric_text=True for numbers exported as text")
    nothing = [distinct[i] for i in words if _plain(distinct[i]) in _NOTHING]
    if nothing:
        pass_.append(f"not_applicable=[{_listed([repr(v) for v in nothing])}]")
    left = [i for i in words if distinct[i] not in nothing]
    scores = {i: _suggested(distinct[i], plain) for i in left}
    headers = np.flatnonzero(np.isin(codes, left))
    below = len(codes) > len(headers) == len(left) == headers.max(initial=-1) + 1 <= _HEADERS
    local = [i for i in left if _LOCAL.fullmatch(distinct[i].strip())]
    if left and below and not any(scores.values()) and not local:
        also.append(f"If the first rows are a second header, leave out {len(left)}.")
    else:
        if local:
            also.append("Replace decimal commas and percent signs first.")
        pairs = [f"{distinct[i]!r}: {scores[i] or '...'}" for i in left if i not in local]
        if pairs:
            pass_.append(f"labels={{{_listed(pairs)}}}")
    if shown and all(isinstance(value, (bool, np.bool_)) for value in shown):
        pass_.append("labels={True: 1, False: 0}")
    if pass_:
        also.insert(0, f"Pass {', '.join(pass_)}.")
    return " ".join(also) or "Convert to numbers first."


def _listed(items: list[str]) -> str:
    return ", ".join(items[:_LISTED]) + ", ..." * (len(items) > _LISTED)


def _plain(text: str) -> str:
    """Return a text without what tools add or lose: case, width, kinds of spaces and quotes."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return " ".join(folded.split())


def _suggested(text: str, known: Mapping[str, float]) -> str:
    """Return the number that a label declared, or the text itself, gives it; else nothing."""
    plain = _plain(text)
    if plain in known:
        return f"{known[plain]:g}"
    led = _LED.fullmatch(plain)
    return str(int(led[1] or led[2])) if led else ""
