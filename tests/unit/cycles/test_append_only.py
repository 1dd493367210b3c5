"""The database itself refuses to change what is written once."""

from pathlib import Path

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from hengjian.cycles import operations
from hengjian.cycles.models import Cycle
from tests.unit.cycles.small_city import audit, seat, to_published

ONCE = [m for m in apps.get_app_config("cycles").get_models() if m is not Cycle]


@pytest.fixture
def full(city: None, tmp_path: Path) -> None:
    operations.adjust("t-2026-h1", seat(), 1, "SPEC F7", audit(reason="r"))
    operations.mark_not_applicable("t-2026-h1", seat(), "tax_per_mu", audit(reason="r"))
    wrong = operations.adjust("t-2026-h1", seat(), 2, "SPEC F7", audit(reason="r"))
    operations.withdraw("t-2026-h1", "adjust", wrong.pk, audit(reason="r"))
    to_published("t-2026-h1", tmp_path)
    # deferred checks that still wait would refuse a TRUNCATE before the trigger is asked
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


def refused(statement: str, match: str) -> None:
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        connection.cursor().execute(statement)


def test_what_is_written_once_stays(full: None) -> None:
    for model in ONCE:
        assert model.objects.exists(), model
        table, key = model._meta.db_table, model._meta.pk.column
        refused(f'UPDATE {table} SET "{key}" = "{key}"', "append-only")
        refused(f"DELETE FROM {table}", "append-only")
        refused(f"TRUNCATE {table} CASCADE", "append-only")


def test_a_published_cycle_stays_what_it_was(full: None) -> None:
    for statement in (
        "DELETE FROM cycles_cycle",
        "TRUNCATE cycles_cycle CASCADE",
        "UPDATE cycles_cycle SET policy = 'before'",
        "UPDATE cycles_cycle SET cut_off = cut_off + interval '1 day'",
        "UPDATE cycles_cycle SET synthetic = false",
        "UPDATE cycles_cycle SET state = 'open'",
    ):
        refused(statement, "refused|no longer open|not an allowed")
