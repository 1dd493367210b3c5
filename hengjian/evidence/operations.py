"""The writes of this room. One door in: :func:`admit`. Nothing is ever changed or removed.

Crash points: each operation is one transaction. Killed at any point it leaves either the whole
batch (records, refused rows, counts) or nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hengjian.evidence.admission import Door
from hengjian.evidence.checks import Context
from hengjian.evidence.errors import CorrectionRefused
from hengjian.evidence.faults import Fault, restored
from hengjian.evidence.feeds.declaration import Feed
from hengjian.evidence.feeds.folder import feed_from_text
from hengjian.evidence.feeds.mapping import Mapper
from hengjian.evidence.feeds.reading import CHUNK, Chunk, chunks_of, digest_of_file, read_chunks
from hengjian.evidence.models import Found, Outcome, Quarantined, QuarantineDecision, QuarantineOpinion
from hengjian.evidence.records import CaseDraft, Draft, Receipt, Row, SourceFile, written
from hengjian.notary.recording import notarise
from hengjian.roster.models import Organisation
from hengjian.terms.calendar import WorkCalendar
from hengjian.terms.canonical import digest_of

LASTING = frozenset({"width", "bad_character", "not_an_object"})

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Rules:
    """What the policy in force says to the door: the calendar, and each metric's unit."""

    calendar: WorkCalendar
    units: Mapping[str, str]


@dataclass(frozen=True)
class Readmission:
    """What came of taking quarantined rows in again: decided rows, and those that still wait."""

    admitted: list[int]
    waiting: dict[int, tuple[Fault, ...]]
    receipts: list[Receipt]


