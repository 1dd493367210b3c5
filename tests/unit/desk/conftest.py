"""A data folder of the test's own, somebody who attaches, sound files of each form; a database of its own."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.own_database import empty_copy, own_database

if TYPE_CHECKING:
    from hengjian.access.models import User

NOW = datetime(2026, 5, 1, tzinfo=UTC)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def png(width: int = 3, height: int = 2) -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 8)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", body) + part(b"IEND", b"")


def jpeg(width: int = 3, height: int = 2) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    first = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    return b"\xff\xd8" + first + b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\0\xff\xd9"


def office(main: str = WORD, **members: bytes | str) -> bytes:
    """A document of Word or Excel; further members by name, `__` for a slash."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        types = f'<?xml version="1.0"?><Types><Override PartName="/main.xml" ContentType="{main}"/></Types>'
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("main.xml", "<document/>")
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


@pytest.fixture
def user(db: None) -> "User":
    from hengjian.access.operations import create_user

    return create_user("office", "考核办", now=NOW)


@pytest.fixture
def data(settings: Any, tmp_path: Path) -> Path:
    settings.DATA = tmp_path / "data"
    settings.DATA.mkdir()
    return Path(settings.DATA)


@pytest.fixture(scope="session")
def template(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock(), empty_copy("desk") as name:
        yield name


@pytest.fixture
def database(template: str, db: None) -> Iterator[str]:
    with own_database(template, "desk") as name:
        yield name
