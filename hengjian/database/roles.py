"""Roles of the server that the program steps into for narrower rights. They belong to the server, not to a
database: made once, never dropped.

A role made so guards against a query that goes astray, not against a program that has been taken over, which
could step out again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hengjian.terms.errors import Refused

KNOWS_SET = 160_000  # from PostgreSQL 16 the right to SET ROLE stands apart from membership
NO_SUCH_ROLE, MAY_NOT = "22023", "42501"


def make_roles(link: Any, *names: str) -> None:
    """Make the roles that the server lacks, and let the program's own role step into them."""
    right = "SET" if link.pg_version >= KNOWS_SET else "MEMBER"
    with link.cursor() as cursor:
        for name in names:
            _make(cursor, name)
        for name in names:
            cursor.execute("SELECT pg_has_role(current_user, %s, %s)", [name, right])
            if not cursor.fetchone()[0]:
                cursor.execute(f"GRANT {name} TO current_user")


def _make(cursor: Any, name: str) -> None:
    """Two databases of one server may be made ready at once: whoever comes second finds the role."""
    cursor.execute(
        f"""DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
                CREATE ROLE {name} NOLOGIN;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$"""
    )


def step_into(cursor: Any, role: str) -> str:
    """Take a role for the rest of the transaction; gives the one before, to step back into."""
    cursor.execute("SELECT current_setting('role'), set_config('role', %s, true)", [role])
    return str(cursor.fetchone()[0])


@contextmanager
def or_refused(refusal: Callable[[], Refused]) -> Iterator[None]:
    """Say it in the caller's words when the server lacks a role, or the program may not make or take it."""
    try:
        yield
    except Exception as fault:
        if getattr(fault.__cause__, "sqlstate", "") in {NO_SUCH_ROLE, MAY_NOT}:
            raise refusal() from fault
        raise


def statements(user: str, *names: str) -> str:
    """What a database administrator runs once for the server, when the program's own role may not."""
    made = [f"CREATE ROLE {name} NOLOGIN;" for name in names]
    return " ".join([*made, f'GRANT {", ".join(names)} TO "{user}";'])
