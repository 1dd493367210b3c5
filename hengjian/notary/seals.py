"""What binds stored heads from outside: the log's key, the witnesses' keys, and the published checkpoint.

An owner of the database can make rows, entries, tiles and heads fit each other anew. He cannot sign: so the
reconciliation holds each stored head against the lines under it and against what is served to everybody.
Trusted: the keys, as the trust file names them. Not covered: an owner who also holds the log's key and
the published files; the witnesses refuse what he makes of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from hengjian.notary import heads, publication
from hengjian.notary.folder import Folder
from hengjian.notary.holding import Finding, What
from hengjian.notary.models import Head
from hengjian.notary.trusting import trust_in
from hengjian.proof import notes
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.errors import ProofError
from hengjian.proof.tiles import CHECKPOINT
from hengjian.proof.trust import TrustPolicy

HEAD = "notary.head"


def seals_in(folder: Folder) -> "Seals | None":
    """What the folder's trust file says; None when there is none yet.

    Raises: NotaryRefused when it cannot be read, or names no log.
    """
    return Seals.of(folder, trust_in(folder.trust)) if folder.trust.exists() else None


@dataclass(frozen=True)
class Seals:
    """The keys that count, and the folder of published files."""

    folder: Folder
    origin: str
    trust: TrustPolicy

    @classmethod
    def of(cls, folder: Folder, trust: TrustPolicy) -> "Seals":
        """Those of the log that the trust file names first."""
        return cls(folder, trust.logs[0].key.name, trust)

    def on(self, head: Head) -> Iterator[Finding]:
        """Lines under a stored head that do not belong to it, and a published head without the log's own."""
        body = heads.checkpoint_of(head, self.origin).text.encode()
        lines = list(head.signatures.all())
        for line in lines:
            if not self._fits(line.line, body):
                yield Finding(What.SIGNATURE_DIFFERS, HEAD, f"{head.size} {line.name}", head.size)
        if not any(line.witness == "" for line in lines) and hasattr(head, "publication"):
            yield Finding(What.SIGNATURE_MISSING, HEAD, str(head.size), head.size)

    def _fits(self, text: str, body: bytes) -> bool:
        """Lines of keys that the trust file no longer names are passed over."""
        try:
            line = notes.parse_line(text.removesuffix("\n"))
        except ProofError:
            return False
        key = self._keys.get((line.name, line.key_id))
        return key is None or key.verify(body, line.value)

    @cached_property
    def _keys(self) -> dict[tuple[str, bytes], notes.Verifier]:
        known = (*(each.key for each in self.trust.logs), *(each.key for each in self.trust.witnesses))
        return {(key.name, key.key_id): key for key in known}

    def on_published(self) -> Iterator[Finding]:
        """Whether the checkpoint that is served is a stored head's; a missing one is written anew."""
        if not (self.folder.public / CHECKPOINT).exists():
            return
        note = publication.published(self.folder)
        logs = [each.key for each in self.trust.logs if each.key.name == self.origin]
        try:
            served = Checkpoint.parse(notes.opened(note, logs).text) if note else None
        except ProofError:
            served = None
        if served is None:
            yield Finding(What.PUBLISHED_DIFFERS, HEAD, "?")
            return
        stored = Head.objects.filter(size=served.size).values_list("root", flat=True).first()
        if stored is None or bytes(stored) != served.root or served.origin != self.origin:
            yield Finding(What.PUBLISHED_DIFFERS, HEAD, str(served.size), served.size)
