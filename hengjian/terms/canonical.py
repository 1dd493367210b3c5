"""One way to turn a value into bytes, so that a digest is the same on every machine."""

import hashlib
import json
import math
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from hengjian.terms.errors import Refused


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused("记录中有 NaN 或无穷大，不能存证", do="缺失值请留空", code="canonical.nan")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def canonical(value: Any) -> bytes:
    """Write a value as canonical JSON: sorted keys, no spaces, UTF-8, floats by shortest repr.

    Clause: SPEC F3
    Raises: Refused for NaN and infinities (a gap is null, never NaN).
    """
    text = json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8")


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
