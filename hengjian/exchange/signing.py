"""Signatures of notices, as the public convention “Standard Webhooks” has them.

``webhook-signature`` holds ``v1,`` and the base64 of HMAC-SHA-256 over ``id.timestamp.body``, one for each
secret that holds, apart by a space. A secret is written ``whsec_`` and the base64 of its bytes.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

from hengjian.exchange.models import Happening, Kind

PREFIX = "whsec_"
BYTES = 32
_CYCLE = "/api/v1/cycles/{}"
READ = {
    Kind.FROZEN: _CYCLE, Kind.REVIEWED: _CYCLE, Kind.PUBLISHED: _CYCLE, Kind.CORRECTED: _CYCLE,
    Kind.RELEASED: "/api/v1/releases", Kind.QUARANTINE: "/api/v1/quarantine",
}  # fmt: skip


def new_secret() -> str:
    """A new secret, as its holder keeps it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The bytes of a secret."""
    return base64.b64decode(secret.removeprefix(PREFIX))


def id_of(happening: Happening) -> str:
    """What a receiver knows a notice by: the same at every try."""
    return f"msg_{happening.pk.hex}"


def body_of(happening: Happening) -> bytes:
    """What a notice says: the same bytes at every try. Nobody is named in it, nothing counted."""
    said = {
        "id": id_of(happening),
        "type": happening.kind,
        "timestamp": happening.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "data": {
            "subject": happening.subject,
            "read": READ[Kind(happening.kind)].format(happening.subject),
        },
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def signed(name: str, moment: datetime, body: bytes, keys: Iterable[bytes]) -> dict[str, str]:
    """The headers of one try."""
    at = str(int(moment.timestamp()))
    text = b".".join([name.encode(), at.encode(), body])
    marks = [base64.b64encode(hmac.digest(key, text, "sha256")).decode() for key in keys]
    return {
        "webhook-id": name,
        "webhook-timestamp": at,
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }
