"""Writes of this room. Each is one transaction with the cycle's row locked.

* Every change of state takes an :class:`Audit`: who, when, why. It is written with the change.
* Of two that press the same button at once, one wins; the other is refused with the present state.
* Killed at any point, the database holds the old state or the new one; a bundle appears whole, by
  renaming, before its publication is recorded, and publishing again writes the same bytes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from hengjian.cycles import bundles, collect, errors, leads, storing
from hengjian.cycles.models import (
    Adjustment,
    AuditEntry,
    Cycle,
    NotApplicable,
    Publication,
    StoredSheet,
    StoredSnapshot,
    Withdrawal,
)
from hengjian.cycles.models.cycle import SLUG_FORM
from hengjian.cycles.transitions import Audit, State, transition
from hengjian.exchange.models import Kind
from hengjian.exchange.outbox import announce
from hengjian.notary.recording import day_of, notarise
from hengjian.scoring.assess import assess
from hengjian.scoring.engine.scoring import Engine
from hengjian.terms.canonical import digest_of
from hengjian.terms.errors import Refused
from hengjian.terms.period import Period

CLAUSE_LETTERS = 60
SERIALISATION_FAILURE = "40001"
TOLD = {
    "freeze": Kind.FROZEN,
    "review": Kind.REVIEWED,
    "publish": Kind.PUBLISHED,
    "supersede": Kind.CORRECTED,
}


@dataclass(frozen=True)
class NewCycle:
    """What a new cycle is about. ``policy``: a shipped policy's name or a folder; ``on`` its day."""

    id: str
    title: str
    period: str
    policy: str
    on: date
    cut_off: datetime
    organisations: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    synthetic: bool = False
    supersedes: str = ""


def open_cycle(new: NewCycle, audit: Audit) -> Cycle:
    """Open a cycle; the policy must load on its day."""
    _check_new(new)
    storing.policy_now(new.policy, new.on)
    try:
        with transaction.atomic():
            cycle = Cycle.objects.create(
                id=new.id,
                title=new.title,
                period=new.period,
                policy=new.policy,
                on=new.on,
                cut_off=new.cut_off,
                organisations=list(new.organisations),
                levels=list(new.levels),
                synthetic=new.synthetic,
                supersedes_id=new.supersedes or None,
            )
            _entry(cycle, "", "open", State.OPEN, audit)
    except IntegrityError as clash:
        raise Refused(
            _("已有编号为“%(id)s”的周期") % {"id": new.id},
            do=_("请换一个编号，或用 hengjian cycle show 查看"),
            code="cycles.exists",
        ) from clash
    return cycle


def open_correction(cycle_id: str, new_id: str, audit: Audit, *, cut_off: datetime | None = None) -> Cycle:
    """Open the cycle that will supersede this one when it is published.

    Facts are taken as known at ``cut_off``, by default now: what was handed in late or corrected
    since the first freeze would otherwise never come in.
    """
    if not audit.reason.strip():
        raise errors.reason_missing("supersede")
    with transaction.atomic():
        wrong = _locked(cycle_id)
        if transition("supersede", wrong.state) is None:
            raise errors.wrong_state(cycle_id, "supersede", wrong.state)
        pending = wrong.corrections.exclude(state=State.SUPERSEDED).first()
        if pending is not None:
            raise Refused(
                _("周期 %(id)s 已有更正周期 %(other)s") % {"id": cycle_id, "other": pending.pk},
                do=_("请在该更正周期中继续"),
                code="cycles.correction_pending",
            )
        return open_cycle(_correcting(wrong, new_id, cut_off or audit.at), audit)


def adjust(cycle_id: str, seat: str, points: float, clause: str, audit: Audit) -> Adjustment:
    """Add points to a seat or take them away, with reason and clause; only while the cycle is open."""
    if not audit.reason.strip():
        raise errors.reason_missing("adjust")
    if not clause.strip():
        raise Refused(_("加减分必须写明依据条款"), do=_("例如 SPEC F7"), code="cycles.clause_missing")
    if len(clause) > CLAUSE_LETTERS:
        raise Refused(
            _("依据条款不能超过 %(most)s 个字") % {"most": CLAUSE_LETTERS},
            do=_("只写条款，其余写在理由里"), code="cycles.clause_long",
        )  # fmt: skip
    if not -100 <= points <= 100 or points == 0:
        raise Refused(
            _("加减分应在 -100 到 100 之间且不为 0"), do=_("请核对分值"), code="cycles.points_range"
        )
    with transaction.atomic():
        cycle = _open(cycle_id, "adjust")
        collect.check_seat(cycle, seat)
        what = [cycle_id, seat, points, clause, audit.reason, audit.by, audit.at]
        added = Adjustment.objects.create(
            cycle=cycle,
            record=digest_of(["adjustment", *what]),
            seat=seat,
            points=points,
            reason=audit.reason,
            clause=clause,
            author=audit.by,
            on=day_of(audit.at),
        )
        notarise(audit.at, added)
        return added


