"""Attachments in versions: whole or not at all, in turn, taken back by their author, held to their bytes."""

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import Error, IntegrityError, connection, transaction

from hengjian.access.models import User
from hengjian.desk import attaching, queries, shelf
from hengjian.desk.models import About, Attachment, Fetch, StoredFile, Version, Withdrawal
from hengjian.notary.models import Commitment
from hengjian.terms.errors import NotPermitted, Refused, Tampered
from tests.unit.desk.conftest import NOW, PDF, png

pytestmark = pytest.mark.django_db


def send(user: User, data: bytes = PDF, title: str = "核实材料", key: str = "1") -> Version:
    return attaching.attach(About.QUARANTINE, key, title, "材料.pdf", data, by=user, now=NOW)


def files(data: Path) -> list[Path]:
    return sorted(path for path in data.rglob("*") if path.is_file())


def test_a_title_gets_versions_and_older_ones_stay(user: User, data: Path) -> None:
    first, second = send(user), send(user, PDF + b"%2 %%EOF\n")
    other = send(user, png(), title="照片")
    assert (first.number, second.number, other.number) == (1, 2, 1)
    assert first.attachment_id == second.attachment_id != other.attachment_id
    assert attaching.hand_out(first, by=user, now=NOW) == PDF
    assert attaching.hand_out(second, by=user, now=NOW).startswith(PDF)
    held = queries.attachments(About.QUARANTINE, "1")
    assert [[(v.number, v.taken) for v in one.versions.all()] for one in held] == [[(2, 1), (1, 1)], [(1, 0)]]
    assert queries.attachments(About.FOLLOWUP, "1") == []


def test_the_bytes_stand_under_their_digest_for_us_alone(user: User, data: Path) -> None:
    made = send(user)
    (path,) = files(data)
    assert path == data / "attachments" / made.digest[:2] / made.digest
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0


def test_every_row_is_a_leaf_and_stays(user: User, data: Path) -> None:
    made = send(user)
    attaching.hand_out(made, by=user, now=NOW)
    attaching.withdraw(made.attachment, "传错了", by=user, now=NOW)
    found = Commitment.objects.filter(kind__startswith="desk.").values_list("kind", flat=True)
    assert sorted(found) == ["desk.attachment", "desk.fetch", "desk.version", "desk.withdrawal"]
    for table in ("attachment", "version", "storedfile", "withdrawal", "fetch"):
        with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM desk_{table}")


def test_the_same_bytes_again_and_too_many_are_refused(user: User, data: Path, monkeypatch) -> None:
    send(user)
    with pytest.raises(Refused, match="与第 1 版的内容相同"):
        send(user)
    assert len(files(data)) == 1
    monkeypatch.setattr(attaching, "MOST_VERSIONS", 1)
    with pytest.raises(Refused, match="已满"):
        send(user, png())


@pytest.mark.parametrize("title", ["", " \u202e ", "长" * 81])
def test_a_title_says_something(user: User, data: Path, title: str) -> None:
    with pytest.raises(Refused, match="附件名称"):
        send(user, title=title)
    assert not Attachment.objects.exists()


def test_only_its_author_takes_it_back_with_a_reason_and_once(user: User, data: Path) -> None:
    from hengjian.access.operations import create_user

    made = send(user)
    with pytest.raises(NotPermitted):
        attaching.withdraw(made.attachment, "错", by=create_user("b", "乙", now=NOW), now=NOW)
    with pytest.raises(Refused, match="理由"):
        attaching.withdraw(made.attachment, " ", by=user, now=NOW)
    assert attaching.withdraw(made.attachment, "传错了", by=user, now=NOW).reason == "传错了"
    with pytest.raises(Refused, match="已撤回"):
        attaching.withdraw(made.attachment, "再撤", by=user, now=NOW)
    with pytest.raises(Refused, match="已撤回"):
        attaching.hand_out(made, by=user, now=NOW)
    assert not Fetch.objects.exists()
    again = send(user, PDF)
    assert (again.number, again.attachment_id == made.attachment_id) == (1, False)


