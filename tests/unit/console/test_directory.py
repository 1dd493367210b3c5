"""Signing in by an LDAP directory, against a real slapd: only whom an administrator has bound gets in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from console.conftest import PASSWORD as OURS
from console.directory_server import (
    BASE,
    PASSWORD,
    READER,
    READER_PASSWORD,
    SLAPD,
    Served,
    directory_server,
)
from hengjian.access import identities
from hengjian.access.elsewhere import Directory
from hengjian.config.sso import directories
from hengjian.console.entrance.directory import Unreachable, person_of
from hengjian.terms.errors import Refused

if TYPE_CHECKING:
    from hengjian.access.models import User

DAY = date(2026, 1, 2)
ADDRESS = "/sign-in/directory/staff/"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not Path(SLAPD).exists() or find_spec("ldap") is None:
        pytest.skip("缺少 · absent: slapd, python-ldap")
    with directory_server(tmp_path_factory.mktemp("slapd")) as one:
        yield one


@pytest.fixture
def directory(served: Served) -> Directory:
    return Directory(
        "staff", "机关统一账号", f"ldap://127.0.0.1:{served.plain}", start_tls=False, ca_file="", base=BASE,
        login_field="uid", uid_field="employeeNumber", reader=READER, reader_password=READER_PASSWORD,
    )  # fmt: skip


@pytest.fixture
def told(directory: Directory, people: dict[str, User], settings: Any) -> dict[str, User]:
    """The console, told of the directory."""
    settings.SSO_DIRECTORIES = (directory,)
    return people


def bind(user: User, subject: str) -> None:
    identities.bind(user, "staff", subject, on=DAY, by=None, reason="按授权单")


def post(client: Client, login: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(ADDRESS, {"username": login, "password": password, **more})


def inside(client: Client) -> bool:
    return bool(client.get("/policies/").status_code == 200)


def test_the_sign_in_page_leads_to_the_directory(told: dict[str, User]) -> None:
    client = Client(headers={"accept-language": "zh-CN"})
    page = client.get("/sign-in/?next=/policies/").content.decode()
    assert "用“机关统一账号”登录" in page
    assert f"{ADDRESS}?next=/policies/" in page
    form = client.get(f"{ADDRESS}?next=/policies/").content.decode()
    assert 'name="next" value="/policies/"' in form
    assert client.get("/sign-in/directory/other/").status_code == 404


def test_whom_an_administrator_has_bound_gets_in(told: dict[str, User]) -> None:
    bind(told["office"], "1001")
    client = Client()
    answer = post(client, "zhangsan", next="/policies/")
    assert (answer.status_code, answer["Location"]) == (302, "/policies/")
    assert inside(client)
    assert told["office"].sign_ins.get().method == "sso"


def test_the_way_on_does_not_lead_elsewhere(told: dict[str, User]) -> None:
    bind(told["office"], "1001")
    assert "example.com" not in post(Client(), "zhangsan", next="https://example.com/")["Location"]


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("zhangsan", "wrong"), ("zhangsan", ""), ("", PASSWORD), ("nobody", PASSWORD), ("*", PASSWORD),
        ("zhang*", PASSWORD), ("zhangsan)(uid=*", PASSWORD), ("twice", PASSWORD), ("nobody", ""),
        ("zhangsan", PASSWORD + "x" * 300),
    ],
)  # fmt: skip
def test_nobody_else_does_and_all_are_told_the_same(told: dict[str, User], login: str, password: str) -> None:
    for user, subject in (("office", "1001"), ("leader", "1003"), ("official", "1004")):
        bind(told[user], subject)
    client = Client(headers={"accept-language": "zh-CN"})
    answer = post(client, login, password)
    assert answer.status_code == 422
    assert "账号或密码不正确，或账号不可用" in answer.content.decode()
    assert not inside(client)


def test_a_name_is_looked_for_as_it_is_written(directory: Directory) -> None:
    """A wildcard that finds exactly one person still is nobody."""
    alone = replace(directory, base=f"uid=lisi,ou=people,{BASE}")
    assert person_of(alone, "lisi", PASSWORD) == "1002"
    assert person_of(alone, "li*", PASSWORD) is None
    assert person_of(alone, "lisi", "") is None


def test_being_known_to_the_directory_alone_lets_nobody_in(told: dict[str, User]) -> None:
    from hengjian.access.models import User

    before = User.objects.count()
    client = Client(headers={"accept-language": "zh-CN"})
    assert "没有与之绑定的可用账号" in post(client, "lisi").content.decode()
    assert not inside(client)
    assert User.objects.count() == before


def test_guessing_is_stopped_as_everywhere(told: dict[str, User]) -> None:
    bind(told["office"], "1001")
    bind(told["leader"], "1002")
    client = Client(headers={"accept-language": "zh-CN"})
    for _guess in range(5):
        assert "账号或密码不正确" in post(client, "zhangsan", "wrong").content.decode()
    for name in ("zhangsan", "ZhangSan", "ｚhangsan", "zhang\u00adsan"):
        late = post(client, name)
        assert "尝试次数过多" in late.content.decode()
    assert not inside(client)
    assert post(client, "lisi").status_code == 302  # the others go on


def test_a_second_factor_is_asked_for_after_the_directory_too(told: dict[str, User]) -> None:
    from console.test_entrance import set_up_app

    bind(told["office"], "1001")
    first = Client()
    first.force_login(told["office"])
    set_up_app(first)
    client = Client()
    assert post(client, "zhangsan")["Location"].startswith("/sign-in/code/")
    assert not inside(client)


def test_a_directory_that_is_gone_is_said_and_is_no_guess(told: dict[str, User], settings: Any) -> None:
    (known,) = settings.SSO_DIRECTORIES
    bind(told["office"], "1001")
    client = Client(headers={"accept-language": "zh-CN"})
    settings.SSO_DIRECTORIES = (replace(known, server_url="ldap://127.0.0.1:1"),)
    for _try in range(7):
        assert "暂时连不上“机关统一账号”" in post(client, "zhangsan").content.decode()
    ours = Client()
    assert ours.post("/sign-in/", {"username": "leader", "password": OURS}).status_code == 302
    assert inside(ours)
    settings.SSO_DIRECTORIES = (known,)
    assert post(client, "zhangsan").status_code == 302


def test_who_has_nothing_but_the_directory_proves_again_by_signing_in_anew(told: dict[str, User]) -> None:
    from console.test_entrance import make_stale

    bind(told["office"], "1001")
    told["office"].set_unusable_password()
    told["office"].save()
    client = Client()
    post(client, "zhangsan")
    deed = "/account/others/sign-out/"
    assert client.post(deed)["Location"] == "/account/"
    make_stale(client)
    assert client.post(deed)["Location"].startswith("/account/again/")
    client.post("/sign-out/")
    post(client, "zhangsan")
    assert client.post(deed)["Location"] == "/account/"


def test_a_reader_that_is_refused_is_no_wrong_password(directory: Directory) -> None:
    with pytest.raises(Unreachable):
        person_of(replace(directory, reader_password="old"), "zhangsan", PASSWORD)


@pytest.mark.parametrize("tls", [False, True])
def test_the_certificate_is_checked(directory: Directory, served: Served, tls: bool) -> None:
    """Encrypted from the start, or by StartTLS."""
    url = f"ldap://127.0.0.1:{served.plain}" if tls else f"ldaps://127.0.0.1:{served.encrypted}"
    one = replace(directory, server_url=url, start_tls=tls, ca_file=str(served.ca_file))
    assert person_of(one, "zhangsan", PASSWORD) == "1001"
    for unknown in (str(served.other_ca), ""):
        with pytest.raises(Unreachable):
            person_of(replace(one, ca_file=unknown), "zhangsan", PASSWORD)


def test_by_the_directory_s_own_number_when_nothing_else_is_said(directory: Directory) -> None:
    found = person_of(replace(directory, uid_field="entryUUID"), "zhangsan", PASSWORD)
    assert found is not None
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", found)


SAID = """
providers:
  - {id: staff, kind: ldap, name: 机关统一账号, server_url: "%s", base: "dc=example", reader: "cn=r",
     reader_password: p%s}
