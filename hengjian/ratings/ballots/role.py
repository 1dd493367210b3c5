"""The role of the database under which ballots are taken in: it knows this room's tables and no other's.

It adds to the day's tables; the night puts what came in into the box and the log, by the program's own role.
Like the reading roles of :mod:`hengjian.access.row_security` it guards against a query that goes astray, not
against a program that has been taken over: that takes a process that signs in to the server as this role
(docs/decisions/0013).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hengjian.database import roles
from hengjian.terms.errors import Refused

REDEEMER = "hengjian_redeemer"
READ = (
    "ballots_acceptedkey", "ballots_ballot", "ballots_setaside", "ballots_reply", "ballots_due",
    "ballots_release",
)  # fmt: skip
ADDED = ("ballots_ballot", "ballots_setaside", "ballots_reply")
DAY = ("ballots_arrival", "ballots_arrivalnote")
FINDS = {
    "ballots_ballot": 'id, key_id, token, receipt, how, "on", supersedes_id',
    "ballots_arrival": 'digest, id, key, receipt, how, "on", supersedes',
    "ballots_arrivalnote": 'id, what, ballot, text, "on"',
    "ballots_reply": 'ballot_id, side, text, "on", number',
}


@contextmanager
def redeeming() -> Iterator[Any]:
    """A cursor in a transaction of its own rights: those of the redeemer."""
    with transaction.atomic(), connection.cursor() as cursor:
        before = roles.step_into(cursor, REDEEMER)
        yield cursor
        roles.step_into(cursor, before)


def make_role(link: Any) -> None:
    """Make the role where the server lacks it, and let the program step into it.

    Raises: Refused with the SQL for the administrator, when the program's own role may not.
    """
    with roles.or_refused(lambda: _lacking(link)):
        roles.make_roles(link, REDEEMER)


def rights() -> tuple[str, str]:
    """The SQL that gives the role its rights, and the SQL that takes them."""
    read, added = ", ".join(READ), ", ".join(ADDED)
    give = (
        f"GRANT USAGE ON SCHEMA public TO {REDEEMER}; GRANT SELECT ON {read} TO {REDEEMER}; "
        f"GRANT INSERT ON {added} TO {REDEEMER};"
    )
    take = f"REVOKE ALL ON {read}, {added} FROM {REDEEMER}; REVOKE USAGE ON SCHEMA public FROM {REDEEMER};"
    return give, take


def narrowed() -> tuple[str, str]:
    """The SQL that leaves the role what a casting process needs: it adds to the day's tables alone, and of
    the box it reads what finds a ballot, never a mark, a tag or a comment; and the SQL that goes back.
    """
    finds = " ".join(
        f"GRANT SELECT ({columns}) ON {table} TO {REDEEMER};" for table, columns in FINDS.items()
    )
    give = (
        f"REVOKE INSERT ON {', '.join(ADDED)} FROM {REDEEMER}; "  # noqa: S608
        f"REVOKE SELECT ON ballots_ballot, ballots_setaside, ballots_reply FROM {REDEEMER}; "
        f"GRANT INSERT ON {', '.join(DAY)} TO {REDEEMER}; {finds} "
        f"GRANT EXECUTE ON FUNCTION ballots_leaf(uuid) TO {REDEEMER};"
    )
    take = (
        f"REVOKE ALL ON {', '.join(DAY)} FROM {REDEEMER}; "
        f"REVOKE ALL ON FUNCTION ballots_leaf(uuid) FROM {REDEEMER}; {rights()[0]}"
    )
    return give, take


def _lacking(link: Any) -> Refused:
    user = str(link.settings_dict.get("USER") or "hengjian")
    sql = roles.statements(user, REDEEMER)
    return Refused(
        _("数据库缺少收票角色，或程序的账号不能切换到该角色"),
        where=REDEEMER,
        do=_("请数据库管理员执行（已有的角色略去）：{sql} 然后运行 hengjian migrate").format(sql=sql),
        code="ballots.role",
    )
