"""A table that gains a column leaves old leaves as they were; whoever tampers with a form is named."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps

from hengjian.notary import forms, protected
from hengjian.notary.adoption import adopt, waiting
from hengjian.notary.contents import Contents
from hengjian.notary.errors import NotaryRefused
from hengjian.notary.evidence_files import opening_of
from hengjian.notary.models import Adoption, Commitment, ContentForm
from hengjian.notary.operations import append_many
from hengjian.notary.protected import Protected
from hengjian.notary.queries import EntryProof
from hengjian.proof.commitments import Entry
from hengjian.terms.errors import HengjianError
from tests.tamper.test_reconciliation import NOW, by_owner, found, sequence
from tests.tamper.test_reconciliation import number as numbered

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 1)
KIND = "test.row"


def kind_of(*columns: str, public: tuple[str, ...] = ()) -> Protected:
    """The program as it knows the table with these columns besides the key."""
    with isolate_apps("hengjian.notary"):
        fields = {name: models.TextField() for name in columns}
        meta = type("Meta", (), {"app_label": "notary", "db_table": "test_row"})
        model = type("Row", (models.Model,), {"__module__": __name__, "Meta": meta, **fields})
    one = Protected(KIND, 1, "test.row", public=public)
    one.__dict__["contents"] = Contents(KIND, model, public)
    protected._KINDS[KIND] = one
    return one


@pytest.fixture(autouse=True)
def table(db: None) -> Iterator[None]:
    before = dict(protected._KINDS)
    run("CREATE TABLE test_row (id bigserial PRIMARY KEY, a text NOT NULL DEFAULT '')")
    yield
    protected._KINDS.clear()
    protected._KINDS.update(before)


def run(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def write(kind: Protected, row: int, **values: str) -> None:
    names, marks = ", ".join(["id", *values]), ", ".join(["%s"] * (len(values) + 1))
    run(f"INSERT INTO test_row ({names}) VALUES ({marks})", row, *values.values())
    append_many(KIND, kind.contents.of([str(row)], forms.current(kind, DAY)), DAY)


@pytest.fixture
def grown() -> Protected:
    """A row of the table as it was, a row of the table with a column more; all in the log."""
    write(kind_of("a"), 1, a="old")
    run("ALTER TABLE test_row ADD COLUMN b text NOT NULL DEFAULT 'x'")
    newer = kind_of("a", "b", public=("a",))
    write(newer, 2, a="new", b="y")
    sequence()
    return newer


def test_rows_of_both_forms_agree_and_are_named_when_they_change(grown: Protected) -> None:
    assert set(ContentForm.objects.filter(kind=KIND).values_list("name", flat=True)) == {
        f"{KIND}/1",
        f"{KIND}/2",
    }
    assert dict(Commitment.objects.filter(kind=KIND).values_list("key", "schema")) == {"1": 1, "2": 2}
    assert found() == set()
    by_owner("UPDATE test_row SET b = 'z' WHERE id = 1")  # its leaf was never over that column
    assert found() == set()
    by_owner("UPDATE test_row SET a = 'z' WHERE id = 1")
    assert found() == {("row_changed", KIND, "1")}
    by_owner("UPDATE test_row SET b = 'z' WHERE id = 2")
    assert found() == {("row_changed", KIND, "1"), ("row_changed", KIND, "2")}


def test_after_an_upgrade_without_a_new_row_all_agrees() -> None:
    write(kind_of("a"), 1, a="old")
    run("ALTER TABLE test_row ADD COLUMN b text NOT NULL DEFAULT 'x'")
    kind_of("a", "b")
    sequence()
    assert found() == set()
    assert ContentForm.objects.filter(kind=KIND).count() == 2


def test_an_old_leaf_is_opened_by_its_own_form(grown: Protected) -> None:
    for row in ("1", "2"):
        kept = Commitment.objects.get(kind=KIND, key=row)
        with connection.cursor() as cursor:
            cursor.execute("SELECT salt FROM notary_salt WHERE commitment_id = %s", [kept.pk])
            salt = bytes(cursor.fetchone()[0])
        opening = opening_of(KIND, row, EntryProof(0, bytes(kept.entry), salt, None))  # type: ignore[arg-type]
        assert Entry.parse(opening.entry).schema == int(row)


@pytest.mark.parametrize("statement", ["DROP COLUMN a", "RENAME COLUMN a TO c"])
def test_a_column_that_is_gone_is_one_difference_a_form(grown: Protected, statement: str) -> None:
    run("INSERT INTO test_row (id, a) SELECT 10 + n, 'many' FROM generate_series(1, 30) AS n")
    kind = grown.contents
    append_many(KIND, kind.of([str(10 + n) for n in range(1, 31)], forms.current(grown, DAY)), DAY)
    sequence()
    assert found() == set()
    run(f"ALTER TABLE test_row {statement}")
    run("ALTER TABLE test_row ADD COLUMN d text")
    kind_of("b", "d")
    assert found() == {("column_gone", KIND, f"{KIND}/1 a"), ("column_gone", KIND, f"{KIND}/2 a")}


def test_a_form_that_was_shortened_is_named(grown: Protected) -> None:
    by_owner("UPDATE notary_contentform SET columns = columns - 'b' WHERE name = %s", f"{KIND}/2")
    assert {
        ("row_changed", "notary.contentform", f"{KIND}/2"),
        ("row_changed", KIND, "2"),
    } <= found()


@pytest.mark.parametrize("columns", ["{}", "[]", "null", '{"a": "1; DROP TABLE test_row"}', '{"a": 5}', "7"])
def test_a_form_that_cannot_be_read_is_named(grown: Protected, columns: str) -> None:
    by_owner("UPDATE notary_contentform SET columns = %s::jsonb WHERE name = %s", columns, f"{KIND}/1")
    assert {
        ("row_changed", "notary.contentform", f"{KIND}/1"),
        ("form_missing", KIND, f"{KIND}/1"),
    } <= found()


def test_a_form_that_was_removed_is_named_and_its_number_not_given_again(grown: Protected) -> None:
    by_owner("DELETE FROM notary_contentform WHERE name = %s", f"{KIND}/2")
    assert found() == {
        ("row_missing", "notary.contentform", f"{KIND}/2"),
        ("form_missing", KIND, f"{KIND}/2"),
    }
    assert ContentForm.objects.filter(name=f"{KIND}/3").exists()


def test_a_form_that_nobody_logged_is_named(grown: Protected) -> None:
    by_owner(
        "INSERT INTO notary_contentform (name, kind, schema, columns, public) VALUES (%s, %s, 7, %s, '[]')",
        f"{KIND}/7", KIND, '{"id": "plain"}',
    )  # fmt: skip
    assert ("row_unlogged", "notary.contentform", f"{KIND}/7") in found()
    with pytest.raises(NotaryRefused):
        list(adopt("notary.contentform", by="dba", reason="x", at=NOW))


def test_a_form_that_leaves_out_a_column_is_named_even_when_it_was_logged(grown: Protected) -> None:
    """Somebody who can write the log too gives new rows a form without the column."""
    ContentForm.objects.create(
        name=f"{KIND}/7", kind=KIND, schema=7, columns={"id": "plain", "a": "plain"}, public=[]
    )
    own = protected.protected("notary.contentform")
    append_many(own.kind, own.contents.of([f"{KIND}/7"], forms.current(own, DAY)), DAY)
    sequence()
    assert found() == {("form_lacks_column", KIND, f"{KIND}/7 b")}
    write(grown, 3, a="", b="")
    assert Commitment.objects.get(kind=KIND, key="3").schema == 2, "the program goes by its own columns"


def test_a_number_turned_to_a_form_that_is_not_there_is_a_changed_entry(grown: Protected) -> None:
    by_owner("UPDATE notary_commitment SET schema = 9 WHERE id = %s", numbered(KIND, "1"))
    assert ("entry_changed", KIND, "1") in found()


def test_a_form_of_a_transaction_that_was_rolled_back_is_kept_by_the_next(grown: Protected) -> None:
    from django.db import transaction

    run("ALTER TABLE test_row ADD COLUMN c text NOT NULL DEFAULT ''")
    newest = kind_of("a", "b", "c")
    for row in (3, 4):
        with transaction.atomic():
            write(newest, row, a="", b="", c="")
            transaction.set_rollback(row == 3)
    sequence()
    assert found() == set()
    assert ContentForm.objects.filter(kind=KIND).count() == 3


def test_rows_from_before_the_log_are_adopted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hengjian.notary.adoption.PAGE", 10)
    kind_of("a", public=("a",))
    run("INSERT INTO test_row (a) SELECT 'before' FROM generate_series(1, 25)")
    assert len(found()) == 25
    assert dict(waiting()) == {KIND: 25}
    pages = adopt(KIND, by="office", reason="启用日志", at=NOW)
    assert next(pages) == 10
    pages.close()  # killed; the next run goes on
    assert list(adopt(KIND, by="office", reason="启用日志", at=NOW)) == [10, 5]
    assert list(adopt(KIND, by="office", reason="启用日志", at=NOW)) == []
    sequence()
    assert found() == set()
    assert dict(waiting()) == {}
    rows = Commitment.objects.filter(kind=KIND).values_list("entry", flat=True)
    assert [Entry.parse(bytes(one)).public for one in rows] == [{"a": "before", "adopted": 1}] * 25
    assert list(Adoption.objects.order_by("id").values_list("count", "by", "reason")) == [
        (count, "office", "启用日志") for count in (10, 10, 5)
    ]
    by_owner("UPDATE test_row SET a = 'z' WHERE id = 7")
    assert found() == {("row_changed", KIND, "7")}


def test_adopting_needs_author_and_reason() -> None:
    kind_of("a")
    for by, reason in (("", "x"), ("x", " ")):
        with pytest.raises(HengjianError):
            list(adopt(KIND, by=by, reason=reason, at=NOW))
    with pytest.raises(NotaryRefused):
        list(adopt("no.such", by="x", reason="x", at=NOW))
