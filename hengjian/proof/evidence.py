"""Evidence files: one entry's inclusion in a witnessed checkpoint, checked without any connection.

Source: C2SP tlog-proof.
"""

from dataclasses import dataclass

from hengjian.proof import notes, tree
from hengjian.proof.checkpoints import decimal
from hengjian.proof.errors import ProofError
from hengjian.proof.keys import from_base64, to_base64
from hengjian.proof.notes import Note
from hengjian.proof.trust import Accepted, TrustPolicy

HEADER = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
MAX_FILE = 4_000_000
MAX_PATH = 63


@dataclass(frozen=True)
class TlogProof:
    """Where an entry stands, the hashes up to the root, the signed checkpoint, and data nobody vouches for.

    Clause: SPEC F3
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: Note
    extra: bytes = b""

    def write(self) -> bytes:
        """The file.

        Clause: SPEC F3
        """
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {to_base64(self.extra)}")
        lines += [f"index {self.index}", *map(to_base64, self.path), "", ""]
        return "\n".join(lines).encode() + notes.write(self.checkpoint)

    @classmethod
    def parse(cls, data: bytes) -> "TlogProof":
        """Read the file; nothing of it is trusted before ``verify``.

        Clause: SPEC F3
        Raises: ProofError when it is none.
        """
        head, parted, note = data.partition(b"\n\n")
        if len(data) > MAX_FILE or not parted:
            raise ProofError("不是 tlog-proof 文件", english="not a tlog-proof file")
        try:
            header, *lines = head.decode().split("\n")
        except UnicodeDecodeError as error:
            raise ProofError("文件不是 UTF-8", english="file is not UTF-8") from error
        if header != HEADER:
            raise ProofError("不是 tlog-proof 文件", english="not a tlog-proof file")
        extra = b""
        if lines and lines[0].startswith("extra "):
            extra = from_base64(lines.pop(0)[6:])
            if not extra:
                raise ProofError("extra 行是空的", english="empty extra line")
        if not lines or not lines[0].startswith("index "):
            raise ProofError("缺 index 行", english="no index line")
        index, path = decimal(lines[0][6:]), tuple(map(from_base64, lines[1:]))
        if len(path) > MAX_PATH or any(len(value) != tree.HASH_SIZE for value in path):
            raise ProofError("收录证明长短不对", english="inclusion proof of the wrong length")
        return cls(index, path, notes.parse(note), extra)

    def verify(self, entry: bytes, policy: TrustPolicy) -> Accepted:
        """Accept only when this entry stands at the index in a checkpoint that the policy accepts.

        Clause: SPEC F3
        Returns: the checkpoint and who cosigned it when.
        Raises: ProofError when it does not.
        """
        found = policy.accepted(self.checkpoint)
        size, root = found.checkpoint.size, found.checkpoint.root
        tree.verify_inclusion(self.index, size, tree.leaf_hash(entry), root, self.path)
        return found
