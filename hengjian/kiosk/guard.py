"""A kiosk process runs only under a database account that can do no more than it must.

Started with the program's own account by mistake, everything would work and the separation be lost; so
the process looks first and refuses.
"""

from collections.abc import Iterable

from django.db import connection
from django.utils.translation import gettext as _

from hengjian.kiosk.errors import SetupRefused

_MORE = """
SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm')
  AND has_any_column_privilege(c.oid, 'SELECT') AND NOT split_part(relname, '_', 1) = ANY(%s)
ORDER BY relname"""
_CHANGES = """
SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
  AND (has_any_column_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE, TRUNCATE'))
  AND relname <> ALL(%s)
ORDER BY relname"""


def check_narrow(rooms: Iterable[str], changes: Iterable[str] = ()) -> None:
    """Refuse an account that reads a table of another room, or changes one that is not named here.

    Clause: NORMS L6
    Raises: SetupRefused with the tables.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MORE, [list(rooms)])
        found = [name for (name,) in cursor.fetchall()]
        cursor.execute(_CHANGES, [list(changes)])
        found += [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT current_user")
        (user,) = cursor.fetchone()
    connection.close()
    if found:
        raise SetupRefused(
            _("数据库账号权限过大，拒绝启动：能读或改 %s") % "、".join(found[:5]),
            where=str(user),
            do=_("请用 hengjian kiosk init 建立的窄账号"),
            code="kiosk.too_wide",
        )
