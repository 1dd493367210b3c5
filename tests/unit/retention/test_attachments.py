"""The files of attachments go by an approved list once their thing is over; the rows stay."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from hengjian.desk import attaching, shelf
from hengjian.desk.models import About, Attachment, Fetch, StoredFile, Version
from hengjian.evidence.models import QuarantineDecision
from hengjian.notary.models import Commitment, Erasure, Salt
from hengjian.retention import operations
from hengjian.retention.carrying_out import carry_out, check_erasures
from hengjian.retention.classes import BY_NAME
from hengjian.retention.due import found
from hengjian.terms.errors import Refused
from tests.unit.desk.conftest import PDF
from tests.unit.evidence.test_constraints import quarantined
from tests.unit.retention.conftest import AT, ON

pytestmark = pytest.mark.django_db
LONG_AGO = AT - timedelta(days=400)


@pytest.fixture
def data(settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def row():
    return quarantined()


def decided(row) -> None:
    QuarantineDecision.objects.create(
        quarantined=row, outcome="dismissed", changes={}, record="", by="t", at=LONG_AGO, reason="r"
    )


def attached(act, row, data: bytes = PDF, title: str = "材料", now=LONG_AGO) -> Version:
    user = act("office").by
    return attaching.attach(About.QUARANTINE, str(row.pk), title, "a.pdf", data, by=user, now=now)


def carried_out(act, terms):
    made = operations.draw_up("attachments", terms, act("office"))
    operations.decide(made, made.digest, "期满", act("leader"), agreed=True)
    return carry_out(made, terms, AT)


def on_disk(data: Path) -> set[str]:
    return {path.name for path in (data / "attachments").rglob("*") if path.is_file()}


def test_the_bytes_go_and_the_row_with_its_commitment_stays(act, terms, data, row) -> None:
    old, newer = attached(act, row), attached(act, row, PDF + b"%2\n%%EOF\n", now=AT)
    attaching.hand_out(old, by=act("office").by, now=LONG_AGO)
    decided(row)
    report = carried_out(act, terms)
    assert report.rows == {"desk.fetch": 1, "desk.storedfile": 1}
    assert on_disk(data) == {newer.digest}
    assert Version.objects.count() == 2
    assert set(StoredFile.objects.values_list("pk", flat=True)) == {newer.pk}
    assert not Fetch.objects.exists()
    leaf = Commitment.objects.get(kind="desk.version", key=str(old.pk))
    assert Salt.objects.filter(pk=leaf.pk).exists()
    assert Erasure.objects.get().commitment.kind == "desk.fetch"
    check_erasures()
    assert list(shelf.faults()) == []
    with pytest.raises(Refused, match="销毁"):
        attaching.hand_out(old, by=act("office").by, now=AT)


def test_what_is_not_over_or_not_old_enough_is_kept(act, terms, data, row) -> None:
    made = attached(act, row)
    looked = found(BY_NAME["attachments"], terms, ON)
    assert (looked.free, looked.held) == (frozenset(), frozenset({str(made.pk)}))
    decided(row)
    assert found(BY_NAME["attachments"], terms, ON).free == {str(made.pk)}
    assert found(BY_NAME["attachments"], terms, LONG_AGO.date()).free == frozenset()


def test_bytes_that_another_version_has_stay(act, terms, data, row) -> None:
    old, other = attached(act, row), attached(act, row, title="同一份", now=AT)
    decided(row)
    carried_out(act, terms)
    assert old.digest == other.digest
    assert on_disk(data) == {other.digest}
    assert attaching.hand_out(other, by=act("office").by, now=AT) == PDF


def test_no_row_goes_without_an_approved_list(act, data, row) -> None:
    attached(act, row)
    refused = pytest.raises(DatabaseError, match="refused")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE desk_storedfile")
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM desk_storedfile")
    assert Attachment.objects.count() == 1
