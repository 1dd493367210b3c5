"""The database role of the issuing process: this room's tables and nothing else.

``hengjian_issuer`` reads what a link opens and writes that it was opened and that a token was issued. It
has no privilege on any table of another room, above all not on ballots: a taken-over issuing page that
is logged in as this role cannot read what was said. Like all roles it belongs to the server, not to the
database: made once, never dropped.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hengjian.database import roles
from hengjian.terms.errors import Refused

ISSUER = "hengjian_issuer"
READS = (
    "invitations_attempt",
    "invitations_invitation",
    "invitations_serviceevent",
    "invitations_issuerkey",
    "invitations_issuersecret",
    "invitations_opening",
    "invitations_issue",
    "invitations_optout",
)
WRITES = ("invitations_opening", "invitations_issue", "invitations_optout")

GRANTS = (
    f"GRANT USAGE ON SCHEMA public TO {ISSUER}; GRANT SELECT ON {', '.join(READS)} TO {ISSUER}; "
    f"GRANT SELECT (invitation_id, address_key) ON invitations_contact TO {ISSUER}; "
    f"GRANT INSERT ON {', '.join(WRITES)} TO {ISSUER};"
)
NO_GRANTS = (
    f"REVOKE ALL ON {', '.join(READS)}, invitations_contact FROM {ISSUER}; "
    f"REVOKE USAGE ON SCHEMA public FROM {ISSUER};"
)


@contextmanager
def issuing() -> Iterator[None]:
    """A transaction under the issuer's role; for a process that is not logged in as it already.

    Raises: Refused when the server lacks the role, or the program may not step into it.
    """
    with transaction.atomic():
        before = _set_role(ISSUER)
        yield
        _set_role(before)


def _set_role(role: str) -> str:
    """Take a role for the rest of the transaction; gives the one before."""
    with connection.cursor() as cursor, roles.or_refused(lambda: _lacking(connection)):
        return roles.step_into(cursor, role)


def make_role(link: Any) -> None:
    """Make the role when the server lacks it, and let the program step into it.

    Raises: Refused with the SQL for the administrator, when the program's own role may not.
    """
    with roles.or_refused(lambda: _lacking(link)):
        roles.make_roles(link, ISSUER)


def _lacking(link: Any) -> Refused:
    user = str(link.settings_dict.get("USER") or "hengjian")
    return Refused(
        _("数据库缺少签发角色，或程序的账号不能切换到它"),
        where=ISSUER,
        do=_("请数据库管理员执行（已有的略去）：{sql} 然后运行 hengjian migrate").format(
            sql=roles.statements(user, ISSUER)
        ),
        code="invitations.role",
    )
