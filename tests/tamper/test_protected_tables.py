"""Every table whose rows are leaves refuses UPDATE, DELETE and TRUNCATE; and every write is logged."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from hengjian.access.operations import create_user, grant, revoke
from hengjian.access.roles import Role
from hengjian.notary.contents import Content
from hengjian.notary.models import Commitment
from hengjian.notary.protected import Protected, kinds
from hengjian.roster.models import Tenure
from hengjian.roster.operations import amend_opening_debt_ratio
from hengjian.terms.canonical import canonical
from tests.unit.cycles.small_city import NOW, build, to_published

pytestmark = pytest.mark.django_db


def tables() -> list[Protected]:
    return [kind for kind in kinds() if kind.model_label]


def test_the_database_refuses_every_change_of_every_protected_table(db: None) -> None:
    assert len(tables()) > 20
    for kind in tables():
        contents = kind.contents
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgtype FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled <> 'D'"
                " AND pg_get_functiondef(tgfoid) LIKE '%%restrict_violation%%'",
                [contents.table],
            )
            types = [kind for (kind,) in cursor.fetchall()]
        covered = 0
        for one in types:
            covered |= one
        # before, row: delete 8, update 16; before, statement: truncate 32
        assert covered & 8 and covered & 16 and covered & 32, kind.kind  # noqa: PT018


STATEMENTS = ("UPDATE {table} SET {key} = {key}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE")


@pytest.fixture
def filled(db: None, tmp_path: Path) -> None:
    """A row in as many protected tables as a small city gives."""
    build()
    to_published("t-2026-h1", tmp_path)
    user = create_user("u", "某", now=NOW)
    held = grant(user, Role.AUDITOR, on=NOW.date(), by=None, reason="按文件")
    revoke(held, on=NOW.date(), by=user, reason="调离")
    tenure = Tenure.objects.select_related("official", "post")[0]
    names = (tenure.official.code, tenure.post.code, tenure.since)
    amend_opening_debt_ratio(*names, Decimal(3), reason="更正", by="t", now=NOW)


def test_sql_is_refused_on_every_table_that_has_rows(filled: None) -> None:
    tried = set()
    for kind in tables():
        contents = kind.contents
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"SELECT count(*) FROM {contents.table}")
            if not cursor.fetchone()[0]:
                continue
        for statement in STATEMENTS:
            with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
                connection.cursor().execute(statement.format(table=contents.table, key=contents.key))
        tried.add(kind.kind)
    assert {"roster.importbatch", "roster.change", "access.grant", "access.revocation"} <= tried
    assert len(tried) >= 14


def test_every_row_of_every_protected_table_was_logged_by_whoever_wrote_it(filled: None) -> None:
    for kind in tables():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {kind.contents.table}")
            rows = cursor.fetchone()[0]
        assert Commitment.objects.filter(kind=kind.kind).count() == rows, kind.kind


def read(kind: Protected, keys: list[str]) -> list[Content]:
    return list(kind.contents.of(keys, kind.contents.form(1)))


def test_a_row_reads_the_same_under_any_setting_of_the_session(filled: None) -> None:
    """Time zone, date style, float digits and byte output have no say in what is hashed."""
    plain, strange = {}, {}
    for found in (plain, strange):
        if found is strange:
            connection.cursor().execute(
                "SET LOCAL TimeZone = 'America/New_York'; SET LOCAL DateStyle = 'German';"
                " SET LOCAL extra_float_digits = 0; SET LOCAL bytea_output = 'escape';"
                " SET LOCAL IntervalStyle = 'sql_standard'; SET LOCAL lc_numeric = 'C'"
            )
        for kind in tables():
            keys = list(Commitment.objects.filter(kind=kind.kind).values_list("key", flat=True))
            found |= {(kind.kind, key): content for key, content, _public in read(kind, keys)}
    assert len(plain) > 300
    assert plain == strange


def test_every_column_stands_in_what_is_hashed(filled: None) -> None:
    for kind in tables():
        first = Commitment.objects.filter(kind=kind.kind).first()
        if first is None:
            continue
        ((_key, content, public),) = read(kind, [first.key])
        said = json.loads(content)
        columns = {field.column for field in kind.contents.model._meta.concrete_fields}
        assert set(said["row"]) == columns
        assert (said["kind"], said["schema"]) == (kind.kind, kind.schema)
        assert set(public) <= {"cycle_id"}
        assert content == canonical(said)
