"""The log's public folder at /log/: everybody may read it, nobody reads anything else through it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from hengjian.proof.audit import audit
from tests.unit.proof.sample_log import POLICY, entries_of, files_of

SIZE = 300
FULL, PARTIAL = "tile/0/000", "tile/0/001.p/44"


@pytest.fixture
def public(settings: Any, tmp_path: Path) -> Path:
    """A published log in a data folder that also holds what nobody may read."""
    settings.DATA = tmp_path
    folder = tmp_path / "notary" / "public"
    for name, data in {**files_of(entries_of(SIZE)), "vkey": b"v\n", "trust": b"t\n"}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (tmp_path / "notary" / "log.key").write_text("SECRET")
    (folder / "log.key").write_text("SECRET")
    (folder / "tile" / "0" / ".000.17").write_text("SECRET")
    return folder


def test_every_file_that_is_listed_is_there_and_they_make_a_sound_log(public: Path) -> None:
    client = Client()
    listed = b"".join(client.get("/log/files.txt").streaming_content).decode().split()  # type: ignore[attr-defined]
    assert listed[0] == "http://testserver/log/checkpoint"
    files = {}
    for address in listed:
        answer = client.get(address)
        assert answer.status_code == 200, address
        files[address.removeprefix("http://testserver/log/")] = answer.content
    report = audit(files.get, POLICY, files)
    assert (report.findings, report.size) == ((), SIZE)


@pytest.mark.parametrize(
    ("name", "kind", "cache"),
    [
        ("checkpoint", "text/plain; charset=utf-8", "no-cache"),
        ("vkey", "text/plain; charset=utf-8", "no-cache"),
        ("trust", "text/plain; charset=utf-8", "no-cache"),
        (FULL, "application/octet-stream", "public, max-age=31536000, immutable"),
        ("tile/entries/000", "application/octet-stream", "public, max-age=31536000, immutable"),
        (PARTIAL, "application/octet-stream", "public, max-age=3600"),
    ],
)
def test_type_and_caching_are_those_of_the_format(public: Path, name: str, kind: str, cache: str) -> None:
    answer = Client().get(f"/log/{name}")
    assert answer.status_code == 200
    assert answer.content == (public / name).read_bytes()
    assert answer["Content-Type"] == kind
    assert answer["Cache-Control"] == cache
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


@pytest.mark.parametrize(
    "name",
    ["", "log.key", "../log.key", "%2e%2e/log.key", "tile/../log.key", "tile/0/../../log.key", "/etc/passwd",
     "tile/0/000/", "tile/0/.000.17", "tile/00/000", "tile/0/x000/000", "tile/0/000.p/256", "tile/0/999",
     "tile/entries", "checkpoint/", "checkpoint%00", "tile/0/000%0a", "CHECKPOINT"],
)  # fmt: skip
def test_nothing_else_is_served(public: Path, name: str) -> None:
    answer = Client().get(f"/log/{name}")
    assert answer.status_code == 404
    assert b"SECRET" not in answer.content
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_it_is_read_only(public: Path, method: str) -> None:
    answer = getattr(Client(), method)("/log/checkpoint")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_no_session_is_asked_for(public: Path, django_assert_num_queries: Any, db: None) -> None:
    client = Client()
    client.cookies["sessionid"] = "x" * 32
    with django_assert_num_queries(0):
        assert client.get("/log/checkpoint").status_code == 200
        assert client.head(f"/log/{FULL}").status_code == 200


def test_a_log_that_is_not_published_yet_lists_only_its_checkpoint(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    assert Client().get("/log/checkpoint").status_code == 404
    listed = b"".join(Client().get("/log/files.txt").streaming_content)  # type: ignore[attr-defined]
    assert listed == b"http://testserver/log/checkpoint\n"
