"""One way to turn a value into bytes, so that a digest is the same on every machine."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from hengjian.terms.errors import Refused


def _dated(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form")


# made once: a new encoder for every record costs as much as the record
_ENCODER = json.JSONEncoder(
    sort_keys=True,
    ensure_ascii=False,
    separators=(",", ":"),
    allow_nan=False,
    check_circular=False,
    default=_dated,
)


def canonical(value: Any) -> bytes:
    """Write a value as canonical JSON: sorted keys, no spaces, UTF-8, floats by shortest repr.

    Clause: SPEC F3
    Keys are strings; tuples are written as lists, dates in ISO form.
    Raises: Refused for NaN and infinities (a gap is null, never NaN).
    """
    try:
        return _ENCODER.encode(value).encode("utf-8")
    except ValueError as error:
        if isinstance(error, UnicodeError):  # half a surrogate pair: not text
            raise
        raise Refused("记录中有 NaN 或无穷大，不能存证", do="缺失值请留空", code="canonical.nan") from None


def digest(data: bytes) -> str:
    """SHA-256 of the bytes, in lower-case hexadecimal.

    Clause: SPEC F3
    """
    return hashlib.sha256(data).hexdigest()


def digest_of(value: Any) -> str:
    """SHA-256 of a value's canonical bytes.

    Clause: SPEC F3
    """
    return digest(canonical(value))


def root_of(parts: Iterable[tuple[str, str]]) -> str:
    """One digest over named digests, independent of the order in which they are given.

    Clause: SPEC F3
    """
    return digest_of(sorted([name, part] for name, part in parts))
