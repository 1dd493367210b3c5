"""What the commands of a cycle have in common: its argument, the reason, who signs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from hengjian.cli.session import now

if TYPE_CHECKING:
    from hengjian.cycles.transitions import Audit

cycle_argument = click.argument("cycle_id", metavar="周期")


def reason_option(*, required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option("--reason", default="", required=required, help="理由 Why.")


def audit(by: str, reason: str = "") -> "Audit":
    from hengjian.cycles.transitions import Audit

    return Audit(by=by, at=now(), reason=reason)


def salt() -> bytes:
    """With it favours among panel members who sign can be looked for."""
    from django.conf import settings

    from hengjian.ratings.panels.marks import rater_salt

    return rater_salt(settings.SECRET_KEY)
