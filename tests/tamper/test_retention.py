"""After an erasure by list everything agrees; a row taken away without one is named, and so is a pretext."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from hengjian.access.models import Ticket
from hengjian.notary.models import Commitment
from hengjian.notary.nights.operations import gather
from hengjian.notary.reconciliation import reconcile
from hengjian.notary.sequencing import Sequencer
from hengjian.retention.carrying_out import carry_out
from tests.unit.retention.conftest import AT, act, terms  # noqa: F401 - fixtures
from tests.unit.retention.test_retention import approved, looked

pytestmark = pytest.mark.django_db
NOW = datetime(2031, 3, 8, 19, tzinfo=UTC)


def sequence() -> None:
    sequencer = Sequencer()
    try:
        sequencer.step(NOW)
    finally:
        sequencer.release()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def by_owner(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def found() -> tuple[int, set[tuple[str, str, str]]]:
    run = reconcile(lambda: NOW, None)
    return run.erased, {(one.what, one.kind, one.key) for one in run.differences.all()}


@pytest.fixture
def erased(act, terms) -> Ticket:  # noqa: F811
    """Three looks that went by a list, in the log, and one that stays."""
    looked(act("office").by)
    listing = approved(act, terms)
    kept = looked(act("office").by, 1, first=5)[0]
    sequence()
    carry_out(listing, terms, AT)
    gather(AT)
    sequence()
    return kept


def test_after_an_erasure_by_list_everything_agrees(erased) -> None:
    assert found() == (3, set())


def test_a_row_taken_without_an_erasure_is_missing(erased) -> None:
    by_owner("DELETE FROM access_ticket WHERE id = %s", erased.pk)
    assert found() == (3, {("row_missing", "access.ticket", str(erased.pk))})


def test_a_row_and_its_salt_taken_without_an_erasure_are_missing(erased) -> None:
    number = Commitment.objects.get(kind="access.ticket", key=str(erased.pk)).pk
    by_owner("DELETE FROM access_ticket WHERE id = %s", erased.pk)
    by_owner("DELETE FROM notary_salt WHERE commitment_id = %s", number)
    assert found()[1] == {("salt_missing", "access.ticket", str(erased.pk))}


def test_an_erasure_that_was_not_logged_is_found(erased) -> None:
    number = Commitment.objects.get(kind="access.ticket", key=str(erased.pk)).pk
    by_owner("DELETE FROM access_ticket WHERE id = %s", erased.pk)
    by_owner("DELETE FROM notary_salt WHERE commitment_id = %s", number)
    by_owner("INSERT INTO notary_erasure VALUES (%s, 'audit', now(), 'retention/1')", number)
    assert found()[1] == {("row_unlogged", "notary.erasure", str(number))}


def test_an_erasure_taken_back_is_found(erased) -> None:
    number = Commitment.objects.filter(kind="access.ticket").order_by("pk").first().pk
    by_owner("DELETE FROM notary_erasure WHERE commitment_id = %s", number)
    what = {one for one, _kind, _key in found()[1]}
    assert what == {"salt_missing", "row_missing"}


def test_the_public_log_does_not_count_erasures(erased) -> None:
    """They stand in the night's leaf: no leaf of their own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM notary_commitment c JOIN notary_receipt r ON r.delivery = c.id >> 20"
            " WHERE c.kind = 'notary.erasure'"
        )
        assert cursor.fetchone()[0] == 0
