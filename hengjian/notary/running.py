"""One turn of the notary after another: number, sign, ask the witnesses, publish; in this order.

* The intake never waits for any of it.
* A quorum of witnesses that is missing raises an alarm; missing for longer than the policy allows, it
  stops publication until it is back. Numbering and signing go on.
* A folder that cannot be written raises an alarm and is tried again.
* Anything that contradicts what was signed or witnessed stops everything (:class:`LogTampered`).
* After a start nothing is numbered until so many witnesses have answered that the rest make no quorum: a
  restored database that meets no witness cannot begin a second history. Deliveries wait meanwhile.

Crash points: between any two of the four steps the next start goes on with the same head.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.notary import alarms, guard, heads, publication, storage
from hengjian.notary.alarms import close_alarm, open_alarm
from hengjian.notary.errors import LogTampered
from hengjian.notary.folder import Folder
from hengjian.notary.models import Head, Publication, WitnessState
from hengjian.notary.sequencing import Sequencer
from hengjian.notary.witnesses import Answer, Said, Witness, ask_all
from hengjian.proof import notes, tree
from hengjian.proof.trust import NONE, TrustPolicy

TOLD = (Said.COSIGNED, Said.OTHER_SIZE)
LONGEST_PAUSE = 60  # seconds before a witness that failed, or a disk that was full, is tried again


@dataclass(frozen=True)
class Setup:
    """What the log runs with."""

    folder: Folder
    signers: Sequence[notes.Signer]  # the log's own key first
    trust: TrustPolicy
    quorum_age: timedelta

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.signers[0].name

    @property
    def witnesses(self) -> list[Witness]:
        """The witnesses that have an address."""
        return [Witness(each.name, each.key, each.url) for each in self.trust.witnesses if each.url]

    def unheard(self, heard: Collection[str]) -> tuple[str, ...]:
        """Witnesses to wait for: those not heard could by themselves have cosigned what we do not know."""
        rest = [each.name for each in self.witnesses if each.name not in heard]
        return tuple(rest) if self.trust.quorum != NONE and self.trust.reached(rest) else ()

    def lacking(self, note: notes.Note) -> tuple[str, ...]:
        """The witnesses that are missing for a quorum; empty when there is one."""
        return () if self.trust.satisfied(note) else self.trust.missing(note) or (self.trust.quorum,)


@dataclass(frozen=True)
class Turn:
    """What one turn did: entries numbered, the size, who cosigned now, files written."""

    count: int
    size: int
    cosigned: tuple[str, ...] = ()
    files: int = 0


@dataclass
class _Pauses:
    """Whom not to try again before when."""

    until: dict[str, datetime] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)

    def due(self, name: str, now: datetime) -> bool:
        return now >= self.until.get(name, now)

    def failed(self, name: str, now: datetime) -> None:
        self.failures[name] = self.failures.get(name, 0) + 1
        pause = min(LONGEST_PAUSE, 2 ** min(self.failures[name], 6))
        self.until[name] = now + timedelta(seconds=pause)

    def succeeded(self, name: str) -> None:
        self.failures.pop(name, None)
        self.until.pop(name, None)


class Notary:
    """The running log. Made at the start: takes the lock, then stands guard."""

    def __init__(self, setup: Setup, now: datetime) -> None:
        self.setup = setup
        self.verifier = notes.verifier(setup.signers[0].vkey)
        self.pauses = _Pauses()
        self.noted = -1  # the last head whose publication stands in the database
        self.heard: set[str] = set()  # witnesses that said since the start what they know
        self.served: publication.Served | None = None  # the file that serves the last head, once it does
        self.sequencer = Sequencer(guarded=lambda head: guard.check_database(head, self.verifier))
        try:
            self._begin(now)
        except BaseException as fault:
            if isinstance(fault, LogTampered):
                self._tell_tampered(fault, now)
            self.sequencer.release()
            raise

    def _begin(self, now: datetime) -> None:
        size = self.sequencer.edge.size
        guard.check_published(self.setup.folder, size, self.verifier)
        if heads.last_head() is None:
            self._ask_about_nothing(now)
            Head.objects.create(size=0, root=tree.EMPTY_ROOT, at=now)
        head = self._signed(now)
        self._ask(head, self.setup.witnesses, now)
        close_alarm(alarms.TAMPERED, "", now)
        if not self.setup.unheard(self.heard):
            close_alarm(alarms.UNHEARD, "", now)

    def _ask_about_nothing(self, now: datetime) -> None:
        """A log without any head asks its witnesses before it signs its first, the empty tree."""
        empty = Head(size=0, root=tree.EMPTY_ROOT, at=now)
        text = heads.checkpoint_of(empty, self.setup.origin).text
        note = notes.signed(text, *self.setup.signers)
        for answer in ask_all(dict.fromkeys(self.setup.witnesses, 0), note, 0, _prove):
            guard.check_answer(answer, 0)

    def close(self) -> None:
        """Give the lock back."""
        self.sequencer.release()

    def turn(self, now: datetime) -> Turn:
        """Number what waits, sign, ask, publish.

        Raises: LogTampered (stop), OperationalError (the database is away: make a new notary).
        """
        try:
            met = self._ask_unheard(now)
            batch = None if self._waits(now) else self.sequencer.step(now)
            head = self._signed(now)
            asked = self._ask(head, self._due(head, now), now)
            cosigned = tuple(dict.fromkeys((*met, *asked)))
            files = self._publish(head, now, changed=bool(batch or cosigned))
        except LogTampered as fault:
            self._tell_tampered(fault, now)
            raise
        return Turn(batch.count if batch else 0, head.size, cosigned, files)

    def _tell_tampered(self, fault: LogTampered, now: datetime) -> None:
        about = {"why": fault.what, "where": fault.where, "code": fault.code}
        open_alarm(alarms.TAMPERED, "", about, now)

    # -- sign ----------------------------------------------------------------------------------

    def _signed(self, now: datetime) -> Head:
        head = heads.last_head()
        if head is None:
            raise LogTampered(_("数据库里没有树头"), code="notary.no_head")
        heads.sign(head, self.setup.signers, now)
        # crash point: signed and kept, not witnessed
        return head

    # -- ask the witnesses ---------------------------------------------------------------------

    def _waits(self, now: datetime) -> bool:
        """Whether too few witnesses were heard since the start."""
        if missing := self.setup.unheard(self.heard):
            open_alarm(alarms.UNHEARD, "", {"missing": "、".join(missing)}, now)
            return True
        return False

    def _ask_unheard(self, now: datetime) -> tuple[str, ...]:
        """Ask those that are waited for about the last head, before anything is numbered."""
        if not self.setup.unheard(self.heard):
            return ()
        head = self._signed(now)
        cosigned = self._ask(head, self._unasked(now), now)
        if not self.setup.unheard(self.heard):
            close_alarm(alarms.UNHEARD, "", now)
        return cosigned

    def _unasked(self, now: datetime) -> list[Witness]:
        due = (each for each in self.setup.witnesses if self.pauses.due(each.name, now))
        return [each for each in due if each.name not in self.heard]

    def _due(self, head: Head, now: datetime) -> list[Witness]:
        """The witnesses that have not cosigned this head and may be asked again."""
        done = set(head.signatures.exclude(witness="").values_list("witness", flat=True))
        return [w for w in self.setup.witnesses if w.name not in done and self.pauses.due(w.name, now)]

    def _ask(self, head: Head, whom: Sequence[Witness], now: datetime) -> tuple[str, ...]:
        if not whom:
            return ()
        known = dict(WitnessState.objects.values_list("name", "size"))
        note = heads.note_of(head, self.setup.origin)
        own = notes.Note(note.text, tuple(s for s in note.signatures if s.name == self.setup.origin))
        answers = ask_all({w: known.get(w.name, 0) for w in whom}, own, head.size, _prove)
        for answer in answers:
            guard.check_answer(answer, head.size)
        self.heard |= {one.witness.name for one in answers if one.said in TOLD}
        # crash point: witnesses know the head, we have not kept what they said; they are asked again
        for answer in answers:
            self._take(answer, head, now)
        return tuple(a.witness.name for a in answers if a.said is Said.COSIGNED)

    def _take(self, answer: Answer, head: Head, now: datetime) -> None:
        name = answer.witness.name
        heard = {"asked_at": now, "fault": answer.why}
        if answer.said is not Said.SILENT:
            heard["answered_at"] = now
        if answer.said is Said.COSIGNED:
            heard["size"] = head.size
        with transaction.atomic():
            heads.keep(head, name, answer.signatures, now)
            WitnessState.objects.update_or_create(name=name, defaults=heard)
        if answer.said is Said.COSIGNED:
            self.pauses.succeeded(name)
            close_alarm(alarms.WITNESS_SILENT, name, now)
            close_alarm(alarms.WITNESS_REFUSES, name, now)
            return
        self.pauses.failed(name, now)
        silent = answer.said is Said.SILENT
        code = alarms.WITNESS_SILENT if silent else alarms.WITNESS_REFUSES
        open_alarm(code, name, {"why": answer.why}, now)
        close_alarm(alarms.WITNESS_REFUSES if silent else alarms.WITNESS_SILENT, name, now)

    # -- publish -------------------------------------------------------------------------------

    def _publish(self, head: Head, now: datetime, *, changed: bool) -> int:
        if changed:
            self.served = None
        elif self.served is not None and self.served == publication.served_now(self.setup.folder):
            return 0
        note = heads.note_of(head, self.setup.origin)
        served = publication.published(self.setup.folder)
        missing = self.setup.lacking(note)
        if served is not None and notes.write(served) == notes.write(note):
            self._note_published(head, missing, now)
            return 0
        if not self._may_publish(missing, now) or not self.pauses.due("disk", now):
            return 0
        try:
            files = publication.publish(self.setup.folder, note, self.setup.signers[0].vkey)
        except OSError as fault:
            self.pauses.failed("disk", now)
            open_alarm(alarms.DISK, "", {"why": fault.strerror or str(fault)}, now)
            return 0
        # crash point: published, not noted; the note is made by the next turn
        self.pauses.succeeded("disk")
        close_alarm(alarms.DISK, "", now)
        self._note_published(head, missing, now)
        return files + 1

    def _note_published(self, head: Head, missing: Sequence[str], now: datetime) -> None:
        self.served = publication.served_now(self.setup.folder)
        if self.noted != head.size:
            Publication.objects.get_or_create(head=head, defaults={"at": now, "cosigned": not missing})
            self.noted = head.size

    def _may_publish(self, missing: Sequence[str], now: datetime) -> bool:
        """Whether a head may be published although these witnesses are missing."""
        if not missing:
            close_alarm(alarms.NO_QUORUM, "", now)
            close_alarm(alarms.STOPPED, "", now)
            return True
        since = open_alarm(alarms.NO_QUORUM, "", {"missing": "、".join(missing)}, now).opened_at
        if now - since <= self.setup.quorum_age:
            return True
        hours = f"{self.setup.quorum_age / timedelta(hours=1):g}"
        open_alarm(alarms.STOPPED, "", {"hours": hours}, now)
        return False


def _prove(old: int, new: int) -> tuple[bytes, ...]:
    return storage.read_tree(lambda reader: tree.consistency_proof(old, new, reader))