def mark_not_applicable(cycle_id: str, seat: str, indicator: str, audit: Audit) -> NotApplicable:
    """Say that an indicator does not apply to a seat; its weight is spread over the others."""
    if not audit.reason.strip():
        raise errors.reason_missing("not_applicable")
    with transaction.atomic():
        cycle = _open(cycle_id, "not_applicable")
        collect.check_line(cycle, seat, indicator)
        if cycle.not_applicable.standing().filter(seat=seat, indicator=indicator).exists():
            raise Refused(
                _("该任职的这项指标已标记为不适用"), do=_("不用再标记"), code="cycles.already_marked"
            )
        marked = NotApplicable.objects.create(
            cycle=cycle,
            seat=seat,
            indicator=indicator,
            reason=audit.reason,
            author=audit.by,
            on=day_of(audit.at),
        )
        notarise(audit.at, marked)
        return marked


def withdraw(
    cycle_id: str, added: Literal["adjust", "not-applicable"], number: int, audit: Audit
) -> Withdrawal:
    """Take back what was added in error, by its number; only while the cycle is open. Both stay to be read.

    Clause: SPEC F3
    """
    if not audit.reason.strip():
        raise errors.reason_missing("withdraw")
    with transaction.atomic():
        cycle = _open(cycle_id, "withdraw")
        rows = cycle.adjustments if added == "adjust" else cycle.not_applicable
        held = rows.standing().filter(pk=number).first()
        if held is None:
            raise Refused(
                _("本周期没有编号为 %(number)s 的这一项，或者它已撤回") % {"number": number},
                do=_("请刷新页面，或用 hengjian cycle added 查看"), code="cycles.nothing_to_withdraw",
            )  # fmt: skip
        field = "adjustment" if added == "adjust" else "not_applicable"
        made = Withdrawal.objects.create(
            cycle=cycle, reason=audit.reason, author=audit.by, on=day_of(audit.at), **{field: held}
        )
        notarise(audit.at, made)
        return made


def freeze(cycle_id: str, audit: Audit) -> StoredSnapshot:
    """Collect everything known at the cut-off into a snapshot, with the policy's files.

    Before the cut-off only with a reason: what comes in until then does not count.
    """
    with _changing(cycle_id, "freeze", audit) as cycle:
        if audit.at < cycle.cut_off and not audit.reason.strip():
            raise errors.too_early(cycle.cut_off)
        policy, files = storing.policy_now(cycle.policy, cycle.on)
        snapshot = collect.snapshot_of(cycle, policy)
        return storing.keep_snapshot(cycle, snapshot, policy, files, audit)


def unfreeze(cycle_id: str, audit: Audit) -> None:
    """Open a frozen cycle again before anybody has seen a score; the snapshot stays stored."""
    with _changing(cycle_id, "unfreeze", audit):
        pass


def score(cycle_id: str, audit: Audit, engine: Engine = "reference", *, salt: bytes = b"") -> StoredSheet:
    """Score the newest snapshot under the policy frozen with it, and keep leads for a person beside it.

    ``salt``: the secret of raters' keys, with which favours among those who sign can be looked for.
    """
    with _changing(cycle_id, "score", audit) as cycle:
        stored = storing.newest_snapshot(cycle)
        policy = storing.policy_of(stored)
        facts = storing.snapshot_of(stored)
        sheet = assess(facts, policy, engine=engine)
        found = leads.found_in(facts, policy, sheet, salt)
        return storing.keep_sheet(stored, sheet, engine, audit, found)


def review(cycle_id: str, audit: Audit) -> None:
    """A second person signs the sheet."""
    with _changing(cycle_id, "review", audit) as cycle:
        if storing.second_person_needed(storing.newest_snapshot(cycle)):
            _check_second_person(cycle, audit.by)


