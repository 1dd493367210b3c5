"""After a restored backup: bring the record up to what this witness had cosigned before.

A store from a backup remembers an older checkpoint, and a log could have a second history cosigned from
there on. A newer checkpoint with our own line, as published, closes the gap.
"""

from hengjian.proof import notes
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.cosignatures import timestamp
from hengjian.proof.errors import ProofError
from hengjian.proof.notes import Note
from hengjian.terms.errors import Refused, Tampered
from hengjian.witness.judgement import Witness
from hengjian.witness.records import Answer, Fork, Held, Ruling


def checkpoint_of(note: bytes) -> Checkpoint:
    """The checkpoint in a note."""
    return Checkpoint.parse(notes.parse(note).text)


def catch_up(witness: Witness, data: bytes) -> Checkpoint:
    """Take up a checkpoint that the log signed and a key of this witness cosigned; never go back.

    A log publishes only the lines of the keys in its trust file. This witness signs with all of its keys or
    with none, so the lines that are missing are made again.
    """
    note, new, time = _cosigned_here(witness, data)

    def decide(held: Held | None) -> Ruling:
        last = checkpoint_of(held.note) if held else None
        if held and last and new.size == last.size and new.root != last.root:
            fork = Fork(new.origin, new.size, new.root, held.note, notes.write(note), time)
            return Ruling(Answer(422), "inconsistent", fork=fork)
        if last and new.size <= last.size:
            return Ruling(Answer(409), "conflict")
        return Ruling(Answer(200), held=Held(notes.write(note), time))

    status = witness.store.exchange(new.origin, decide).answer.status
    if status == 422:
        raise Tampered(
            "本见证人对同一大小签过两个树根", where=new.origin, do="请立即停用并报告", code="witness.own_fork"
        )
    if status == 409:
        raise Refused("记录并不落后于这个检查点", where=new.origin, code="witness.not_behind")
    return new


def _cosigned_here(witness: Witness, data: bytes) -> tuple[Note, Checkpoint, int]:
    ours = [notes.verifier(each.vkey) for each in witness.cosigners]
    try:
        note = notes.parse(data)
        new = Checkpoint.parse(note.text)
        theirs = notes.opened(note, witness.logs.get(new.origin, ())).signatures
        lines = notes.opened(note, ours).signatures
    except ProofError as fault:
        raise Refused(f"不能采用这个检查点：{fault.what}", code="witness.catch_up") from fault
    time = timestamp(lines[0].value)
    again = [
        each.cosign(note.text, time)
        for each, key in zip(witness.cosigners, ours, strict=True)
        if not Note(note.text, lines).signed_by(key)
    ]
    return Note(note.text, (*theirs, *lines, *again)), new, time
