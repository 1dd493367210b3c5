"""SQL by which the database itself refuses UPDATE, DELETE and TRUNCATE on a table.

Rooms whose records are append-only put it into a migration:
``migrations.RunSQL(*append_only("evidence_case"))``. A correction is a new row that supersedes.
"""

import re

_FUNCTION = """
CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its rows are only ever added (append-only)', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER {table}_rows_stay BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_append_only();
CREATE TRIGGER {table}_table_stays BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only();
"""

_REVERSE = """
DROP TRIGGER IF EXISTS {table}_rows_stay ON {table};
DROP TRIGGER IF EXISTS {table}_table_stays ON {table};
DROP FUNCTION IF EXISTS {table}_append_only();
"""


def append_only(table: str) -> tuple[str, str]:
    """The SQL that makes a table append-only, and the SQL that undoes it."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", table):
        raise ValueError(table)
    return _FUNCTION.format(table=table), _REVERSE.format(table=table)
