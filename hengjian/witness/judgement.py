"""What a witness answers to a checkpoint, and why. Source: C2SP tlog-witness, in the order it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Protocol

from hengjian.proof import notes
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.errors import ProofError
from hengjian.proof.notes import Note, Signature, Verifier
from hengjian.proof.tree import EMPTY_ROOT, verify_consistency
from hengjian.witness.records import Answer, Fork, Held, Ruling, Store
from hengjian.witness.submissions import LARGEST, Submission, parse

SIZE_TYPE = "text/x.tlog.size"
REASONS = {
    "too_large": 413,
    "malformed": 400,
    "unknown_log": 404,
    "no_signature": 403,
    "old_above_size": 400,
    "conflict": 409,
    "inconsistent": 422,
}


class Cosigner(Protocol):
    """A key of the witness.

    Clause: SPEC F3
    """

    @property
    def vkey(self) -> str:
        """For those who check."""

    def cosign(self, checkpoint_text: str, timestamp: int) -> Signature:
        """The time-stamped signature."""


class Witness:
    """Cosigns the logs it knows, each as one history that only grows.

    Clause: SPEC F3
    """

    def __init__(
        self, cosigners: Sequence[Cosigner], logs: Mapping[str, Sequence[Verifier]], store: Store
    ) -> None:
        self.cosigners = tuple(cosigners)
        self.logs = {origin: tuple(keys) for origin, keys in logs.items()}
        self.store = store

    def add_checkpoint(self, body: bytes, now: int) -> Answer:
        """Answer a request; what is cosigned is on disk before this returns.

        Clause: SPEC F3
        """
        origin = ""
        try:
            if len(body) > LARGEST:
                return self._refused("", "too_large", f"more than {LARGEST} bytes", now)
            submission = parse(body)
            origin = submission.checkpoint.origin
        except ProofError as fault:
            return self._refused("", "malformed", fault.english or fault.what, now)
        if origin not in self.logs:
            return self._refused("", "unknown_log", "this log is not witnessed here", now)
        try:
            signed = notes.opened(submission.note, self.logs[origin])
        except ProofError as fault:
            return self._refused(origin, "no_signature", fault.english or fault.what, now)
        if submission.old > submission.checkpoint.size:
            return self._refused(origin, "old_above_size", "old size above the checkpoint's", now)
        ruling = self.store.exchange(origin, partial(self._rule, replace(submission, note=signed), now))
        if ruling.reason:
            self.store.count(origin, ruling.reason, now)
        return ruling.answer

    def _refused(self, origin: str, reason: str, why: str, now: int) -> Answer:
        self.store.count(origin, reason, now)
        return Answer(REASONS[reason], f"{why}\n".encode())

    def _rule(self, submission: Submission, now: int, held: Held | None) -> Ruling:
        """Decide while the log's row is locked: what is held cannot change meanwhile."""
        new = submission.checkpoint
        last = (
            Checkpoint.parse(notes.parse(held.note).text) if held else Checkpoint(new.origin, 0, EMPTY_ROOT)
        )
        fork = _fork(last, held, submission, now)
        if submission.old != last.size:
            answer = Answer(409, f"{last.size}\n".encode(), SIZE_TYPE)
            return Ruling(answer, "conflict", fork=fork)
        try:
            verify_consistency(last.size, last.root, new.size, new.root, submission.proof)
        except ProofError as fault:
            return Ruling(Answer(422, f"{fault.english or fault.what}\n".encode()), "inconsistent", fork=fork)
        lines = tuple(each.cosign(submission.note.text, max(now, 1)) for each in self.cosigners)
        kept = Note(submission.note.text, (*submission.note.signatures, *lines))
        answer = Answer(200, "".join(each.line for each in lines).encode())
        return Ruling(answer, held=Held(notes.write(kept), now))

    def checkpoint(self, origin_hash: str) -> Answer:
        """The last checkpoint cosigned for a log, for monitors.

        Clause: SPEC F3
        """
        for origin, held in self.store.known().items():
            if held and origin in self.logs and sha256(origin.encode()).hexdigest() == origin_hash:
                return Answer(200, held.note)
        return Answer(404, b"no checkpoint of this log was cosigned here\n")


def _fork(last: Checkpoint, held: Held | None, submission: Submission, now: int) -> Fork | None:
    """The proof that a log signed two histories, when this request brings it."""
    new = submission.checkpoint
    if held is None or (new.size != last.size or new.root == last.root):
        return None
    return Fork(new.origin, new.size, new.root, held.note, notes.write(submission.note), now)
