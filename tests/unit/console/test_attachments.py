"""The page's part with files: who may send, who may fetch, how a file leaves the program."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from console.conftest import NOW
from hengjian.desk.models import Attachment, Fetch, Version
from tests.unit.desk.conftest import PDF, office, png

Browser = Callable[[str], Client]


@pytest.fixture
def number(people: Any, city: str) -> int:
    from hengjian.evidence.queries import quarantined

    return int(quarantined(state="waiting").first().pk)  # type: ignore[union-attr]


def send(
    client: Client, number: object, data: bytes = PDF, name: str = "原件.pdf", title: str = "核实材料"
) -> Any:
    form = {"title": title, "file": SimpleUploadedFile(name, data)}
    return client.post(f"/attachments/quarantine/{number}/", form)


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode().split("<main")[1]


def test_a_file_is_sent_listed_in_versions_and_fetched(signed_in: Browser, number: int) -> None:
    client, url = signed_in("office"), f"/quarantine/{number}/"
    assert "没有附件" not in page(client, url)
    assert send(client, number)["Location"] == f"{url}#attachments-title"
    send(client, number, png(), name="<b>拍照</b>.exe")
    shown = page(client, url)
    assert "第 1 版" in shown
    assert "第 2 版" in shown
    assert "&lt;b&gt;拍照" not in shown  # the slash of the closing tag cuts it, as of a path
    assert "b&gt;.exe.png" in shown
    assert "上传附件或新版本" in shown
    for made, kind in zip(Version.objects.order_by("number"), ("application/pdf", "image/png"), strict=True):
        got = client.get(f"/attachment-files/{made.pk}/")
        assert got.content == (PDF if made.number == 1 else png())
        assert got["Content-Type"] == kind
        assert got["Content-Disposition"].startswith("attachment; filename")
        assert got["X-Content-Type-Options"] == "nosniff"
        assert got["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "no-store" in got["Cache-Control"]
    assert [one.by.username for one in Fetch.objects.all()] == ["office", "office"]
    assert "下载 1 次" in page(client, url)


def test_whoever_reads_fetches_and_only_who_takes_part_sends(signed_in: Browser, number: int) -> None:
    send(signed_in("office"), number)
    made = Version.objects.get()
    assert signed_in("leader").get(f"/attachment-files/{made.pk}/").status_code == 200
    assert "选择文件" not in page(signed_in("leader"), f"/quarantine/{number}/")
    for role in ("leader", "auditor", "official", "followup", "nobody"):
        assert send(signed_in(role), number, png()).status_code == 403
        withdrawn = signed_in(role).post(f"/attachment-withdrawals/{made.attachment_id}/", {"reason": "x"})
        assert withdrawn.status_code == 403
    for role in ("official", "followup", "nobody"):
        assert signed_in(role).get(f"/attachment-files/{made.pk}/").status_code == 403
    assert Version.objects.count() == 1
    assert Fetch.objects.count() == 1


def test_another_county_s_files_are_not_there(signed_in: Browser, people: Any, city: str) -> None:
    from hengjian.access import operations as access
    from hengjian.access.operations import Scope
    from hengjian.access.roles import Role
    from hengjian.evidence.queries import quarantined

    home = "9901/990103"
    mine = set(quarantined(scopes=(home,)).values_list("pk", flat=True))
    other = quarantined(state="waiting").exclude(pk__in=mine).first()
    assert mine, "the county has a row of its own"
    assert other is not None
    near = access.create_user("near", "甲near", now=NOW)
    access.grant(
        near, Role.OFFICE, on=date(2026, 1, 1), by=None, reason="测试", scope=Scope(organisation=home)
    )
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(near)
    own, office = next(iter(mine)), signed_in("office")
    send(office, own)
    send(office, other.pk)
    here, there = Version.objects.order_by("pk")
    assert client.get(f"/attachment-files/{here.pk}/").status_code == 200
    assert client.get(f"/attachment-files/{there.pk}/").status_code == 404
    assert send(client, other.pk, png()).status_code == 404
    withdrawal = f"/attachment-withdrawals/{there.attachment_id}/"
    assert client.post(withdrawal, {"reason": "x"}).status_code == 404
    assert Fetch.objects.count() == 1
    assert Version.objects.count() == 2


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"MZ\x90 program", "发票.pdf"),
        (office(word__vbaProject="x"), "说明.docx"),
        (office(**{"a.xml": '<!DOCTYPE a SYSTEM "file:///etc/passwd">'}), "说明.docx"),
        (b"", "空.pdf"),
    ],
)
def test_a_disguised_file_is_refused_with_its_reason(
    signed_in: Browser, number: int, tmp_path: Path, data: bytes, name: str
) -> None:
    client = signed_in("office")
    assert send(client, number, data, name).status_code == 302
    assert "hj-alert" in page(client, f"/quarantine/{number}/") or not Version.objects.exists()
    assert not Version.objects.exists()
    assert not list((tmp_path / "attachments").rglob("*"))


def test_what_is_withdrawn_is_not_served(signed_in: Browser, number: int) -> None:
    client = signed_in("office")
    send(client, number)
    made = Version.objects.get()
    client.post(f"/attachment-withdrawals/{made.attachment_id}/", {"reason": "传错了"})
    shown = page(client, f"/quarantine/{number}/")
    assert "已撤回，不再提供" in shown
    assert "传错了" in shown
    assert f"/attachment-files/{made.pk}/" not in shown
    assert client.get(f"/attachment-files/{made.pk}/").status_code == 404


def test_altered_bytes_are_refused_and_said(signed_in: Browser, number: int, tmp_path: Path) -> None:
    client = signed_in("office")
    send(client, number)
    made = Version.objects.get()
    (tmp_path / "attachments" / made.digest[:2] / made.digest).write_bytes(b"other")
    answer = client.get(f"/attachment-files/{made.pk}/")
    assert answer.status_code == 409
    assert "与上传时不符" in answer.content.decode()


@pytest.mark.parametrize("place", ["quarantine/999999999", "quarantine/x", "contest/1", "followup/1"])
def test_nothing_is_attached_to_what_is_not_there(signed_in: Browser, city: str, place: str) -> None:
    form = {"title": "甲", "file": SimpleUploadedFile("a.pdf", PDF)}
    assert signed_in("office").post(f"/attachments/{place}/", form).status_code in {403, 404}
    assert not Attachment.objects.exists()


def test_every_write_needs_our_own_form_and_a_get_writes_nothing(people: Any, number: int) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people["office"])
    assert strict.post(f"/attachments/quarantine/{number}/", {}).status_code == 403
    assert strict.post("/attachment-withdrawals/1/", {}).status_code == 403
    assert strict.get(f"/attachments/quarantine/{number}/").status_code == 405
    assert strict.get("/attachment-files/999999/").status_code == 404
