"""Roles of the server: made once, stepped into for a transaction; absent, said in the caller's words."""

import pytest
from django.db import DatabaseError, connection, transaction

from hengjian.database.roles import make_roles, or_refused, statements, step_into
from hengjian.terms.errors import Refused

NAMES = ("hengjian_test_one", "hengjian_test_two")
pytestmark = pytest.mark.django_db


def test_made_twice_they_are_there_and_can_be_stepped_into_and_out_of() -> None:
    make_roles(connection, *NAMES)
    make_roles(connection, *NAMES)
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND NOT rolcanlogin", [[*NAMES]])
        assert sorted(name for (name,) in cursor.fetchall()) == sorted(NAMES)
        before = step_into(cursor, NAMES[0])
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (NAMES[0],)
        assert step_into(cursor, before) == NAMES[0]
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() != (NAMES[0],)


def refusal() -> Refused:
    return Refused("缺少角色", code="test.role")


def test_a_role_that_is_not_there_is_refused_in_the_callers_words() -> None:
    with pytest.raises(Refused, match="缺少角色"), or_refused(refusal), transaction.atomic():
        step_into(connection.cursor(), "hengjian_nobody_made_this")


def test_any_other_fault_stays_what_it_is() -> None:
    with pytest.raises(DatabaseError), or_refused(refusal), transaction.atomic():
        connection.cursor().execute("SELECT no_such_column")


def test_what_the_administrator_runs() -> None:
    assert statements("app", *NAMES) == (
        "CREATE ROLE hengjian_test_one NOLOGIN; CREATE ROLE hengjian_test_two NOLOGIN; "
        'GRANT hengjian_test_one, hengjian_test_two TO "app";'
    )
