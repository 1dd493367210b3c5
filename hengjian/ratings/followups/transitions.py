"""Which step leads from which state to which; what is not in these tables is refused."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from hengjian.ratings.followups.errors import FollowupRefused
from hengjian.ratings.followups.models import Left, ReportState, ReportVerb, State, Verb

WORKED = frozenset({State.ASSIGNED, State.ESCALATED, State.RETURNED})
LIVE = frozenset(State) - {State.CLOSED}
# None: the state stays
CASE: Mapping[Verb, tuple[frozenset[State], State | None]] = {
    Verb.ASSIGN: (WORKED | {State.OPEN}, State.ASSIGNED),
    Verb.CALL: (WORKED | {State.ANSWERED}, None),
    Verb.ANSWER: (WORKED, State.ANSWERED),
    Verb.RETURN: (frozenset({State.ANSWERED}), State.RETURNED),
    Verb.CLOSE: (frozenset({State.ANSWERED}), State.CLOSED),
    Verb.REOPEN: (frozenset({State.CLOSED}), State.RETURNED),
    Verb.ESCALATE: (LIVE - {State.ESCALATED, State.ANSWERED}, State.ESCALATED),
    Verb.DATE: (LIVE, None),
    Verb.ERASE: (frozenset({State.CLOSED}), None),
}

_S, _V = ReportState, ReportVerb
_LIVE = frozenset(_S) - {_S.CLOSED}
_HEARD = frozenset({_S.SUSPENDED, _S.KEPT})
_COMMON: dict[ReportVerb, tuple[frozenset[ReportState], ReportState | None]] = {
    _V.NOTE: (_LIVE, None),
    _V.DATE: (_LIVE, None),
    _V.ERASE: (frozenset({_S.CLOSED}), None),
    _V.CLEAR: (frozenset({_S.UNFOUNDED}), _S.CLEARED),
}
REPORT: Mapping[str, Mapping[ReportVerb, tuple[frozenset[ReportState], ReportState | None]]] = {
    # signal, protection, preliminary check, filing, suspension, result (NORMS X47)
    Left.RETALIATION: _COMMON | {
        _V.PROTECT: (_LIVE - {_S.CLEARED}, _S.PROTECTED),
        _V.CHECK: (frozenset({_S.PROTECTED}), _S.CHECKING),
        _V.FILE: (frozenset({_S.CHECKING}), _S.FILED),
        _V.SUSPEND: (frozenset({_S.FILED, _S.KEPT}), _S.SUSPENDED),
        _V.KEEP: (frozenset({_S.FILED}), _S.KEPT),
        _V.FIND: (_HEARD, _S.FOUND),
        _V.DISMISS: (_HEARD | {_S.CHECKING}, _S.UNFOUNDED),
        _V.CLOSE: (frozenset({_S.FOUND, _S.CLEARED, _S.UNFOUNDED}), _S.CLOSED),
    },
    Left.INDUCEMENT: _COMMON | {
        _V.PROTECT: (_LIVE - {_S.CLEARED}, _S.PROTECTED),
        _V.CHECK: (frozenset({_S.OPEN, _S.PROTECTED}), _S.CHECKING),
        _V.FIND: (frozenset({_S.CHECKING}), _S.FOUND),
        _V.DISMISS: (frozenset({_S.CHECKING}), _S.UNFOUNDED),
        _V.CLOSE: (frozenset({_S.FOUND, _S.CLEARED, _S.UNFOUNDED}), _S.CLOSED),
    },
}  # fmt: skip


def after(verb: Verb, state: str) -> State:
    """The state of a case after a step.

    Clause: NORMS L7
    Raises: FollowupRefused when the state does not allow the step.
    """
    sources, target = CASE[verb]
    if State(state) not in sources:
        raise _refused(str(verb.label), str(State(state).label))
    return target or State(state)


def report_after(kind: str, verb: ReportVerb, state: str) -> ReportState:
    """The state of a report after a step. Protecting later than at first changes nothing else.

    Clause: SPEC B4, NORMS X47
    Raises: FollowupRefused when the state does not allow the step.
    """
    now = ReportState(state)
    sources, target = REPORT[kind].get(verb, (frozenset(), None))
    if now not in sources:
        raise _refused(str(verb.label), str(now.label))
    if verb is ReportVerb.PROTECT and now is not ReportState.OPEN:
        return now
    return target or now


def _refused(verb: str, state: str) -> FollowupRefused:
    return FollowupRefused(
        _("“%(state)s”时不能%(verb)s") % {"state": state, "verb": verb}, do=_("请按办理顺序进行"),
        code="followups.state",
    )  # fmt: skip
