"""A log to be witnessed: real tree, real signatures, and a second history that branches off."""

from hengjian.proof import notes, tree
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.notes import Ed25519Signer

ORIGIN = "log.example.cn/hengjian"


class Log:
    """Leaves 0, 1, 2 …; ``branch`` gives other leaves from there on under the same key."""

    def __init__(self, origin: str = ORIGIN, seed: int = 1, branch: int | None = None) -> None:
        self.origin = origin
        self.signer = Ed25519Signer(origin, bytes([seed]) * 32)
        self.branch = branch

    def _reader(self, level: int, index: int) -> bytes:
        if level:
            below = self._reader(level - 1, 2 * index), self._reader(level - 1, 2 * index + 1)
            return tree.node_hash(*below)
        other = self.branch is not None and index >= self.branch
        return tree.leaf_hash(f"{'other' if other else 'leaf'} {index}".encode())

    def root(self, size: int) -> bytes:
        return tree.root(size, self._reader)

    def checkpoint(self, size: int, root: bytes | None = None) -> bytes:
        text = Checkpoint(self.origin, size, self.root(size) if root is None else root).text
        return notes.write(notes.signed(text, self.signer))

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        return tree.consistency_proof(old, new, self._reader) if 0 < old < new else ()

    def request(self, old: int, new: int) -> bytes:
        return body(old, self.proof(old, new), self.checkpoint(new))


def body(old: object, proof: tuple[bytes, ...], checkpoint: bytes) -> bytes:
    lines = "".join(f"{notes.to_base64(each)}\n" for each in proof)
    return f"old {old}\n{lines}\n".encode() + checkpoint
