"""The two database accounts: each reaches its own room, and a process refuses to run with more."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from hengjian.cli.kiosk_logins import CAST, ISSUE, make
from tests.unit.kiosk.running import Process, address, free_port, inside, process

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


LOGINS = {"issue": ISSUE, "cast": CAST}


@pytest.mark.parametrize("which", ["issue", "cast"])
def test_a_process_refuses_an_account_that_could_do_more(town, which: str) -> None:
    with (
        granted(LOGINS[which], "SELECT ON roster_official"),
        pytest.raises(AssertionError, match="roster_official"),
        process(which, free_port(), address(town.name, LOGINS[which]), town.data),
    ):
        raise AssertionError("it has started")


@contextlib.contextmanager
def granted(login: str, right: str) -> Iterator[None]:
    """As an administrator who means well."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"GRANT {right} TO {login}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"REVOKE {right} FROM {login}")


def looked(town, which: str) -> None:
    """The look at the account that the process takes when it starts."""
    from hengjian.kiosk.cast.app import NEEDS as CASTING
    from hengjian.kiosk.guard import check_narrow
    from hengjian.kiosk.issue.app import NEEDS as ISSUING

    def as_the_process() -> None:
        with inside(town.name):
            connections["default"].settings_dict["USER"] = LOGINS[which]
            check_narrow({"issue": ISSUING, "cast": CASTING}[which])

    from django.db import connections

    with ThreadPoolExecutor(1) as thread:
        thread.submit(as_the_process).result()


WRONG = {
    "SELECT ON roster_official": "SELECT roster_official",
    "SELECT (code) ON roster_official": "SELECT roster_official",
    "INSERT ON roster_official": "INSERT roster_official",
    "INSERT (id) ON access_user": "INSERT access_user",
    "UPDATE (code) ON roster_official": "UPDATE roster_official",
    "DELETE ON roster_official": "DELETE roster_official",
    "TRUNCATE ON roster_official": "TRUNCATE roster_official",
    "TRIGGER ON roster_official": "TRIGGER roster_official",
    "REFERENCES ON roster_official": "REFERENCES roster_official",
    "USAGE ON SEQUENCE roster_official_id_seq": "SEQUENCE roster_official_id_seq",
    "CREATE ON SCHEMA public": "CREATE SCHEMA public",
    "CREATE ON DATABASE {name}": "CREATE DATABASE",
    "TEMPORARY ON DATABASE {name}": "TEMPORARY DATABASE",
    "EXECUTE ON FUNCTION hengjian_reach()": "EXECUTE hengjian_reach()",
    "pg_read_all_data": "SET ROLE pg_read_all_data",
    "pg_read_server_files": "SET ROLE pg_read_server_files",
}
OWN = {
    "issue": {
        "SELECT ON ballots_arrival": "SELECT ballots_arrival",
        "INSERT ON ballots_arrival": "INSERT ballots_arrival",
        "SELECT (sealed) ON invitations_contact": "SELECT invitations_contact.sealed",
        "INSERT ON invitations_invitation": "INSERT invitations_invitation",
        "SELECT ON notary_head": "SELECT notary_head",
        "hengjian_redeemer": "SET ROLE hengjian_redeemer",
    },
    "cast": {
        "SELECT ON invitations_issue": "SELECT invitations_issue",
        "SELECT (mark) ON ballots_arrival": "SELECT ballots_arrival.mark",
        "SELECT (comment) ON ballots_ballot": "SELECT ballots_ballot.comment",
        "INSERT ON ballots_ballot": "INSERT ballots_ballot",
        "SELECT ON notary_salt": "SELECT notary_salt",
        "SELECT ON followups_daybox": "SELECT followups_daybox",
        "hengjian_issuer": "SET ROLE hengjian_issuer",
        "hengjian": "SET ROLE hengjian",
    },
}


@pytest.mark.parametrize(
    ("which", "right"), [(which, right) for which in OWN for right in (*WRONG, *OWN[which])]
)
def test_every_right_too_many_is_found_and_named(town, which: str, right: str) -> None:
    from hengjian.kiosk.errors import SetupRefused

    looked(town, which)
    found = (WRONG | OWN[which])[right]
    with granted(LOGINS[which], right.format(name=town.name)), pytest.raises(SetupRefused) as fault:
        looked(town, which)
    assert fault.value.code == "kiosk.too_wide"
    assert found in fault.value.what
    looked(town, which)


@pytest.mark.parametrize("flag", ["CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS", "SUPERUSER"])
def test_no_flag_of_the_server_either(town, flag: str) -> None:
    from django.db import connection

    from hengjian.kiosk.errors import SetupRefused

    with connection.cursor() as cursor:
        cursor.execute(f"ALTER ROLE {CAST} {flag}")
    try:
        with pytest.raises(SetupRefused):
            looked(town, "cast")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER ROLE {CAST} NO{flag}")
    looked(town, "cast")


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
