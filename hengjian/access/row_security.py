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

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hengjian.access.models import User
from hengjian.database import roles
from hengjian.database.roles import or_refused
from hengjian.terms.errors import Refused

READER, CITY_READER = "hengjian_reader", "hengjian_reader_city"


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
    with or_refused(lambda: _lacking(connection)):
        cursor.execute(
            "SELECT set_config('role', CASE WHEN hengjian_city_wide() THEN %s ELSE %s END, true)",
            [CITY_READER, READER],
        )
    return before


def make_roles(link: Any) -> None:
    """Make the roles that the server lacks and let the program step into them.

    Raises: Refused with the SQL for the administrator, when the program's own role may not.
    """
    with or_refused(lambda: _lacking(link)):
        roles.make_roles(link, READER, CITY_READER)


def statements(user: str) -> str:
    """What a database administrator runs once for the server, when the program's role may not."""
    return roles.statements(user, READER, CITY_READER)


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
