"""The two database accounts: each reaches its own room, and a process refuses to run with more."""

import psycopg
import pytest

from hengjian.cli.kiosk_logins import CAST, ISSUE, make
from tests.unit.kiosk.running import Process, address, free_port, process

MAY_NOT = psycopg.errors.InsufficientPrivilege


def tables() -> list[str]:
    from django.apps import apps

    return sorted(model._meta.db_table for model in apps.get_models())


def refused(town, login: str, *statements: str) -> list[str]:
    """Which of these statements the account may not run; each is tried by itself."""
    found = []
    with psycopg.connect(address(town.name, login), autocommit=True) as link:
        for statement in statements:
            try:
                link.execute(statement)
            except MAY_NOT:
                found.append(statement)
    return found


def readable(town, login: str) -> set[str]:
    """The tables of which this account reads any column."""
    with psycopg.connect(address(town.name, login), autocommit=True) as link:
        asked = [
            (table, link.execute("SELECT has_any_column_privilege(%s, 'SELECT')", [table]).fetchone())
            for table in tables()
        ]
    return {table for table, (may,) in asked if may}


def test_neither_reads_the_others_room(town) -> None:
    issue, cast = readable(town, ISSUE), readable(town, CAST)
    assert {name.split("_")[0] for name in issue} == {"invitations"}
    assert {name.split("_")[0] for name in cast} == {"ballots", "notary"}
    assert {"notary_salt", "notary_commitment"}.isdisjoint(cast)
    for login, own in ((ISSUE, issue), (CAST, cast)):
        others = [f"SELECT count(*) FROM {table}" for table in tables() if table not in own]
        assert refused(town, login, *others) == others


def test_neither_can_step_into_another_role_or_change_a_row(town) -> None:
    changes = [
        f"{change} {table}" for table in tables() for change in ("DELETE FROM", "TRUNCATE", "DROP TABLE")
    ]
    for login, other in ((ISSUE, "hengjian_redeemer"), (CAST, "hengjian_issuer")):
        roles = [f"SELECT set_config('role', '{role}', false)" for role in (other, "hengjian")]
        assert refused(town, login, *roles, *changes) == [*roles, *changes]


def test_the_casting_account_reads_no_mark_back(town) -> None:
    town.rated(3)
    looks = [
        f"SELECT {column} FROM {table}"
        for table in ("ballots_ballot", "ballots_arrival")
        for column in ("mark", "tags", "comment")
    ]
    assert refused(town, CAST, *looks) == looks


def test_making_the_accounts_again_is_no_fault(town) -> None:
    from django.db import connection

    make(connection)
    make(connection)


@pytest.mark.parametrize("which", ["issue", "cast"])
def test_a_process_refuses_an_account_that_could_do_more(town, which: str) -> None:
    from django.db import connection

    login = {"issue": ISSUE, "cast": CAST}[which]
    with connection.cursor() as cursor:  # as an administrator who means well
        cursor.execute(f"GRANT SELECT ON roster_official TO {login}")
    try:
        with (
            pytest.raises(AssertionError, match="roster_official"),
            process(which, free_port(), address(town.name, login), town.data),
        ):
            raise AssertionError("it has started")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"REVOKE SELECT ON roster_official FROM {login}")


@pytest.mark.parametrize("which", ["issue", "cast"])
def test_the_programs_own_account_is_refused(town, which: str) -> None:
    with (
        pytest.raises(AssertionError, match="窄账号"),
        process(which, free_port(), address(town.name, "hengjian"), town.data),
    ):
        raise AssertionError("it has started")


def test_a_lost_database_is_a_503_and_comes_back(town) -> None:
    from django.db import connection

    def cut(process: Process, door: str, **body: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = ANY(%s)",
                [town.name, [ISSUE, CAST]],
            )
        statuses = [process.post(door, **body).status for _ in range(4)]
        assert set(statuses) <= {404, 503}, statuses
        assert statuses[-1] == 404, statuses

    cut(town.issue, "/issue/open", secret="unknown")
    cut(town.cast, "/cast/receipt", code="unknown")
