"""A kiosk process runs only under a database account that can do no more than it must.

Started with the program's own account by mistake, or with one that somebody gave more to, everything would
work and the separation be lost; so the process looks first and refuses. It asks the server what the account
may do, by whatever way it came to it: itself, a role it is in, everybody's rights (PUBLIC), ownership.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from hengjian.kiosk.errors import SetupRefused

SHOWN = 5
# Each row: what the account may do and should not. Casts of numbers that are no table's never happen: the
# planner may move conditions, CASE may not be moved.
_EXCESS = """
WITH tables AS MATERIALIZED (
    SELECT c.oid, c.relkind, c.relowner, c.relname::text AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%%'
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
), me AS (SELECT r.* FROM pg_roles r WHERE r.rolname IN (current_user, session_user))
SELECT 'SELECT ' || name FROM tables WHERE relkind <> 'S' AND name <> ALL(%(reads)s)
    AND CASE WHEN relkind <> 'S' THEN has_any_column_privilege(oid, 'SELECT') END
UNION ALL SELECT 'SELECT ' || name || '.' || attname FROM tables JOIN pg_attribute ON attrelid = oid
    WHERE name || '.' || attname = ANY(%(hidden)s) AND has_column_privilege(oid, attnum, 'SELECT')
UNION ALL SELECT 'INSERT ' || name FROM tables WHERE name <> ALL(%(adds)s)
    AND CASE WHEN relkind <> 'S' THEN has_any_column_privilege(oid, 'INSERT') END
UNION ALL SELECT 'UPDATE ' || name FROM tables
    WHERE CASE WHEN relkind <> 'S' THEN has_any_column_privilege(oid, 'UPDATE') END
UNION ALL SELECT p || ' ' || name FROM tables, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS p
    WHERE CASE WHEN relkind <> 'S' THEN has_table_privilege(oid, p) END
UNION ALL SELECT 'REFERENCES ' || name FROM tables
    WHERE CASE WHEN relkind <> 'S' THEN has_any_column_privilege(oid, 'REFERENCES') END
UNION ALL SELECT 'GRANT ' || name FROM tables
    WHERE CASE WHEN relkind <> 'S' THEN
        has_any_column_privilege(oid, 'SELECT WITH GRANT OPTION, INSERT WITH GRANT OPTION') END
UNION ALL SELECT 'SEQUENCE ' || name FROM tables
    WHERE CASE WHEN relkind = 'S' THEN has_sequence_privilege(oid, 'USAGE, SELECT, UPDATE') END
UNION ALL SELECT 'OWNER ' || name FROM tables WHERE pg_has_role(relowner, 'MEMBER')
UNION ALL SELECT 'CREATE SCHEMA ' || nspname FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\\_%%' AND has_schema_privilege(oid, 'CREATE')
UNION ALL SELECT p || ' DATABASE' FROM unnest(ARRAY['CREATE', 'TEMPORARY']) AS p
    WHERE has_database_privilege(current_database(), p)
UNION ALL SELECT 'EXECUTE ' || oid::regprocedure FROM pg_proc
    WHERE prosecdef AND pronamespace <> 'pg_catalog'::regnamespace
      AND has_function_privilege(oid, 'EXECUTE') AND oid::regprocedure::text <> ALL(%(calls)s)
UNION ALL SELECT 'SET ROLE ' || r.rolname FROM pg_roles r
    WHERE r.rolname <> ALL(%(roles)s) AND r.rolname NOT IN (current_user, session_user)
      AND EXISTS (SELECT FROM me WHERE pg_has_role(me.oid, r.oid, 'MEMBER'))
UNION ALL SELECT 'SET SESSION AUTHORIZATION ' || current_user WHERE session_user <> current_user
UNION ALL SELECT flag FROM me, LATERAL (VALUES ('SUPERUSER', rolsuper), ('CREATEROLE', rolcreaterole),
    ('CREATEDB', rolcreatedb), ('REPLICATION', rolreplication), ('BYPASSRLS', rolbypassrls)) AS f(flag, has)
    WHERE has"""


@dataclass(frozen=True)
class Needs:
    """All that a process needs: tables it reads, columns of those that it must not read, tables it adds to,
    the role its account is in, functions that work with their owner's rights."""

    reads: tuple[str, ...]
    adds: tuple[str, ...]
    role: str
    hidden: tuple[str, ...] = ()
    calls: tuple[str, ...] = field(default=())

    def named(self) -> Mapping[str, Any]:
        """As the server is asked."""
        return {
            "reads": list(self.reads), "adds": list(self.adds), "hidden": list(self.hidden),
            "roles": [self.role], "calls": list(self.calls),
        }  # fmt: skip


def check_narrow(needs: Needs) -> None:
    """Refuse an account that may do anything that is not needed.

    Clause: NORMS L6
    Raises: SetupRefused with what it may do too much.
    """
    with connection.cursor() as cursor:
        found = excess(cursor, needs)
        cursor.execute("SELECT session_user")
        (user,) = cursor.fetchone()
    connection.close()
    if found:
        more = _("等 %s 项") % len(found) if len(found) > SHOWN else ""
        raise SetupRefused(
            _("数据库账号权限过大，拒绝启动：%s") % ("、".join(found[:SHOWN]) + more),
            where=str(user),
            do=_("请用 hengjian kiosk init 建立的窄账号，并收回多给的权限"),
            code="kiosk.too_wide",
        )


def excess(cursor: Any, needs: Needs) -> list[str]:
    """What the account of this session may do and does not need, the widest first."""
    cursor.execute(_EXCESS, needs.named())
    return sorted({name for (name,) in cursor.fetchall()}, key=_widest_first)


def _widest_first(said: str) -> tuple[bool, str]:
    """Flags and other roles, of which the rest follows."""
    return " " in said and not said.startswith("SET "), said
