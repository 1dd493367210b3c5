"""The database itself refuses to change, remove or empty what was admitted."""

import pytest
from django.db import connection, transaction
from django.db.utils import Error

from hengjian.evidence import operations
from tests.unit.evidence.conftest import NOW
from tests.unit.evidence.test_import import GOOD, METRICS, PROJECTS

TABLES = (
    "evidence_feedversion",
    "evidence_batch",
    "evidence_metric",
    "evidence_case",
    "evidence_project",
    "evidence_quarantined",
    "evidence_quarantinedecision",
    "evidence_quarantineopinion",
)


@pytest.fixture
def filled(roster, hotline, write, rules) -> None:
    from hengjian.evidence.feeds.folder import feed_from_text

    first = operations.import_file(hotline, write(GOOD, GOOD.replace("A1", "")), by="t", now=NOW, rules=rules)
    operations.say_found(first.quarantined[0], "holds", "已看原件", by="t", now=NOW)
    operations.dismiss(first.quarantined[0], by="t", reason="无编号", now=NOW)
    metric = write("330100,gep,2026-H1,1,yuan,", head="单位,指标,周期,数值,计量单位,目标", name="m.csv")
    project = write(
        "P1,2026-H1,330100,河道,生态,2,1,1,,",
        head="编码,周期,单位,名称,类型,总投资,财政资金,债务率,现金流,到位",
        name="p.csv",
    )
    for text, path in ((METRICS, metric), (PROJECTS, project)):
        operations.import_file(feed_from_text(text, "x"), path, by="t", now=NOW, rules=rules)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "verb", ["UPDATE {} SET {column} = {column}", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_raw_sql_is_refused(table: str, verb: str) -> None:
    column = "code" if table == "evidence_feedversion" else "id"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        before = cursor.fetchone()
        assert before[0] > 0, "the refusal of an empty table proves nothing"
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # foreign keys checked as at a commit
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb.format(table, column=column))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == before


@pytest.mark.django_db
def test_every_table_of_the_room_is_listed() -> None:
    from django.apps import apps

    assert {m._meta.db_table for m in apps.get_app_config("evidence").get_models()} == set(TABLES)
