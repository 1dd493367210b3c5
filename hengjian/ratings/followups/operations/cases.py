"""A case's steps: assigned, called back, answered, returned, closed. Whoever answered does not close."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.access.models import User
from hengjian.access.permissions import check_can_contest_marks, check_can_follow_up
from hengjian.access.queries import own_official_ids
from hengjian.notary.recording import day_of, notarise
from hengjian.ratings.ballots import operations as ballots
from hengjian.ratings.ballots.models import LONGEST_COMMENT
from hengjian.ratings.followups.checks import check_not_of
from hengjian.ratings.followups.clocks import Clocks
from hengjian.ratings.followups.errors import FollowupRefused
from hengjian.ratings.followups.models import Case, Step, Verb
from hengjian.ratings.followups.told import themes_told
from hengjian.ratings.followups.transitions import after
from hengjian.terms.errors import NotPermitted


@dataclass(frozen=True)
class Act:
    """Who does something, why, and when."""

    by: User
    reason: str
    now: datetime


def assign(case: str, handler: User, act: Act) -> None:
    """Give a case to somebody, who too is not of the rated unit.

    Clause: NORMS L7
    Raises: NotPermitted; FollowupRefused when the state does not allow it.
    """
    with transaction.atomic():
        held = _held(case, act)
        check_not_of(handler, held.post, day_of(act.now), check_can_follow_up)
        _step(held, Verb.ASSIGN, act, handler=handler.get_username())


def call(case: str, act: Act) -> None:
    """Write down what a call-back gave; by the handler.

    Clause: NORMS L7
    """
    with transaction.atomic():
        held = _held(case, act)
        _check_handler(held, act.by)
        _step(held, Verb.CALL, act)


def answer(case: str, act: Act) -> None:
    """Say what was done; of a low mark the rater reads it by receipt.

    Clause: NORMS L7
    Raises: NotPermitted unless by the handler; FollowupRefused when the state does not allow it.
    """
    with transaction.atomic():
        held = _held(case, act)
        _check_handler(held, act.by)
        _step(held, Verb.ANSWER, act)
        if held.ballot_id is not None:
            ballots.reply(str(held.ballot_id), act.reason, act.by.get_username(), day_of(act.now))


def put_right(case: str, act: Act, clocks: Clocks) -> None:
    """The official says what was done about a theme that he was told of.

    Clause: SPEC D1
    Raises: NotPermitted for a theme of somebody else, or one that was not told yet.
    """
    on = day_of(act.now)
    check_can_contest_marks(act.by, on)
    with transaction.atomic():
        held = _locked(case)
        if held.official not in own_official_ids(act.by, on) or not themes_told([held], on, clocks):
            raise NotPermitted(
                _("您没有权限：填写该项整改"), do=_("请从本人的整改清单进入"), code="followups.not_told"
            )
        _step(held, Verb.ANSWER, act)


def give_back(case: str, act: Act) -> None:
    """What was done is not enough: by somebody else than who answered.

    Clause: NORMS L7
    """
    _judged(case, Verb.RETURN, act)


def close(case: str, act: Act) -> None:
    """It is done: by somebody else than who answered.

    Clause: NORMS L7
    """
    _judged(case, Verb.CLOSE, act)


def reopen(case: str, act: Act) -> None:
    """Take a closed case up again, because the rater answers that nothing changed.

    Clause: NORMS L7
    """
    with transaction.atomic():
        _step(_held(case, act), Verb.REOPEN, act)


def escalate(case: str, act: Act) -> None:
    """Take a case up to those above, before its deadline passes by itself.

    Clause: NORMS L7
    """
    with transaction.atomic():
        _step(_held(case, act), Verb.ESCALATE, act)


def _judged(case: str, verb: Verb, act: Act) -> None:
    with transaction.atomic():
        held = _held(case, act)
        answered = held.steps.filter(verb=Verb.ANSWER).order_by("-number").first()
        if answered is not None and answered.by == act.by.get_username():
            raise NotPermitted(
                _("答复人不能审核自己的答复"), do=_("请由另一名专员审核"), code="followups.own_answer"
            )
        _step(held, verb, act)


def _held(case: str, act: Act) -> Case:
    """The case, locked, of a unit that this person may handle."""
    held = _locked(case)
    check_not_of(act.by, held.post, day_of(act.now), check_can_follow_up)
    return held


def _locked(case: str) -> Case:
    try:
        found = Case.objects.select_for_update().filter(pk=uuid.UUID(case)).first()
    except ValueError:
        found = None
    if found is None:
        raise FollowupRefused(_("没有这张回访单"), do=_("请从清单进入"), code="followups.unknown")
    return found


def _check_handler(case: Case, user: User) -> None:
    if last(case).handler != user.get_username():
        raise NotPermitted(
            _("不是本单的承办人"), do=_("请先分派给自己，或由承办人办理"), code="followups.not_handler"
        )


def last(case: Case) -> Step:
    """The step that says how a case stands."""
    return case.steps.order_by("-number")[0]


def _step(case: Case, verb: Verb, act: Act, handler: str | None = None) -> Step:
    return written(case, verb, text_of(act.reason), act.now, by=act.by.get_username(), handler=handler)


def written(
    case: Case, verb: Verb, reason: str, now: datetime, *, by: str = "", handler: str | None = None,
    due_on: date | None = None,
) -> Step:  # fmt: skip
    """Write a step after the last one, in the caller's transaction; without an author it is the system's."""
    before = last(case)
    made = Step.objects.create(
        case=case, number=before.number + 1, verb=verb, state=after(verb, before.state), by=by,
        handler=before.handler if handler is None else handler, reason=reason, at=now,
        due_on=due_on or before.due_on,
    )  # fmt: skip
    notarise(now, made)
    return made


def text_of(given: str) -> str:
    """A reason that says something and can be shown.

    Raises: FollowupRefused.
    """
    text = given.strip()
    if not text or len(text) > LONGEST_COMMENT or "\0" in text:
        raise FollowupRefused(
            _("说明为空或超过 %s 字") % LONGEST_COMMENT, where="reason", do=_("请写明情况和依据"),
            code="followups.reason",
        )  # fmt: skip
    return text
