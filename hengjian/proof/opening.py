"""The file that stands beside a ``.tlog-proof`` and opens its entry: entry, record and salt.

One JSON object of three strings. ``entry`` and ``record`` are the very bytes as UTF-8 text (both are
canonical JSON), ``salt`` is hexadecimal. A verifier in any language hashes ``entry`` as the leaf and
takes HMAC-SHA-256 of ``record`` under ``salt`` for the entry's commitment.
"""

import hmac
import json
from dataclasses import dataclass

from hengjian.proof.commitments import Entry, commitment
from hengjian.proof.errors import ProofError

SUFFIX = ".opening.json"
LONGEST = 4 << 20
_NAMES = {"entry", "record", "salt"}


@dataclass(frozen=True)
class Opening:
    """What opens a leaf: whoever holds it can show that the record is the one that was logged.

    Clause: SPEC F3
    """

    entry: bytes
    record: bytes
    salt: bytes

    def write(self) -> bytes:
        """The bytes of the file.

        Clause: SPEC F3
        """
        said = {"entry": self.entry.decode(), "record": self.record.decode(), "salt": self.salt.hex()}
        return (json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

    @classmethod
    def parse(cls, data: bytes) -> "Opening":
        """Read the file.

        Clause: SPEC F3
        Raises: ProofError when it is not one JSON object of just these three strings.
        """
        if len(data) > LONGEST:
            raise ProofError("开启文件过长", english="the opening is too long")
        try:
            said = json.loads(data)
            texts = {name: said[name] for name in _NAMES}
            whole = set(said) == _NAMES
            return cls(*_bytes(texts, whole))
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
        return entry


def _bytes(texts: dict[str, str], whole: bool) -> tuple[bytes, bytes, bytes]:
    if not whole or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError
    return texts["entry"].encode(), texts["record"].encode(), bytes.fromhex(texts["salt"])
