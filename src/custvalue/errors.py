"""The errors and warnings that custvalue raises, and the one form of their messages."""

from __future__ import annotations

from typing import Any


class CustValueError(Exception):
    """Base of every error that custvalue raises on purpose."""


class InvalidDataError(CustValueError, ValueError):
    """A table, a column or an argument breaks a rule; the message names rule, value and remedy."""


class ColumnNotFoundError(InvalidDataError):
    """A named column is not in the frame."""


class ConvergenceError(CustValueError, RuntimeError):
    """A fit did not reach a maximum of the likelihood."""


class NotIdentifiedError(CustValueError, RuntimeError):
    """The data cannot determine the parameters of the model."""


class MissingExtraError(CustValueError, ImportError):
    """An optional package is needed; the message names the extra that installs it."""


class CustValueWarning(UserWarning):
    """A result is right but easily misread."""


_NOTHING: Any = object()


def message(
    name: str,
    rule: str,
    *,
    value: Any = _NOTHING,
    row: int | None = None,
    count: int | None = None,
    total: int | None = None,
    hint: str = "",
) -> str:
    """Return "name: rule; got value (where, how many). hint", the form of all messages."""
    text = f"{name}: {rule}"
    if value is not _NOTHING:
        text += f"; got {value!r}" if not isinstance(value, float) else f"; got {value:.10g}"
    where = []
    if row is not None:
        where.append(f"first at row {row}")
    if count is not None:
        where.append(f"{count} of {total} rows" if total is not None else f"{count} rows")
    if where:
        text += f" ({', '.join(where)})"
    return f"{text}. {hint}" if hint else f"{text}."