def test_altered_or_missing_bytes_are_not_handed_out(user: User, data: Path) -> None:
    made = send(user)
    (path,) = files(data)
    path.write_bytes(PDF + b" ")
    with pytest.raises(Tampered, match="不符"):
        attaching.hand_out(made, by=user, now=NOW)
    assert [(str(one), what) for one, what in shelf.faults()] == [(str(made), "附件的内容与上传时不符")]
    path.unlink()
    with pytest.raises(Tampered, match="不在了"):
        attaching.hand_out(made, by=user, now=NOW)
    assert len(list(shelf.faults())) == 1
    send(user, title="重传")
    assert list(shelf.faults()) == []


@contextmanager
def small_disk(most: int) -> Iterator[None]:
    """The system itself writes no file longer than this."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_nothing_half_written(user: User, data: Path) -> None:
    big = PDF[:-6] + b"\n" + b"%" * 60_000 + b"\n%%EOF\n"
    with small_disk(20_000), pytest.raises(Refused, match="写不成"):
        send(user, big)
    assert files(data) == []
    assert not Attachment.objects.exists()
    assert send(user, big).size == len(big)


def test_a_row_that_cannot_be_logged_leaves_no_file(user: User, data: Path, monkeypatch) -> None:
    def fails(*_rows: object) -> None:
        raise IntegrityError("log")

    monkeypatch.setattr(attaching, "notarise", fails)
    with pytest.raises(IntegrityError):
        send(user)
    assert files(data) == []
    assert not Version.objects.exists()


def test_two_at_once_give_two_versions(database: str, data: Path) -> None:
    from hengjian.access.operations import create_user

    user, made, gate = create_user("office", "考核办", now=NOW), [], threading.Barrier(4)

    def one(n: int) -> None:
        try:
            gate.wait()
            made.append(send(user, PDF + b"%%%d\n%%%%EOF\n" % n).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [1, 2, 3, 4]
    assert Attachment.objects.count() == 1
    assert len(files(data)) == StoredFile.objects.count() == 4


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("attachment_version_once", {"number": 1}),
        ("attachment_version_counts", {"size": 0}),
        ("attachment_version_counts", {"number": 0}),
        ("attachment_form_known", {"form": "exe"}),
        ("attachment_form_known", {"name": ""}),
        ("attachment_digest", {"digest": "../../etc/passwd"}),
    ],
)
def test_the_database_refuses_what_is_no_version(user: User, data: Path, name: str, wrong: dict) -> None:
    made = send(user)
    sound = {"attachment": made.attachment, "number": 2, "name": "a", "form": "pdf", "size": 1}
    sound |= {"digest": "0" * 64, "by": user, "at": NOW}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Version.objects.create(**sound | wrong)


def test_the_database_refuses_an_attachment_of_nothing(user: User, data: Path) -> None:
    sound = {"about": "quarantine", "key": "1", "title": "甲", "by": user, "at": NOW}
    known, said = "attachment_about_known", "attachment_says_something"
    for name, wrong in ((known, {"about": "contest"}), (said, {"title": ""}), (said, {"key": ""})):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Attachment.objects.create(**sound | wrong)
    made = send(user)
    with pytest.raises(IntegrityError, match="attachment_withdrawal_says_why"), transaction.atomic():
        Withdrawal.objects.create(attachment=made.attachment, reason="", by=user, at=NOW)


def test_the_doctor_names_what_is_missing_and_what_is_astray(user: User, data: Path) -> None:
    from hengjian.cli.examining.attachments import attachments
    from hengjian.cli.examining.finding import Place

    made, place = send(user), Place(data, NOW)
    assert [one.level for one in attachments(place)] == ["green"]
    (path,) = files(data)
    path.with_name("f" * 64).write_bytes(b"left")
    path.write_bytes(b"other")
    red, amber = attachments(place)
    assert (red.level, amber.level) == ("red", "amber")
    assert str(made) in red.what