"""


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (SAID % ("ldap://ldap.example.cn", ""), "没有加密"),
        (SAID % ("ldap://127.0.0.1.example.cn", ""), "没有加密"),
        (SAID % ("https://ldap.example.cn", ""), "没有加密"),
        (SAID % ("ldaps://ldap.example.cn ldap://ldap.example.cn", ""), "不是一个地址"),
        (SAID % ("ldaps://ldap.example.cn", ", uid_field: 'uid=*)(cn'"), "不是字段名"),
        (SAID % ("ldaps://ldap.example.cn", ", ca_file: 3"), "不是文字"),
        (SAID.replace("kind: ldap", "kind: radius") % ("x", ""), "kind 不认识"),
        (SAID.replace("staff", "a/b") % ("ldaps://x", ""), "id 不合格式"),
        (SAID % ("ldaps://x", "") + (SAID % ("ldaps://y", "")).split("providers:\n")[1], "同一个 id"),
        ("providers: [{id: a, kind: ldap}]", "缺少"),
    ],
)
def test_a_file_that_is_not_right_is_refused(tmp_path: Path, said: str, words: str) -> None:
    file = tmp_path / "sso.yaml"
    file.write_text(said)
    file.chmod(0o600)
    with pytest.raises(Refused, match=words):
        directories(tmp_path)


def test_a_file_that_is_right_is_taken(tmp_path: Path, served: Served) -> None:
    file = tmp_path / "sso.yaml"
    file.write_text(SAID % ("ldap://ldap.example.cn", ", start_tls: true"))
    file.chmod(0o600)
    (one,) = directories(tmp_path)
    assert (one.start_tls, one.login_field, one.uid_field) == (True, "uid", "entryUUID")
