"""Cases and the problem list, for follow-up staff; comments are redacted, no person is named."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import CharField, Count, Min, Q, QuerySet
from django.db.models.functions import Cast

from hengjian.access.models import User
from hengjian.access.permissions import can_follow_up, check_can_contest_marks, check_can_follow_up
from hengjian.access.queries import own_official_ids, roles_in_force
from hengjian.access.roles import Role
from hengjian.ratings.ballots.models import Ballot, Reply, Side
from hengjian.ratings.ballots.redaction import redacted
from hengjian.ratings.ballots.releases import valid
from hengjian.ratings.ballots.rules import Rules
from hengjian.ratings.followups.checks import check_not_of, posts_for, unit_names, unit_of
from hengjian.ratings.followups.clocks import Clocks
from hengjian.ratings.followups.models import Case, Kind, Left, Reminder, Sealed, State, Step, Verb
from hengjian.ratings.followups.standing import standing_cases
from hengjian.ratings.followups.told import themes_told, told_on
from hengjian.ratings.followups.transitions import CASE
from hengjian.roster.models import Official

RED, AMBER, GREEN, NONE = "bad", "warn", "good", ""


@dataclass(frozen=True)
class Row:
    """A case in a list. ``tone``: overdue, near, in time, or done."""

    id: str
    kind: str
    post: str
    title: str
    unit: str
    period: str
    tag: str
    state: str
    handler: str
    on: date
    due_on: date | None
    tone: str
    named: bool


@dataclass(frozen=True)
class Said:
    """What the rater said, as the staff see it."""

    mark: int
    tags: tuple[str, ...]
    comment: str
    on: date
    amended: bool
    replies: tuple[tuple[str, date, str], ...]


@dataclass(frozen=True)
class OwnTheme:
    """A problem as the rated side sees it: never a mark, a number, or a day but that of the telling."""

    id: str
    tag: str
    period: str
    told_on: date
    due_on: date | None
    done: bool
    asks: bool


@dataclass(frozen=True)
class View:
    """A case's page."""

    row: Row
    case: Case
    said: Said | None
    steps: tuple[Step, ...]
    verbs: tuple[Verb, ...]
    own: bool
    answered_by: str
    erased: bool
    told: bool


def rows(viewer: User, on: date, clocks: Clocks, **wanted: str) -> list[Row]:
    """The cases that this person may handle, the most urgent first; by state, kind and post.

    Clause: NORMS L7
    Raises: NotPermitted.
    """
    check_can_follow_up(viewer, on)
    cases = _cases(viewer, on)
    if wanted.get("kind"):
        cases = cases.filter(kind=wanted["kind"])
    if wanted.get("post"):
        cases = cases.filter(post=wanted["post"])
    steps = standing_cases(cases).select_related("case")
    state = wanted.get("state", "")
    steps = steps.filter(state=state) if state else steps.exclude(state=State.CLOSED)
    made = _rows(list(steps), on, clocks)
    return sorted(made, key=lambda row: (row.due_on or date.max, row.post, row.id))


def numbered(viewer: User, on: date, clocks: Clocks, beginning: str) -> list[Row]:
    """The cases that this person may handle whose number begins so, closed ones too.

    Clause: NORMS L7
    Raises: NotPermitted.
    """
    check_can_follow_up(viewer, on)
    mine = _cases(viewer, on).annotate(text=Cast("pk", CharField())).filter(text__startswith=beginning)
    return _rows(list(standing_cases(mine).select_related("case")), on, clocks)


def view(viewer: User, case: str, on: date, clocks: Clocks) -> View | None:
    """One case, None when there is none of this number.

    Clause: NORMS L7
    Raises: NotPermitted for whoever is of the rated unit.
    """
    check_can_follow_up(viewer, on)
    held = _found(case)
    if held is None:
        return None
    check_not_of(viewer, held.post, on, check_can_follow_up)
    steps = tuple(held.steps.order_by("number"))
    (row,) = _rows([steps[-1]], on, clocks)
    answers = [step.by for step in steps if step.verb == Verb.ANSWER]
    sealed = Sealed.objects.filter(left=Left.CONTACT, ballot=held.ballot_id).exclude(erased_on=None)
    return View(
        row=row, case=held, said=_said(held), steps=steps,
        verbs=tuple(verb for verb, (sources, _to) in CASE.items() if State(row.state) in sources),
        own=row.handler == viewer.get_username(), answered_by=answers[-1] if answers else "",
        erased=held.ballot_id is not None and sealed.exists(), told=bool(themes_told([held], on, clocks)),
    )  # fmt: skip


def handlers(case: Case, on: date) -> list[User]:
    """The accounts to which a case can be given.

    Clause: NORMS L7
    """
    unit = unit_of(case.post)
    users = User.objects.filter(is_active=True, grants__role=Role.FOLLOWUP).distinct().order_by("username")
    return [user for user in users if can_follow_up(user, on, unit) and _not_of(user, case.post, on)]