def admit(
    records: Iterable[Draft],
    feed: Feed,
    *,
    by: str,
    now: datetime,
    units: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Receipt:
    """Let records in that come from a form or a program, as one batch in one transaction.

    A record that does not fit is quarantined with the reasons, never dropped.
    """
    rows = (Row(i, _as_raw(d, feed), d) for i, d in enumerate(records, start=1))
    with transaction.atomic():
        door = _door(feed, by, now, units or {})
        digests = []
        while block := list(islice(rows, CHUNK)):
            door.take(block)
            digests.append(digest_of([dict(row.raw) for row in block]))
            _tell(progress, door)
        return door.close(SourceFile(feed.where, digest_of(digests)))


def import_file(
    feed: Feed,
    path: Path,
    *,
    by: str,
    now: datetime,
    rules: Rules,
    progress: Progress | None = None,
) -> Receipt:
    """Read a file by its feed and let its rows in, as one batch in one transaction.

    Raises: FileRefused when the file is not what the feed declares; then nothing is written.
    """
    source = SourceFile(path.name, digest_of_file(path))
    mapper = Mapper(feed, rules.calendar)
    with transaction.atomic():
        door = _door(feed, by, now, rules.units)
        for chunk in read_chunks(feed, path):
            door.take(mapper.rows(chunk))
            _tell(progress, door)
        return door.close(source)


def hand_over(
    feed: Feed,
    rows: Sequence[Mapping[str, str]],
    source: str,
    *,
    by: str,
    now: datetime,
    rules: Rules,
    within: frozenset[str] | None = None,
) -> Receipt:
    """Let rows in that another system hands over in the feed's own columns, as one batch in one transaction.

    ``within``: the organisations of which it may speak; a row about another one is quarantined.
    Raises: FileRefused when a column is none of the feed's; then nothing is written.
    """
    mapper = Mapper(feed, rules.calendar)
    with transaction.atomic():
        door = _door(feed, by, now, rules.units, within=within)
        for chunk in chunks_of(feed, rows, source):
            door.take(mapper.rows(chunk))
        return door.close(SourceFile(source, digest_of([dict(row) for row in rows])))


def correct(
    number: int,
    changes: Mapping[str, str],
    *,
    by: str,
    reason: str,
    now: datetime,
    rules: Rules,
    feed: Feed | None = None,
) -> Receipt:
    """Let one quarantined row in with some cells changed by a named person, for a reason.

    The person has looked at the row: when the fact is known in another version, it is superseded.
    Raises: CorrectionRefused when the changed row still does not fit; the row then goes on waiting.
    """
    _signed(by, reason)
    with transaction.atomic():
        row = _waiting([number])[0]
        changed = _changed(row, changes)
        use = _feed_of(row, feed)
        door = _door(use, by, now, rules.units, second=True, may_supersede=True)
        _again(door, [(row, {**row.raw, **changed}, ())], rules)
        if door.refused:
            raise _still_wrong(row, door.refused[0].faults)
        receipt = door.close(_source([row]))
        signed = (by, reason, now)
        _decide([_decision(row, Outcome.CORRECTED, door.taken[row.pk], signed, changed)], now)
        return receipt


def readmit(
    numbers: Iterable[int],
    *,
    by: str,
    reason: str,
    now: datetime,
    rules: Rules,
    feed: Feed | None = None,
    confirm_changes: bool = False,
) -> Readmission:
    """Let quarantined rows in again, unchanged, after the mapping, roster or calendar was mended.

    ``feed`` is the mended declaration; without it the one of each row's batch is used.
    ``confirm_changes``: the person confirms that a changed record supersedes the one that stands.
    """
    _signed(by, reason)
    result = Readmission([], {}, [])
    with transaction.atomic():
        rows = _waiting(list(numbers))
        for version in sorted({row.batch.feed_version_id for row in rows}):
            block = [row for row in rows if row.batch.feed_version_id == version]
            door = _door(
                _feed_of(block[0], feed),
                by,
                now,
                rules.units,
                second=True,
                may_supersede=confirm_changes,
            )
            _again(door, [(row, row.raw, _lasting(row)) for row in block], rules)
            _settle(door, block, (by, reason, now), result)
    return result


def tried(
    numbers: Iterable[int], *, by: str, now: datetime, rules: Rules, confirm_changes: bool = False
) -> Readmission:
    """What :func:`readmit` would do to these rows as they stand now; nothing of it is kept."""
    with transaction.atomic():
        found = readmit(
            numbers, by=by, reason="—", now=now, rules=rules, confirm_changes=confirm_changes
        )  # fmt: skip
        transaction.set_rollback(True)
    return found


def dismiss(*numbers: int, by: str, reason: str, now: datetime) -> None:
    """Decide, for a reason, that these quarantined rows will not come in: all or none. They stay readable."""
    _signed(by, reason)
    with transaction.atomic():
        rows = _waiting(list(numbers))
        _decide([_decision(row, Outcome.DISMISSED, "", (by, reason, now), {}) for row in rows], now)


def say_found(number: int, found: str, text: str, *, by: str, now: datetime) -> None:
    """Write what an inspector found about a row that waits; nothing is let in or kept out by it."""
    _signed(by, text)
    if found not in Found.values:
        raise CorrectionRefused(_("请选择核查结论"), do=_("请选择一项"), code="quarantine.no_finding")
    with transaction.atomic():
        row = _waiting([number])[0]
        opinion = QuarantineOpinion.objects.create(
            quarantined=row, found=found, text=text.strip(), by=by, at=now
        )
        notarise(now, opinion)


# -- how the door is opened --------------------------------------------------------------------


def _door(
    feed: Feed,
    by: str,
    now: datetime,
    units: Mapping[str, str],
    *,
    second: bool = False,
    may_supersede: bool = False,
    within: frozenset[str] | None = None,
) -> Door:
    with connection.cursor() as cursor:
        # one batch at a time: two people importing the same file do not meet halfway
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('hengjian.evidence.admit'))")
    rows = Organisation.objects.values_list("code", "id", "since", "until")
    known = {code: rest for code, *rest in rows}
    context = Context(feed, known, units, now, within)  # type: ignore[arg-type]
    return Door(context, by, may_supersede or feed.on_change == "supersede", second)


def _tell(progress: Progress | None, door: Door) -> None:
    if progress is not None:
        progress(door.counts["read"])


def _as_raw(draft: Draft, feed: Feed) -> dict[str, str]:
    """A draft as the row of a form, so that it can be corrected like a row of a file."""
    raw = {
        column.column: _cell(getattr(draft, name)) for name, column in feed.columns.items() if column.column
    }
    if isinstance(draft, CaseDraft):
        due = {rule.column: "" for rule in feed.clocks.due if rule.column}
        for rule in feed.clocks.due:
            if rule.column and rule.basis == draft.due_basis:
                due[rule.column] = _cell(draft.due_at)
        raw.update(due)
    return raw


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return written(value) or ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return ";".join(f"{year}:{amount:f}" for year, amount in value)
    return str(value)