def publish(cycle_id: str, audit: Audit, folder: Path) -> Publication:
    """Write the bundle into the folder and record its root; the corrected cycle becomes superseded."""
    with _changing(cycle_id, "publish", audit) as cycle:
        stored = storing.newest_sheet(cycle)
        path, digest = bundles.write(stored, folder)
        publication = Publication.objects.create(
            cycle=cycle,
            sheet=stored,
            root=stored.root,
            bundle_digest=digest,
            path=str(path),
            by=audit.by,
            at=audit.at,
        )
        notarise(audit.at, publication)
        if cycle.supersedes_id:
            _supersede(cycle.supersedes_id, cycle, audit)
        return publication


@contextmanager
def _changing(cycle_id: str, verb: str, audit: Audit) -> Iterator[Cycle]:
    """Lock the cycle, check the transition, let the body do its part, move the state, write who."""
    try:
        with _one_moment():
            cycle = _locked(cycle_id)
            move = transition(verb, cycle.state)
            if move is None:
                raise errors.wrong_state(cycle_id, verb, cycle.state)
            if move.needs_reason and not audit.reason.strip():
                raise errors.reason_missing(verb)
            yield cycle
            _entry(cycle, cycle.state, verb, move.target, audit)
            cycle.state = move.target
            cycle.save(update_fields=["state"])
    except OperationalError as clash:
        if getattr(clash.__cause__, "sqlstate", "") != SERIALISATION_FAILURE:
            raise
        present = Cycle.objects.get(pk=cycle_id).state
        raise errors.wrong_state(cycle_id, verb, present) from clash


@contextmanager
def _one_moment() -> Iterator[None]:
    """A transaction in which all reads see the records of one moment, whatever is imported beside it."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _locked(cycle_id: str) -> Cycle:
    try:
        return Cycle.objects.select_for_update().get(pk=cycle_id)
    except Cycle.DoesNotExist as gone:
        raise errors.unknown_cycle(cycle_id) from gone


def _open(cycle_id: str, verb: str) -> Cycle:
    cycle = _locked(cycle_id)
    if cycle.state != State.OPEN:
        raise errors.wrong_state(cycle_id, verb, cycle.state)
    return cycle


def _entry(cycle: Cycle, source: str, verb: str, target: State, audit: Audit) -> None:
    entry = AuditEntry.objects.create(
        cycle=cycle,
        source=source,
        target=target,
        verb=verb,
        by=audit.by,
        at=audit.at,
        reason=audit.reason.strip(),
    )
    notarise(audit.at, entry)
    if verb in TOLD:
        announce(TOLD[verb], cycle.pk, audit.at)


def _supersede(cycle_id: str, correction: Cycle, audit: Audit) -> None:
    wrong = _locked(cycle_id)
    move = transition("supersede", wrong.state)
    if move is None:
        raise errors.wrong_state(cycle_id, "supersede", wrong.state)
    opened = correction.audit.get(source="")
    why = Audit(by=audit.by, at=audit.at, reason=opened.reason)
    _entry(wrong, wrong.state, "supersede", State.SUPERSEDED, why)
    wrong.state = State.SUPERSEDED
    wrong.save(update_fields=["state"])


def _check_second_person(cycle: Cycle, by: str) -> None:
    newest = cycle.audit.filter(verb__in=("freeze", "score")).order_by("-id")[:2]
    edited = cycle.adjustments.values_list("author", flat=True)
    waived = cycle.not_applicable.values_list("author", flat=True)
    withdrew = cycle.withdrawals.values_list("author", flat=True)
    if by in {*(entry.by for entry in newest), *edited, *waived, *withdrew}:
        raise errors.same_person(by)


def _check_new(new: NewCycle) -> None:
    if not SLUG_FORM.match(new.id):
        raise Refused(
            _("“%(id)s”不能作周期编号") % {"id": new.id},
            do=_("请用小写字母、数字和连字符，最多 60 个，如 2026-h1"),
            code="cycles.id_form",
        )
    if not new.title.strip():
        raise Refused(_("周期没有名称"), do=_("请填写名称"), code="cycles.title_missing")
    Period(new.period)


def _correcting(wrong: Cycle, new_id: str, cut_off: datetime) -> NewCycle:
    return NewCycle(
        id=new_id,
        title=wrong.title + _("（更正）"),
        period=wrong.period,
        policy=wrong.policy,
        on=wrong.on,
        cut_off=cut_off,
        organisations=tuple(wrong.organisations),
        levels=tuple(wrong.levels),
        synthetic=wrong.synthetic,
        supersedes=wrong.pk,
    )
