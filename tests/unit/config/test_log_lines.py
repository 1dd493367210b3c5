"""A small journey with every line that is logged captured: no name, secret or text of anybody in any."""

import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client

from hengjian.access.operations import create_user, grant
from hengjian.access.roles import Role
from hengjian.config.logs import configure_logs, plain
from tests.unit.retention.conftest import AT

pytestmark = pytest.mark.django_db
NAME, PHONE, TITLE = "欧阳合成", "13900001234", "合成镇党委书记"
PASSWORD, TOKEN = "a very long pass phrase 91", "tk_9fA72bQx81ZpLw0v"
COMMENT, RECEIPT = "窗口态度很差", "R7K2-93QX-11ZZ"
SECRETS = (NAME, PHONE, TITLE, PASSWORD, TOKEN, COMMENT, RECEIPT, "wang.office", "D20990001")


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What goes to standard error, at the most talkative level that an operator can set."""
    before, level = list(logging.getLogger().handlers), logging.getLogger().level
    configure_logs()
    written = StringIO()
    handler = next(one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler)
    handler.setStream(written)
    logging.getLogger().setLevel(logging.INFO)
    yield written
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)


@pytest.fixture
def office(settings) -> Client:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    user = create_user("wang.office", NAME, now=AT, password=PASSWORD)
    grant(user, Role.OFFICE, on=AT.date().replace(year=2025), by=None, reason=COMMENT)
    return Client(raise_request_exception=False)


def clean(written: StringIO, *more: str) -> list[dict[str, object]]:
    text = written.getvalue()
    assert [one for one in (*SECRETS, *more) if one and one in text] == []
    return [json.loads(line) for line in text.splitlines()]


def test_a_journey_through_the_pages_names_nobody(lines, office, monkeypatch) -> None:
    from hengjian.console.views import officials

    office.post("/sign-in/", {"username": "wang.office", "password": f"{PASSWORD}x"})
    office.login(username="wang.office", password=PASSWORD)
    session = office.cookies["sessionid"].value
    sheet = SimpleUploadedFile("名册.csv", f"姓名,手机\n{NAME},{PHONE}\n={TITLE}\n".encode())
    office.post("/imports/", {"kind": "roster", "file": sheet})
    office.get(f"/officials/?q={NAME}")
    office.get("/officials/?export=csv")
    office.get("/officials/D20990001/")
    office.get(f"/no/such/{TOKEN}/")
    office.post("/purpose/", {"purpose": "petition", "note": f"{NAME} {PHONE}"})

    def breaks(*_given: object, **_named: object) -> None:
        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute("INSERT INTO roster_official (code, name) VALUES (%s, %s)", ["D20990001", NAME])

    monkeypatch.setattr(officials, "page_of", breaks)
    monkeypatch.setattr(officials, "permissions", breaks)
    assert office.get(f"/officials/?q={NAME}").status_code == 500
    said = clean(lines, session)
    errors = [one for one in said if one.get("status") == 500]
    assert errors
    assert "Error at " in str(errors[0]["exception"])
    assert errors[0]["route"] == "officials"


@pytest.mark.parametrize("secret", SECRETS)
def test_what_a_program_hands_in_by_whatever_name_is_withheld(lines, secret: str) -> None:
    structlog.get_logger("hengjian.x").warning("kept", seat=secret, code=secret, 任意=secret)
    logging.getLogger("hengjian.y").error("duty %s failed for %s", "deliver", secret)
    logging.getLogger("library").error("could not write %s", secret)
    logging.getLogger("library").error("could not write %(row)s", {"row": secret})
    try:
        raise ValueError(f"duplicate key: ({secret})") from KeyError(secret)
    except ValueError:
        logging.getLogger("hengjian.z").exception("duty failed")
        structlog.get_logger("hengjian.x").exception("failed", places=secret)
    said = clean(lines)
    assert len(said) == 6
    assert said[1]["event"] == "duty deliver failed for …"
    assert str(said[-2]["exception"]).startswith("ValueError at test_what_a_program")
    assert " from KeyError" in str(said[-2]["exception"])


def test_counts_and_codes_pass() -> None:
    assert [plain(one) for one in (3, True, None, 0.5, "csv", "sign-in", "OperationalError")] == [
        3, True, None, 0.5, "csv", "sign-in", "OperationalError",
    ]  # fmt: skip
    assert plain(13900001234) == plain([NAME]) == plain({"a": 1}) == "…"
