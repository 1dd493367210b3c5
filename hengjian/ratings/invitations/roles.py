"""The database role of the issuing process: this room's tables and nothing else.

``hengjian_issuer`` reads what a link opens and writes that it was opened and that a token was issued. It
has no privilege on any table of another room, above all not on ballots: a taken-over issuing page that
is logged in as this role cannot read what was said. Like all roles it belongs to the server, not to the
database: made once, never dropped.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

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
KNOWS_SET = 160_000  # from PostgreSQL 16 the right to SET ROLE stands apart from membership
MAY_NOT, NO_SUCH_ROLE = "42501", "22023"

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
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('role')")
        before = str(cursor.fetchone()[0])
        try:
            cursor.execute("SELECT set_config('role', %s, true)", [role])
        except DatabaseError as fault:
            if getattr(fault.__cause__, "sqlstate", "") in {NO_SUCH_ROLE, MAY_NOT}:
                raise _lacking(connection) from fault
            raise
    return before


def make_role(link: Any) -> None:
    """Make the role when the server lacks it, and let the program step into it.

    Raises: Refused with the SQL for the administrator, when the program's own role may not.
    """
    right = "SET" if link.pg_version >= KNOWS_SET else "MEMBER"
    with link.cursor() as cursor:
        try:
            cursor.execute(
                f"""DO $$ BEGIN
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ISSUER}') THEN
                        CREATE ROLE {ISSUER} NOLOGIN;
                    END IF;
                EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                END $$"""
            )
            cursor.execute("SELECT pg_has_role(current_user, %s, %s)", [ISSUER, right])
            if not cursor.fetchone()[0]:
                cursor.execute(f"GRANT {ISSUER} TO current_user")
        except DatabaseError as fault:
            if getattr(fault.__cause__, "sqlstate", "") == MAY_NOT:
                raise _lacking(link) from fault
            raise


def _lacking(link: Any) -> Refused:
    user = str(link.settings_dict.get("USER") or "hengjian")
    return Refused(
        _("数据库缺少签发角色，或程序的账号不能切换到它"),
        where=ISSUER,
        do=_("请数据库管理员执行（已有的略去）：{sql} 然后运行 hengjian migrate").format(
            sql=f'CREATE ROLE {ISSUER} NOLOGIN; GRANT {ISSUER} TO "{user}";'
        ),
        code="invitations.role",
    )
