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
    to_published("t-2026-h1", tmp_path)
    # deferred checks that still wait would refuse a TRUNCATE before the trigger is asked
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("model", ONCE, ids=lambda m: m.__name__)
@pytest.mark.parametrize("deed", ["UPDATE", "DELETE", "TRUNCATE"])
def test_refused(full: None, model, deed: str) -> None:
    table, key = model._meta.db_table, model._meta.pk.column
    assert model.objects.exists()
    statement = {
        "UPDATE": f'UPDATE {table} SET "{key}" = "{key}"',
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
    }[deed]
    with pytest.raises(DatabaseError, match="append-only|refused"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM cycles_cycle",
        "TRUNCATE cycles_cycle CASCADE",
        "UPDATE cycles_cycle SET policy = 'before'",
        "UPDATE cycles_cycle SET cut_off = cut_off + interval '1 day'",
        "UPDATE cycles_cycle SET synthetic = false",
        "UPDATE cycles_cycle SET state = 'open'",
    ],
)
def test_a_published_cycle_stays_what_it_was(full: None, statement: str) -> None:
    with pytest.raises(DatabaseError, match="refused|no longer open|not an allowed|append-only"):
        with transaction.atomic():
            connection.cursor().execute(statement)