def own_themes(viewer: User, on: date, clocks: Clocks) -> list[OwnTheme]:
    """The themes that the official was told of. The term runs from the telling: the case's own would give
    away the day on which the third mark came.

    Clause: NORMS L5, SPEC D1
    Raises: NotPermitted.
    """
    check_can_contest_marks(viewer, on)
    themes = Case.objects.filter(kind=Kind.THEME, official__in=own_official_ids(viewer, on))
    steps = standing_cases(themes).select_related("case").order_by("case__period", "case__tag")
    told = [(step, told_on(step.case, on, clocks)) for step in steps]
    return [
        OwnTheme(
            str(step.case_id), step.case.tag, step.case.period, day, clocks.after("answer_days", day),
            step.state == State.CLOSED, State(step.state) in CASE[Verb.ANSWER][0],
        )
        for step, day in told
        if day is not None
    ]  # fmt: skip


def reminders(viewer: User, on: date) -> list[Reminder]:
    """The newest reminders about the cases that this person may handle.

    Clause: NORMS L7
    """
    check_can_follow_up(viewer, on)
    cases = _cases(viewer, on).values("pk")
    return list(Reminder.objects.filter(about__in=cases).order_by("-on", "due_on", "id")[:200])


@dataclass(frozen=True)
class Waiting:
    """How many cases are open and how many of them overdue; the first deadline of all."""

    open: int
    late: int
    due_on: date | None


def waiting(viewer: User, on: date) -> Waiting:
    """What waits for this person, in one query.

    Clause: NORMS L7
    """
    steps = standing_cases(_cases(viewer, on)).exclude(state=State.CLOSED)
    return Waiting(
        **steps.aggregate(open=Count("pk"), late=Count("pk", filter=Q(due_on__lt=on)), due_on=Min("due_on"))
    )


def _cases(viewer: User, on: date) -> QuerySet[Case]:
    if Role.FOLLOWUP in roles_in_force(viewer, on):
        return Case.objects.filter(post__in=posts_for(viewer, on, Role.FOLLOWUP).values("code"))
    return Case.objects.none()


def _rows(steps: Iterable[Step], on: date, clocks: Clocks) -> list[Row]:
    steps = list(steps)
    names = unit_names({step.case.post for step in steps})
    near = clocks.after("remind_days", on)
    named = set(
        Sealed.objects.filter(
            left=Left.CONTACT,
            erased_on=None,
            ballot__in=[s.case.ballot_id for s in steps if s.case.ballot_id],
        ).values_list("ballot", flat=True)
    )
    return [
        Row(
            str(step.case_id), step.case.kind, step.case.post, *names.get(step.case.post, ("", "")),
            step.case.period, step.case.tag, step.state, step.handler, step.case.on, step.due_on,
            tone(step.state, step.due_on, on, near), step.case.ballot_id in named,
        )
        for step in steps
    ]  # fmt: skip


def tone(state: str, due_on: date | None, on: date, near: date | None) -> str:
    """Red when overdue, amber when near, green in time, nothing when done or not fixed.

    Clause: NORMS L7
    """
    if state == State.CLOSED or due_on is None:
        return NONE
    if due_on < on:
        return RED
    return AMBER if near is not None and due_on <= near else GREEN


def _said(case: Case) -> Said | None:
    first = case.ballot
    if first is None:
        return None
    versions = Ballot.objects.filter(receipt=first.receipt, key=first.key_id)
    replaced = set(versions.values_list("supersedes", flat=True))
    newest = next(one for one in versions if one.pk not in replaced)
    replies = Reply.objects.filter(ballot=first).order_by("number").values_list("side", "on", "text")
    names = list(Official.objects.values_list("name", flat=True))
    return Said(
        newest.mark, tuple(newest.tags), redacted(newest.comment, names), first.on,
        newest.pk != first.pk,
        tuple((who, day, redacted(text, names) if who == Side.RATER else text) for who, day, text in replies),
    )  # fmt: skip


def low_ballots(seat: tuple[str, str, str], before: date, rules: Rules) -> list[Ballot]:
    """The low ballots of a period, official and post that counted before a day, for reviewers.

    Clause: NORMS L10
    """
    period, official, post = seat
    return list(
        valid(before)
        .filter(key__period=period, key__official=official, key__post=post, mark__lte=rules.low_mark)
        .order_by("on", "id")
    )


def _found(case: str) -> Case | None:
    try:
        return Case.objects.filter(pk=uuid.UUID(case)).select_related("ballot").first()
    except ValueError:
        return None


def _not_of(user: User, post: str, on: date) -> bool:
    return posts_for(user, on, Role.FOLLOWUP).filter(code=post).exists()
