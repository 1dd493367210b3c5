"""The writes of this room. One door in: :func:`admit_marks`. Nothing is changed or removed.

Crash points: each operation is one transaction; killed anywhere it leaves the whole file or nothing.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hengjian.notary.recording import day_of, notarise
from hengjian.policy.folder import PolicyFolder
from hengjian.ratings.panels.checks import Context, Tenures, judged
from hengjian.ratings.panels.errors import MarkCorrectionRefused, MarksRefused
from hengjian.ratings.panels.marks import MarkDraft, MarkRow, MarksReceipt, Reason, rater_key
from hengjian.ratings.panels.models import (
    SIGNED_GROUPS,
    Mark,
    MarkBatch,
    RefusedMark,
    RefusedMarkDecision,
)
from hengjian.ratings.panels.sheet import LAYOUT, read_marks, rows_again
from hengjian.roster.models import Tenure
from hengjian.terms.canonical import digest, digest_of

Progress = Callable[[int], None]
WRITE = 2_000


@dataclass(frozen=True)
class Office:
    """Who takes marks in, when, under which policy; ``salt`` keys the signed raters."""

    by: str
    now: datetime
    policy: PolicyFolder
    salt: bytes


def admit_marks(
    marks: Iterable[MarkDraft],
    office: Office,
    *,
    source: str,
    supersedes: str = "",
    progress: Progress | None = None,
) -> MarksReceipt:
    """Let marks in that come from a program or form, as one batch in one transaction.

    A mark that does not fit the policy in force on its day is quarantined with the reasons.
    """
    rows = [MarkRow(i, _as_raw(mark), mark) for i, mark in enumerate(marks, start=1)]
    # the order of arrival is not part of what is known: equal sets have one digest
    lines = sorted(digest_of(dict(row.raw)) for row in rows)
    return _admit(rows, office, (source, digest_of(lines)), supersedes, progress)


def import_marks(
    path: Path, office: Office, *, supersedes: str = "", progress: Progress | None = None
) -> MarksReceipt:
    """Let a spreadsheet or CSV of marks in; the receipt reports every refused cell.

    ``supersedes``: the batch that this file corrects as a whole (an anonymous mark cannot be
    corrected alone).
    Raises: MarksRefused when the file cannot be read or was taken in before.
    """
    rows = read_marks(path)
    return _admit(rows, office, (path.name, digest(path.read_bytes())), supersedes, progress)


def correct_mark(number: int, changes: Mapping[str, str], office: Office, *, reason: str) -> MarksReceipt:
    """Let one refused row in with cells changed by a named person, for a reason.

    Raises: MarkCorrectionRefused when it still does not fit; the row then goes on waiting.
    """
    _signed(office, reason)
    with transaction.atomic():
        row = _waiting([number])[0]
        changed = {key: value for key, value in changes.items() if value != row.raw.get(key)}
        strange = sorted(set(changes) - set(row.raw))
        if strange or not changed:
            what = _("本行没有列“%s”") % strange[0] if strange else _("没有改动")
            do = _("可改动的列：%s") % "、".join(row.raw)
            raise MarkCorrectionRefused(what, where=str(row), do=do, code="marks.no_change")
        receipt, still = _again([row], {row.pk: {**row.raw, **changed}}, office)
        if still or receipt is None:
            reasons = still[row.pk]
            raise MarkCorrectionRefused(
                _("更正后仍不符合：%s") % "；".join(one.what for one in reasons),
                where=str(row), do="；".join(one.do for one in reasons), code="marks.still_wrong",
            )  # fmt: skip
        _decide(row, "corrected", receipt.batch, office, reason, changed)
        return receipt


def readmit_marks(
    numbers: Iterable[int], office: Office, *, reason: str
) -> tuple[MarksReceipt | None, dict[int, tuple[Reason, ...]]]:
    """Let refused rows in again after roster or policy was mended; those that still wait, with why."""
    _signed(office, reason)
    with transaction.atomic():
        rows = _waiting(list(numbers))
        receipt, still = _again(rows, {row.pk: row.raw for row in rows}, office)
        for row in rows:
            if receipt is not None and row.pk not in still:
                _decide(row, "readmitted", receipt.batch, office, reason, {})
    return receipt, still


def dismiss_mark(number: int, office: Office, *, reason: str) -> None:
    """Decide, for a reason, that a refused row will not come in. It stays readable."""
    _signed(office, reason)
    with transaction.atomic():
        _decide(_waiting([number])[0], "dismissed", None, office, reason, {})


# -- the door ----------------------------------------------------------------------------------


def _admit(
    rows: list[MarkRow],
    office: Office,
    source: tuple[str, str],
    supersedes: str,
    progress: Progress | None,
) -> MarksReceipt:
    with transaction.atomic():
        _lock()
        _not_twice(source)
        good, bad = _sorted_out(rows, Context(office.policy, _tenures(), office.now))
        batch = _batch(source, office, len(rows), good, _superseded(supersedes))
        _write(good, batch, office, progress)
        notarise(office.now, *_quarantine(bad, batch))
    report = tuple(reason for row in bad for reason in row.reasons)
    return MarksReceipt(str(batch.pk), len(rows), len(good), len(bad), batch.marks, report)


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('hengjian.panels.admit'))")


def _not_twice(source: tuple[str, str]) -> None:
    before = MarkBatch.objects.filter(source_digest=source[1]).first()
    if before is not None:
        raise MarksRefused(
            _("这份打分已于 %(day)s 接收（%(name)s）")
            % {"day": day_of(before.at), "name": before.source_name},
            where=source[0],
            do=_("匿名打分不能重复接收；要更正，请交更正后的文件并指明被更正的批次"),
            code="marks.twice",
        )


def _superseded(number: str) -> MarkBatch | None:
    if not number:
        return None
    try:
        found = MarkBatch.objects.filter(pk=uuid.UUID(number)).select_related("successor").first()
    except ValueError:
        found = None
    if found is None or hasattr(found, "successor"):
        what = _("没有批次 %s") if found is None else _("批次 %s 已被更正过")
        raise MarksRefused(what % number, do=_("请查看打分批次清单"), code="marks.batch")
    return found


def _sorted_out(
    rows: Iterable[MarkRow], context: Context
) -> tuple[list[tuple[MarkRow, MarkDraft, int, int]], list[MarkRow]]:
    good: list[tuple[MarkRow, MarkDraft, int, int]] = []
    bad: list[MarkRow] = []
    for row in rows:
        if row.draft is None:
            bad.append(row)
            continue
        draft, reasons = judged(row.draft, context)
        if reasons:
            bad.append(replace(row, draft=None, reasons=tuple(reasons)))
            continue
        official, post, _dates = context.tenures[draft.official, draft.post]
        good.append((row, draft, official, post))
    return good, bad


def _tenures() -> Tenures:
    found: dict[tuple[str, str], tuple[int, int, tuple[tuple[date, date | None], ...]]] = {}
    rows = Tenure.objects.values_list(
        "official__code", "post__code", "official_id", "post_id", "since", "until"
    )
    for official, post, official_id, post_id, since, until in rows:
        before = found.get((official, post), (official_id, post_id, ()))
        found[official, post] = (official_id, post_id, (*before[2], (since, until)))
    return found


def _batch(
    source: tuple[str, str],
    office: Office,
    read: int,
    good: list[tuple[MarkRow, MarkDraft, int, int]],
    supersedes: MarkBatch | None,
) -> MarkBatch:
    batch = MarkBatch.objects.create(
        id=uuid.uuid4(),
        source_name=source[0][:255],
        source_digest=source[1],
        policy=office.policy.id,
        policy_digest=office.policy.digest,
        by=office.by,
        at=office.now,
        read=read,
        admitted=len(good),
        refused=read - len(good),
        marks=sum(draft.ballots for _row, draft, _o, _p in good),
        supersedes=supersedes,
    )
    notarise(office.now, batch)
    return batch


def _write(
    good: list[tuple[MarkRow, MarkDraft, int, int]],
    batch: MarkBatch,
    office: Office,
    progress: Progress | None,
) -> None:
    marks = []
    for _row, draft, official, post in good:
        key = rater_key(office.salt, draft.period, draft.rater)
        mark: dict[str, Any] = dict(  # noqa: C408
            batch=batch, official_id=official, post_id=post, period=draft.period,
            indicator=draft.indicator, group=draft.group, stratum=draft.stratum,
            instrument=draft.instrument, value=draft.value, given_on=draft.given_on,
            rater_key=key, cell=draft.cell, ties=sorted(draft.ties), digest=draft.digest(key),
        )  # fmt: skip
        marks += [Mark(**mark) for _ballot in range(draft.ballots)]
    # written in the order of digests: their numbers say nothing about the order of arrival
    marks.sort(key=lambda mark: mark.digest)
    for start in range(0, len(marks), WRITE):
        Mark.objects.bulk_create(marks[start : start + WRITE])
        if progress is not None:
            progress(min(start + WRITE, len(marks)))
    notarise(office.now, *marks)  # all at once: what is shuffled together cannot be told apart


def _quarantine(bad: list[MarkRow], batch: MarkBatch) -> list[RefusedMark]:
    return RefusedMark.objects.bulk_create(
        RefusedMark(
            batch=batch, row=row.number, raw=dict(row.raw),
            reasons=[reason.stored() for reason in row.reasons],
        )
        for row in bad
    )  # fmt: skip


def _as_raw(mark: MarkDraft) -> dict[str, str]:
    raw = {column.title: str(getattr(mark, column.key)) for column in LAYOUT.columns}
    if mark.cell:
        raw["来源单元"] = mark.cell
    if mark.group not in SIGNED_GROUPS:
        raw["署名评价人"] = ""
    return raw


# -- quarantine --------------------------------------------------------------------------------


def _signed(office: Office, reason: str) -> None:
    if not office.by.strip() or not reason.strip():
        raise MarkCorrectionRefused(
            _("处理待核打分要有处理人和理由"), do=_("请写明理由"), code="marks.unsigned"
        )


def _waiting(numbers: list[int]) -> list[RefusedMark]:
    rows = RefusedMark.objects.filter(pk__in=numbers).select_related("decision").order_by("pk")
    found = {row.pk: row for row in rows}
    for number in numbers:
        if number not in found or hasattr(found[number], "decision"):
            what = _("没有待核打分 %s") if number not in found else _("待核打分 %s 已经处理")
            raise MarkCorrectionRefused(what % number, do=_("请查看待核记录清单"), code="marks.not_waiting")
    return list(found.values())


def _again(
    rows: list[RefusedMark], raws: Mapping[int, Mapping[str, str]], office: Office
) -> tuple[MarksReceipt | None, dict[int, tuple[Reason, ...]]]:
    """Read the rows once more; a batch is made of those that fit, the others go on waiting."""
    _lock()
    again = rows_again([(row.pk, raws[row.pk]) for row in rows])
    good, bad = _sorted_out(again, Context(office.policy, _tenures(), office.now))
    still = {row.number: row.reasons for row in bad}
    if not good:
        return None, still
    numbers = sorted(row.number for row, _d, _o, _p in good)
    name = _("待核打分 %s 行") % len(good)
    source = (name, digest_of(["quarantine", numbers, office.now.isoformat()]))
    batch = _batch(source, office, len(good), good, None)
    _write(good, batch, office, None)
    return MarksReceipt(str(batch.pk), len(good), len(good), 0, batch.marks), still


def _decide(
    row: RefusedMark,
    outcome: str,
    batch: str | None,
    office: Office,
    reason: str,
    changes: Mapping[str, str],
) -> None:
    decision = RefusedMarkDecision.objects.create(
        refused_mark=row, outcome=outcome, batch_id=batch, by=office.by, at=office.now,
        reason=reason, changes=changes,
    )  # fmt: skip
    notarise(office.now, decision)
