"""What the migrations say the database must guard, held against what stands in it.

Triggers and their functions are read out of the migrations' own SQL, in the order in which they run: a list
kept beside them would agree with itself and be wrong. Whoever owns the tables can take a guard away; that
it is gone is then seen here, and what was done meanwhile by the log.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_SAYS = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\s+(?P<trigger>\w+)\s.*?\sON\s+(?P<on>\w+)"
    r"|DROP\s+TRIGGER\s+(?:IF\s+EXISTS\s+)?(?P<gone>\w+)\s+ON\s+(?P<gone_on>\w+)"
    r"|CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+(?P<function>\w+)\s*\(.*?AS\s+\$(?P<tag>\w*)\$(?P<body>.*?)\$(?P=tag)\$"
    r"|DROP\s+FUNCTION\s+(?:IF\s+EXISTS\s+)?(?P<no_function>\w+)"
    r"|ALTER\s+TABLE\s+(?P<secured>\w+)\s+ENABLE\s+ROW\s+LEVEL\s+SECURITY",
    re.DOTALL | re.IGNORECASE,
)
_STAND = """
SELECT t.tgname, c.relname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"""
_BODIES = """
SELECT proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"""
_SECURED = """
SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = current_schema()::regnamespace"""
_WIDE = """
SELECT coalesce(r.rolname, 'PUBLIC'), c.relname, a.privilege_type
FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND a.grantee <> c.relowner
  AND (coalesce(r.rolname, 'PUBLIC') NOT LIKE 'hengjian\\_%%' OR a.privilege_type = 'TRUNCATE'
       OR (a.privilege_type IN ('UPDATE', 'DELETE') AND c.relname = ANY(%s)))
ORDER BY 1, 2, 3"""
ALWAYS, NORMALLY = "A", "O"  # of pg_trigger.tgenabled
ROWS_STAY = "_rows_stay"  # the name that append_only() gives


@dataclass
class Declared:
    """Triggers with their table, bodies of functions, tables with row security."""

    triggers: set[tuple[str, str]] = field(default_factory=set)
    functions: dict[str, str] = field(default_factory=dict)
    secured: set[str] = field(default_factory=set)

    def read(self, sql: str) -> None:
        """Take in what one piece of SQL does."""
        for found in _SAYS.finditer(sql):
            said = found.groupdict()
            if said["trigger"]:
                self.triggers.add((said["trigger"], said["on"]))
            elif said["gone"]:
                self.triggers.discard((said["gone"], said["gone_on"]))
            elif said["function"]:
                self.functions[said["function"]] = said["body"]
            elif said["no_function"]:
                self.functions.pop(said["no_function"], None)
            else:
                self.secured.add(said["secured"])


def declared(link: Any) -> Declared:
    """All that the migrations declare, without running any."""
    from django.db.migrations.executor import MigrationExecutor

    executor, made = MigrationExecutor(link), Declared()
    for migration, _back in executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True):
        for sql in _sql_of(migration.operations):
            made.read(sql)
        made.triggers |= {_compiled(one) for one in migration.operations if hasattr(one, "trigger")}
    return made


def _sql_of(operations: Any) -> Iterator[str]:
    for one in operations:
        inside = getattr(one, "database_operations", None)
        if inside is not None:
            yield from _sql_of(inside)
        sql = getattr(one, "sql", None)
        if isinstance(sql, str):
            yield sql
        elif isinstance(sql, list | tuple):
            yield from (part if isinstance(part, str) else part[0] for part in sql)


def _compiled(operation: Any) -> tuple[str, str]:
    """The trigger that django-pgtrigger adds."""
    sql = operation.trigger.sql
    return sql.pgid, sql.table


@dataclass(frozen=True)
class Guards:
    """Where the database differs from what is declared; each a line for the operator."""

    missing: list[str]
    idle: list[str]
    changed: list[str]
    open: list[str]
    wide: list[str]


def guards(link: Any) -> Guards:
    """Hold the database against the migrations."""
    must = declared(link)
    with link.cursor() as cursor:
        cursor.execute(_STAND)
        stand = {(name, table): state for name, table, state in cursor.fetchall()}
        cursor.execute(_BODIES)
        bodies: dict[str, list[str]] = {}
        for name, body in cursor.fetchall():
            bodies.setdefault(name, []).append(body)
        cursor.execute(_SECURED)
        secured = {name for (name,) in cursor.fetchall()}
        cursor.execute(_WIDE, [[table for name, table in must.triggers if name.endswith(ROWS_STAY)]])
        wide = [f"{who}: {what} {table}" for who, table, what in cursor.fetchall()]
    return Guards(
        missing=_lines(must.triggers - set(stand)),
        idle=_lines(one for one in must.triggers & set(stand) if stand[one] not in (ALWAYS, NORMALLY)),
        changed=sorted(name for name, body in must.functions.items() if bodies.get(name) != [body]),
        open=sorted(must.secured - secured),
        wide=wide,
    )


def _lines(pairs: Any) -> list[str]:
    return sorted(f"{table}.{trigger}" for trigger, table in pairs)


def unknown_steps(link: Any) -> list[str]:
    """Migrations that stand in the database and are not in this program: a newer one was here."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(link)
    known = set(loader.disk_migrations) | {
        (app, old) for step in loader.disk_migrations.values() for app, old in step.replaces
    }
    ours = {app for app, _name in loader.disk_migrations}
    return sorted(f"{app}.{name}" for app, name in set(loader.applied_migrations) - known if app in ours)


def missing_steps(link: Any) -> list[str]:
    """Migrations of this program that the database lacks, in their order."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(link)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{step.app_label}.{step.name}" for step, _back in plan]
