"""What a leaf of the log says: a salted commitment to a record, and what may stand readable.

Nobody learns anything about a record from its leaf, not even by trying all records that it could
be: the salt is missing. Whoever is given record and salt can check the leaf. When the salt is
destroyed the leaf stands and says nothing any more.

Source: RFC 2104 (HMAC); the entry is canonical JSON as :mod:`hengjian.terms.canonical` writes it.
"""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hengjian.proof.errors import ProofError
from hengjian.proof.tiles import MAX_ENTRY

SHORTEST_SALT = 16
_KIND = re.compile(r"[a-z][a-z0-9_.-]{0,63}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FIELDS = {"commitment", "kind", "on", "public", "schema"}
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), check_circular=False)


def commitment(salt: bytes, content: bytes) -> bytes:
    """Bind a record without showing it: HMAC-SHA-256 of the content under the salt.

    Clause: SPEC F3
    Returns: 32 bytes.
    Raises: ProofError when the salt is shorter than 128 bits.
    """
    if len(salt) < SHORTEST_SALT:
        raise ProofError(
            f"盐值至少 {SHORTEST_SALT} 字节", english=f"a salt has {SHORTEST_SALT} bytes or more"
        )
    return hmac.digest(salt, content, "sha256")


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf: kind and schema version of the record, day, commitment, and public values.

    Clause: SPEC F3
    ``public`` never says anything about a person: counts, codes of cycles and the like.
    """

    kind: str
    schema: int
    on: str
    commitment: bytes
    public: Mapping[str, str | int] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The bytes that are hashed and served.

        Clause: SPEC F3
        Raises: ProofError when they are more than an entry can hold.
        """
        said = _ENCODER.encode({
            "commitment": self.commitment.hex(),
            "kind": self.kind,
            "on": self.on,
            "public": dict(self.public),
            "schema": self.schema,
        }).encode()  # fmt: skip
        if len(said) > MAX_ENTRY:
            raise ProofError("条目过长", self.kind, f"an entry has at most {MAX_ENTRY} bytes")
        return said

    @classmethod
    def parse(cls, data: bytes) -> "Entry":
        """Read a leaf, which must be written in its one way.

        Clause: SPEC F3
        Raises: ProofError.
        """
        try:
            said = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ProofError("不是条目：不是 JSON", english="not an entry: no JSON") from error
        if not isinstance(said, dict) or set(said) != _FIELDS or not _sound(said):
            raise ProofError("不是条目：字段不合", english="not an entry: its fields are not as they must be")
        found = cls(
            said["kind"], said["schema"], said["on"], bytes.fromhex(said["commitment"]), said["public"]
        )
        if found.encode() != data:
            raise ProofError("条目写法不规范", english="the entry is not written in its one way")
        return found


def _sound(said: Mapping[str, Any]) -> bool:
    texts = ((_KIND, "kind"), (_DAY, "on"), (_HEX, "commitment"))
    return (
        all(isinstance(said[name], str) and form.fullmatch(said[name]) for form, name in texts)
        and type(said["schema"]) is int
        and said["schema"] >= 0
        and isinstance(said["public"], dict)
        and all(isinstance(value, str) or type(value) is int for value in said["public"].values())
    )
