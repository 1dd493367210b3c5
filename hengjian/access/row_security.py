"""The two roles of the database under which persons are read, and how the program steps into them.

``hengjian_reader`` sees the rows of the organisations that the viewer's grants reach,
``hengjian_reader_city`` every row, when a grant reaches the whole city; the database decides which by the
grants themselves. Neither may read a name: names come from two functions, masked without a ticket, in
clear with one. All this guards against a query that forgets; it does not guard against a program that
has been taken over, which could step out again (docs/decisions/0011-query-trail.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from hengjian.access.models import User
from hengjian.terms.errors import Refused

READER, CITY_READER = "hengjian_reader", "hengjian_reader_city"
KNOWS_SET = 160_000  # from PostgreSQL 16 the right to SET ROLE stands apart from membership
NO_SUCH_ROLE, MAY_NOT = "22023", "42501"


@contextmanager
def reading(viewer: User) -> Iterator[Any]:
    """A cursor in a transaction under the reading role that this viewer's grants allow."""
    with transaction.atomic(), connection.cursor() as cursor:
        before = _step_in(cursor, viewer)
        yield cursor
        cursor.execute(
            "SELECT set_config('role', %s, true), set_config('hengjian.viewer', '', true)", [before]
        )


def _step_in(cursor: Any, viewer: User) -> str:
    """Take the reading role; gives the role before. The database itself reads the viewer's grants."""
    cursor.execute(
        "SELECT current_setting('role'), set_config('hengjian.viewer', %s, true)", [str(viewer.pk)]
    )
    before = str(cursor.fetchone()[0])
    try:
        cursor.execute(
            "SELECT set_config('role', CASE WHEN hengjian_city_wide() THEN %s ELSE %s END, true)",
            [CITY_READER, READER],
        )
    except DatabaseError as fault:
        if getattr(fault.__cause__, "sqlstate", "") in {NO_SUCH_ROLE, MAY_NOT}:
            raise _lacking(connection) from fault
        raise
    return before


def make_roles(link: Any) -> None:
    """Make the roles that the server lacks and let the program step into them.

    Raises: Refused with the SQL for the administrator, when the program's own role may not.
    """
    with link.cursor() as cursor:
        try:
            for role in (READER, CITY_READER):
                _make_role(cursor, role)
            _let_in(cursor, link.pg_version)
        except DatabaseError as fault:
            if getattr(fault.__cause__, "sqlstate", "") == MAY_NOT:
                raise _lacking(link) from fault
            raise


def _make_role(cursor: Any, role: str) -> None:
    """Two databases of one server may be made ready at once: whoever comes second finds the role."""
    cursor.execute(
        f"""DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} NOLOGIN;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$"""
    )


def _let_in(cursor: Any, version: int) -> None:
    right = "SET" if version >= KNOWS_SET else "MEMBER"
    for role in (READER, CITY_READER):
        cursor.execute("SELECT pg_has_role(current_user, %s, %s)", [role, right])
        if not cursor.fetchone()[0]:
            cursor.execute(f"GRANT {role} TO current_user")


def statements(user: str) -> str:
    """What a database administrator runs once for the server, when the program's role may not."""
    return " ".join(
        [
            f"CREATE ROLE {READER} NOLOGIN;",
            f"CREATE ROLE {CITY_READER} NOLOGIN;",
            f'GRANT {READER}, {CITY_READER} TO "{user}";',
        ]
    )


def _lacking(link: Any) -> Refused:
    user = str(link.settings_dict.get("USER") or "hengjian")
    return Refused(
        _("数据库缺少只读角色，或程序的账号不能切换到这些角色"),
        where=f"{READER}, {CITY_READER}",
        do=_("请数据库管理员执行（已有的角色略去）：{sql} 然后运行 hengjian migrate").format(
            sql=statements(user)
        ),
        code="access.reading_roles",
    )
