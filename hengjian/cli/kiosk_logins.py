"""The two accounts under which the kiosk's processes sign in to the database, and what they may do there.

Each inherits its room's narrow role. The casting account may besides read what the log publishes anyway, for
the proofs of receipts: no commitment, no salt. Made by whoever owns the tables.
"""

from typing import Any

from hengjian.cli.words import t
from hengjian.database.cluster import NARROW
from hengjian.ratings.ballots.role import REDEEMER
from hengjian.ratings.invitations.roles import ISSUER
from hengjian.terms.errors import Refused

ISSUE, CAST = NARROW
READ = (
    "notary_receipt",
    "notary_head",
    "notary_signature",
    "notary_publication",
    "notary_tile",
    "notary_bundle",
)
_MAY_NOT = "42501"


def make(link: Any) -> None:
    """Make the accounts where the server lacks them, and give them their rights; again is no fault.

    Raises: Refused with the SQL for the administrator, when the program's own account may not.
    """
    from django.db import DatabaseError

    try:
        with link.cursor() as cursor:
            for login, role in ((ISSUE, ISSUER), (CAST, REDEEMER)):
                _login(cursor, login, role)
            cursor.execute(f"GRANT SELECT ON {', '.join(READ)} TO {CAST}")
            _no_temporary_tables(cursor)
    except DatabaseError as fault:
        if getattr(fault.__cause__, "sqlstate", "") == _MAY_NOT:
            raise _lacking() from fault
        raise


def _login(cursor: Any, login: str, role: str) -> None:
    cursor.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", [login])
    known = cursor.fetchone()
    if known is None:
        cursor.execute(f"CREATE ROLE {login} LOGIN IN ROLE {role}")
    elif not known[0]:
        cursor.execute(f"ALTER ROLE {login} LOGIN")


def _no_temporary_tables(cursor: Any) -> None:
    """PostgreSQL lets everybody make them; a table in the session's own schema would come before ours."""
    cursor.execute(
        "SELECT quote_ident(current_database()) FROM pg_database WHERE datname = current_database()"
        " AND pg_has_role(datdba, 'MEMBER')"
    )
    if owned := cursor.fetchone():
        cursor.execute(f"REVOKE TEMPORARY ON DATABASE {owned[0]} FROM PUBLIC")


def _lacking() -> Refused:
    made = " ".join(
        f"CREATE ROLE {login} LOGIN IN ROLE {role};" for login, role in ((ISSUE, ISSUER), (CAST, REDEEMER))
    )
    return Refused(
        t(
            "数据库缺少评价页的两个窄账号，程序的账号不能建立",
            "the database lacks the rating page's two accounts, and the program's own may not make them",
        ),
        where=f"{ISSUE}, {CAST}",
        do=t(
            f"请数据库管理员执行（已有的略去）：{made} 再运行 hengjian kiosk init",
            f"let the administrator run (leave out what is there): {made} then hengjian kiosk init",
        ),
        code="cli.kiosk_logins",
    )
