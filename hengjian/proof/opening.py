"""The file that stands beside a ``.tlog-proof`` and opens its entry: entry, record and salt.

One JSON object of three strings. ``entry`` and ``record`` are the very bytes as UTF-8 text (both are
canonical JSON), ``salt`` is hexadecimal. A verifier in any language hashes ``entry`` as the leaf and
takes HMAC-SHA-256 of ``record`` under ``salt`` for the entry's commitment.

Of what a night took together a fourth, ``within``, is an object: ``entry``, ``record`` and ``salt`` of the
night's leaf, which is the one that stands in the log, and ``place`` and ``path`` (hexadecimal hashes). These
lead from the hash of the outer ``entry`` to the ``root`` of a tree of ``size`` leaves; both stand in
the night's record.
"""

import hmac
import json
from dataclasses import dataclass
from typing import Any

from hengjian.proof.commitments import Entry, commitment
from hengjian.proof.errors import ProofError
from hengjian.proof.nights import Within
from hengjian.proof.tree import HASH_SIZE

SUFFIX = ".opening.json"
LONGEST = 4 << 20
_NAMES = {"entry", "record", "salt"}
_WITHIN = "within"


@dataclass(frozen=True)
class Opening:
    """What opens a leaf: whoever holds it can show that the record is the one that was logged.

    Clause: SPEC F3
    """

    entry: bytes
    record: bytes
    salt: bytes
    within: Within | None = None

    @property
    def leaf(self) -> bytes:
        """The entry that stands in the log: the own one, or that of the night it stands in."""
        return self.entry if self.within is None else self.within.entry

    def write(self) -> bytes:
        """The bytes of the file.

        Clause: SPEC F3
        """
        said: dict[str, Any] = _texts(self)
        if self.within is not None:
            path = [one.hex() for one in self.within.path]
            said[_WITHIN] = _texts(self.within) | {"place": self.within.place, "path": path}
        return (json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

    @classmethod
    def parse(cls, data: bytes) -> "Opening":
        """Read the file.

        Clause: SPEC F3
        Raises: ProofError when it is not one JSON object of just these strings.
        """
        if len(data) > LONGEST:
            raise ProofError("开启文件过长", english="the opening is too long")
        try:
            said = json.loads(data)
            within = _within(said[_WITHIN]) if _WITHIN in said else None
            return cls(*_bytes(said, _NAMES | ({_WITHIN} if within else set())), within)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ProofError(
                "不是由 entry、record、salt 组成的 JSON",
                english="not a JSON object of entry, record and salt",
            ) from error

    def check(self) -> Entry:
        """The entry, when salt and record give its commitment and the record is of its kind.

        Clause: SPEC F3
        Raises: ProofError naming what does not fit.
        """
        entry = Entry.parse(self.entry)
        if not hmac.compare_digest(commitment(self.salt, self.record), entry.commitment):
            raise ProofError(
                "记录和盐值算不出条目中的承诺值",
                "record",
                english="record and salt do not give the commitment of the entry",
            )
        if self.within is not None:
            self.within.check(self.entry)
        return entry


def _texts(of: Opening | Within) -> dict[str, Any]:
    return {"entry": of.entry.decode(), "record": of.record.decode(), "salt": of.salt.hex()}


def _within(said: Any) -> Within:
    three = _bytes(said, _NAMES | {"place", "path"})
    place, path = said["place"], said["path"]
    if type(place) is not int or not isinstance(path, list) or any(len(one) != 2 * HASH_SIZE for one in path):
        raise ValueError
    return Within(*three, place, tuple(bytes.fromhex(one) for one in path))


def _bytes(said: Any, whole: set[str]) -> tuple[bytes, bytes, bytes]:
    texts = {name: said[name] for name in _NAMES}
    if set(said) != whole or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError
    return texts["entry"].encode(), texts["record"].encode(), bytes.fromhex(texts["salt"])
