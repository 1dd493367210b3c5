"""What a night does for this room; each part looks at the state of things and can be done again.

Crash points: each part is one transaction, and finds the next night what it left.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from hengjian.notary.recording import day_of, notarise
from hengjian.ratings.ballots import queries as ballots
from hengjian.ratings.ballots.models import Ballot
from hengjian.ratings.ballots.releases import valid
from hengjian.ratings.ballots.rules import Rules
from hengjian.ratings.followups.clocks import Clocks, decide_by
from hengjian.ratings.followups.collecting import swept, take_contacts
from hengjian.ratings.followups.flags import Limits, Mark, unusual
from hengjian.ratings.followups.models import (
    Case,
    Contest,
    Flag,
    Kind,
    Left,
    Notice,
    Reminder,
    Report,
    ReportState,
    ReportVerb,
    Sealed,
    State,
    Step,
    Verb,
)
from hengjian.ratings.followups.operations import reports
from hengjian.ratings.followups.operations.cases import last, written
from hengjian.ratings.followups.operations.sealed import erase
from hengjian.ratings.followups.standing import standing_cases
from hengjian.ratings.followups.transitions import CASE
from hengjian.ratings.followups.turns import in_turn
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.period import Period

DATED = "节假日安排已公布，确定办理期限"
PERIOD_TAIL = timedelta(days=62)  # how long after a half-year its ballots can still come, generously


@dataclass(frozen=True)
class Done:
    """How much a night did."""

    opened: int = 0
    themes: int = 0
    taken_up: int = 0
    reminded: int = 0
    escalated: int = 0
    erased: int = 0
    flagged: int = 0


def nightly(now: datetime, rules: Rules, clocks: Clocks, limits: Limits) -> Done:
    """After the night has put the day's ballots into the box: take in, open, remind, escalate, erase, flag.

    Clause: NORMS L7
    """
    on = day_of(now)
    take_contacts(on)
    opened, themes = open_cases(on, rules, clocks), open_themes(on, rules, clocks)
    taken_up = reports.take_up()
    fix_dates(now, clocks)
    reminded, escalated = remind(now, clocks)
    erased = erase_old(now, clocks)
    swept()
    return Done(opened, themes, taken_up, reminded, escalated, erased, flag(on, limits))


def open_cases(on: date, rules: Rules, clocks: Clocks) -> int:
    """A case for each low ballot of the days before; once for a ballot in all its versions.

    Clause: NORMS L7
    """
    low = valid(on).filter(mark__lte=rules.low_mark)
    firsts = Ballot.objects.filter(
        Exists(low.filter(receipt=OuterRef("receipt"), key=OuterRef("key"))),
        ~Exists(Case.objects.filter(ballot=OuterRef("pk"))),
        supersedes=None,
    )
    with transaction.atomic():
        in_turn("cases")
        rows = list(firsts.order_by("id").select_related("key"))
        cases = [
            Case(
                kind=Kind.LOW_MARK, ballot=row, official=row.key.official, post=row.key.post,
                period=row.key.period, on=on,
            )
            for row in rows
        ]  # fmt: skip
        _open(
            cases,
            [clocks.after("answer_days", row.on) for row in rows],
            on,
            "评分不高于低分线，自动建立回访单",
        )
    return len(cases)


def open_themes(on: date, rules: Rules, clocks: Clocks) -> int:
    """A case for each tag of criticism that enough low marks of a post share.

    Clause: NORMS L7
    """
    with transaction.atomic():
        in_turn("cases")
        cases = []
        for period in _periods(on):
            known = set(
                Case.objects.filter(kind=Kind.THEME, period=period).values_list("official", "post", "tag")
            )
            cases += [
                Case(kind=Kind.THEME, official=p.official, post=p.post, period=period, tag=p.tag, on=on)
                for p in ballots.problems(Period(period), on - timedelta(days=1), rules)
                if (p.official, p.post, p.tag) not in known
            ]
        due = clocks.after("answer_days", on)
        _open(cases, [due] * len(cases), on, "同一标签的低分达到规定人次，自动列入问题清单")
    return len(cases)


def _open(cases: list[Case], dues: list[date | None], on: date, reason: str) -> None:
    """With a day and no hour, and in no order."""
    midnight = datetime(on.year, on.month, on.day, tzinfo=SHANGHAI)
    Case.objects.bulk_create(cases)
    notarise(on, *cases)
    steps = [
        Step(case=case, number=1, verb=Verb.OPEN, state=State.OPEN, reason=reason, at=midnight, due_on=due)
        for case, due in zip(cases, dues, strict=True)
    ]
    Step.objects.bulk_create(steps)
    notarise(on, *steps)


def _periods(on: date) -> list[str]:
    """The half-years whose ballots still come in or are still worked at."""
    rows = Ballot.objects.filter(on__gte=on - PERIOD_TAIL).values_list("key__period", flat=True)
    return sorted(set(rows.order_by().distinct()))


def fix_dates(now: datetime, clocks: Clocks) -> int:
    """Deadlines that could not be told when they began, because a year's holidays were not known.

    Clause: NORMS X51
    """
    return _cases_dated(now, clocks) + _reports_dated(now, clocks)


def _cases_dated(now: datetime, clocks: Clocks) -> int:
    fixed = 0
    for row in standing_cases(Case.objects.all()).filter(due_on=None).exclude(state=State.CLOSED):
        with transaction.atomic():
            case = Case.objects.select_for_update().get(pk=row.case_id)
            began = case.on if case.ballot is None else case.ballot.on
            due = clocks.after("answer_days", began)
            if due is not None and last(case).due_on is None:
                written(case, Verb.DATE, DATED, now, due_on=due)
                fixed += 1
    return fixed


def _reports_dated(now: datetime, clocks: Clocks) -> int:
    fixed = 0
    for number in Report.objects.exclude(steps__state=ReportState.CLOSED).values_list("pk", flat=True):
        with transaction.atomic():
            report = reports.locked(str(number))
            if reports.stands(report).due_on is None and (due := reports.due_anew(report, clocks)):
                reports.noted(report, ReportVerb.DATE, DATED, now, due)
                fixed += 1
    return fixed


def remind(now: datetime, clocks: Clocks) -> tuple[int, int]:
    """Remind before a deadline, once; after it remind again, and take a case up to those above.

    Clause: NORMS L7
    """
    on, made, escalated = day_of(now), 0, 0
    near = clocks.after("remind_days", on) or on + timedelta(days=clocks.days["remind_days"])
    for about, due, case in _deadlines(near, clocks):
        notice = Notice.PAST if due < on else Notice.NEAR
        with transaction.atomic():
            row, new = Reminder.objects.get_or_create(
                about=about, notice=notice, due_on=due, defaults={"on": on}
            )
            if new:
                notarise(on, row)
                made += 1
            if case is not None and notice == Notice.PAST and new:
                escalated += _escalated(case, now)
    return made, escalated


def _deadlines(until: date, clocks: Clocks) -> list[tuple[uuid.UUID, date, Case | None]]:
    """All that is due up to a day: cases, reports and contests that are not done."""
    cases = standing_cases(Case.objects.all()).filter(due_on__lte=until).exclude(state=State.CLOSED)
    found: list[tuple[uuid.UUID, date, Case | None]] = [
        (step.case_id, step.due_on, step.case) for step in cases.select_related("case") if step.due_on
    ]
    for report in Report.objects.prefetch_related("steps"):
        stands = reports.stands(report)
        if stands.state != ReportState.CLOSED and stands.due_on and stands.due_on <= until:
            found.append((report.pk, stands.due_on, None))
    for contest in Contest.objects.filter(ruling__isnull=True):
        due = decide_by(contest, clocks)
        if due is not None and due <= until:
            found.append((contest.pk, due, None))
    return found


def _escalated(case: Case, now: datetime) -> int:
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if State(last(locked).state) not in CASE[Verb.ESCALATE][0]:
        return 0
    written(locked, Verb.ESCALATE, "超过办理期限，自动升级督办", now)
    return 1


def erase_old(now: datetime, clocks: Clocks) -> int:
    """Destroy contacts and reports whose time has ended.

    Clause: NORMS L8
    """
    on = day_of(now)
    before = on - timedelta(days=clocks.days["contact_keep_days"])
    done = 0
    for row in Sealed.objects.filter(left=Left.CONTACT, erased_on=None, on__lte=before):
        done += _erased_contact(row, before, now)
    before = on - timedelta(days=clocks.days["report_keep_days"])
    for report in Report.objects.filter(sealed__erased_on=None, on__lte=before).select_related("sealed"):
        final = report.steps.order_by("-number").first()
        if final and final.state == ReportState.CLOSED and day_of(final.at) <= before:
            with transaction.atomic():
                erase(report.sealed, on)
                reports.noted(report, ReportVerb.ERASE, "保存期满，销毁举报原文和联系方式", now)
            done += 1
    return done


def _erased_contact(row: Sealed, before: date, now: datetime) -> int:
    """Of a case that was closed long enough ago, or of a ballot that became none."""
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(ballot__pk__in=[row.ballot]).first()
        final = last(case) if case else None
        if final is not None and (final.state != State.CLOSED or day_of(final.at) > before):
            return 0
        erase(row, day_of(now))
        if case is not None:
            written(case, Verb.ERASE, "保存期满，销毁联系方式", now)
    return 1


def flag(on: date, limits: Limits, back: int = 7) -> int:
    """Look for what is unusual in the last days, post by post; what was flagged is not flagged again.

    Clause: NORMS L10
    """
    days = [on - timedelta(days=n) for n in range(1, back + 1)]
    busy = valid(on).filter(on__gte=days[-1]).order_by().values_list("key", flat=True).distinct()
    made = 0
    for key in busy.iterator():
        made += _flag_one(str(key), on, days, limits)
    return made


def _flag_one(key: str, on: date, days: Iterable[date], limits: Limits) -> int:
    rows = list(valid(on).filter(key=key).select_related("key"))
    if not rows:
        return 0
    marks = [Mark(row.pk, row.mark, tuple(row.tags), row.comment, row.on) for row in rows]
    of = rows[0].key
    seat = {"period": of.period, "official": of.official, "post": of.post}
    with transaction.atomic():
        in_turn("flags")
        known: dict[str, set[str]] = defaultdict(set)
        for kind, name in Flag.objects.filter(**seat).values_list("kind", "key"):
            known[kind].add(name)
        made = [
            Flag(
                **seat, kind=found.kind, key=found.key, ballots=list(found.ballots), figures=found.figures,
                on=on,
            )
            for found in unusual(marks, days, limits)
            if found.key not in known[found.kind]
        ]  # fmt: skip
        Flag.objects.bulk_create(made)
        notarise(on, *made)
    return len(made)
