"""What this person may do today, asked once a request: pages show no button that would be refused.

Views check again before every deed; this only decides what is offered.
"""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.utils import timezone

from hengjian.access import keeping, permissions
from hengjian.access.queries import Person, own_official_ids


def today() -> date:
    """The day in Shanghai: the clock is read in the faces only."""
    return timezone.localdate()


@dataclass(frozen=True)
class Rights:
    """The answers for one person on one day."""

    results: bool  # of some organisation at least
    whole: bool  # everybody's
    manage: bool
    review: bool
    publish: bool
    quarantine: bool
    correct: bool
    dismiss: bool
    check: bool
    policies: bool
    trail: bool
    log: bool
    tallies: bool
    panels: bool
    manage_panels: bool
    sign_panels: bool
    followups: bool
    decide: bool
    reports: bool
    accounts: bool
    manage_accounts: bool
    manage_access: bool
    sign_ins: bool
    retention: bool
    leaks: bool
    own: tuple[str, ...]

    def may(self, verb: str) -> bool:
        """Whether this person may take the step ``verb`` of a cycle."""
        return {"review": self.review, "publish": self.publish}.get(verb, self.manage)


def rights(request: HttpRequest) -> Rights:
    """The answers for whoever asks."""
    known = getattr(request, "_hengjian_rights", None)
    if known is None:
        known = _ask(request.user, today())
        request._hengjian_rights = known  # type: ignore[attr-defined]
    return known


def _ask(user: Person, on: date) -> Rights:
    return Rights(
        results=bool(permissions.scopes(user, on, "read_results")),
        whole=permissions.can_read_results(user, on),
        manage=permissions.can_manage_cycles(user, on),
        review=permissions.can_review(user, on),
        publish=permissions.can_publish(user, on),
        quarantine=bool(permissions.scopes(user, on, "read_quarantine")),
        correct=bool(permissions.scopes(user, on, "correct_quarantine")),
        dismiss=bool(permissions.scopes(user, on, "dismiss_quarantine")),
        check=bool(permissions.scopes(user, on, "check_quarantine")),
        policies=permissions.can_read_policies(user, on),
        trail=permissions.can_read_trail(user, on),
        log=permissions.can_read_log(user, on),
        tallies=permissions.can_read_tallies(user, on),
        panels=permissions.can_read_panels(user, on),
        manage_panels=permissions.can_manage_panels(user, on),
        sign_panels=permissions.can_sign_panels(user, on),
        followups=permissions.can_follow_up(user, on),
        decide=permissions.can_decide_marks(user, on),
        reports=permissions.can_handle_reports(user, on) or permissions.can_suspend(user, on),
        accounts=permissions.can_read_accounts(user, on),
        manage_accounts=permissions.can_manage_accounts(user, on),
        manage_access=permissions.can_manage_access(user, on),
        sign_ins=permissions.can_read_sign_ins(user, on),
        retention=keeping.can_read_retention(user, on),
        leaks=keeping.can_read_leaks(user, on),
        own=tuple(own_official_ids(user, on)),
    )


CHECKS = {"review": permissions.check_can_review, "publish": permissions.check_can_publish}


def check_may(user: Person, verb: str) -> None:
    """Refuse whoever may not take the step ``verb`` of a cycle."""
    CHECKS.get(verb, permissions.check_can_manage_cycles)(user, today())