def _settle(
    door: Door,
    block: list[Quarantined],
    signed: tuple[str, str, datetime],
    result: Readmission,
) -> None:
    """Write what a second try let in, and note what goes on waiting."""
    result.waiting.update({row.ticket: row.faults for row in door.refused})
    taken = [row for row in block if row.pk in door.taken]
    if not taken:
        return
    door.count_only_taken()
    result.receipts.append(door.close(_source(taken)))
    _decide([_decision(row, Outcome.READMITTED, door.taken[row.pk], signed, {}) for row in taken], signed[2])
    result.admitted.extend(row.pk for row in taken)


def _decide(decisions: list[QuarantineDecision], at: datetime) -> None:
    notarise(at, *QuarantineDecision.objects.bulk_create(decisions, batch_size=2_000))


# -- quarantine --------------------------------------------------------------------------------


def _signed(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise CorrectionRefused(
            _("处理待核记录要有处理人和理由"), do=_("请写明理由"), code="quarantine.unsigned"
        )


def _waiting(numbers: list[int]) -> list[Quarantined]:
    rows = Quarantined.objects.filter(pk__in=numbers).select_related("batch", "decision")
    found = {row.pk: row for row in rows.order_by("pk")}
    for number in numbers:
        if number not in found:
            raise CorrectionRefused(
                _("没有待核记录 %s") % number, do=_("请查看待核记录清单"), code="quarantine.unknown"
            )
        if hasattr(found[number], "decision"):
            raise CorrectionRefused(
                _("待核记录 %s 已经处理") % number,
                do=_("处理过的行不再改动；要再更正，请报新记录"),
                code="quarantine.decided",
            )
    return list(found.values())


def _changed(row: Quarantined, changes: Mapping[str, str]) -> dict[str, str]:
    strange = sorted(set(changes) - set(row.raw))
    changed = {key: v.strip() for key, v in changes.items() if v.strip() != row.raw.get(key)}
    if strange or not changed:
        what = _("本行没有列“%s”") % strange[0] if strange else _("没有改动")
        do = _("可改动的列：%s") % "、".join(row.raw)
        raise CorrectionRefused(what, where=str(row), do=do, code="quarantine.no_change")
    return changed


def _feed_of(row: Quarantined, mended: Feed | None) -> Feed:
    if mended is None:
        version = row.batch.feed_version
        return feed_from_text(version.text, f"{version.code}@{version.digest[:12]}")
    if (mended.code, mended.kind) != (row.feed, row.kind):
        raise CorrectionRefused(
            _("待核记录来自“%(row)s”，不是“%(feed)s”") % {"row": row.feed, "feed": mended.code},
            where=mended.where,
            do=_("请给出同一来源的文件夹"),
            code="quarantine.other_feed",
        )
    return mended


def _lasting(row: Quarantined) -> tuple[Fault, ...]:
    """Faults of the file itself, which no mended mapping or roster can heal."""
    faults = (restored(reason) for reason in row.reasons)
    return tuple(fault for fault in faults if fault.code in LASTING)


def _again(
    door: Door,
    rows: list[tuple[Quarantined, Mapping[str, str], tuple[Fault, ...]]],
    rules: Rules,
) -> None:
    columns = {name: [raw.get(name, "") for _row, raw, _f in rows] for name in door.feed.wanted}
    faults = {i: list(found) for i, (_row, _raw, found) in enumerate(rows) if found}
    chunk = Chunk([row.row for row, _raw, _f in rows], columns, faults)
    mapped = Mapper(door.feed, rules.calendar).rows(chunk)
    door.take([replace(one, ticket=row.pk) for one, (row, _raw, _f) in zip(mapped, rows, strict=True)])


def _still_wrong(row: Quarantined, faults: tuple[Fault, ...]) -> CorrectionRefused:
    return CorrectionRefused(
        _("更正后仍不符合：%s") % "；".join(fault.what for fault in faults),
        where=str(row),
        do="；".join(dict.fromkeys(fault.do for fault in faults)),
        code="quarantine.still_wrong",
    )


def _source(rows: list[Quarantined]) -> SourceFile:
    return SourceFile(_("待核记录 %s 条") % len(rows), digest_of(sorted(row.raw_digest for row in rows)))


def _decision(
    row: Quarantined,
    outcome: Outcome,
    record: str,
    signed: tuple[str, str, datetime],
    changes: Mapping[str, str],
) -> QuarantineDecision:
    by, reason, at = signed
    return QuarantineDecision(
        quarantined=row, outcome=outcome, record=record, by=by, at=at, reason=reason, changes=changes
    )
