"""Single sign-on against a real OpenID provider: only whom an administrator has bound gets in."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from django.test import Client

from hengjian.access import identities
from hengjian.config.sso import providers
from hengjian.terms.errors import Refused

if TYPE_CHECKING:
    from hengjian.access.models import User

ROOT = Path(__file__).resolve().parents[3]
CALLBACK = "http://testserver/sso/city/login/callback/"
DAY = date(2026, 1, 2)
SAID = """
providers:
  - {id: city, name: 市统一身份认证平台, server_url: "http://127.0.0.1:%s", client_id: hengjian,
     client_secret: a-secret-of-the-tests-only}
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The provider, listening."""
    if shutil.which("node") is None or not (ROOT / "node_modules" / "oidc-provider").exists():
        pytest.skip("缺少 · absent: node, oidc-provider")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    script = Path(__file__).with_name("provider.mjs")
    with subprocess.Popen(
        ["node", script, str(number), CALLBACK], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as served:
        assert served.stdout is not None
        assert served.stdout.readline().strip() == b"listening"
        yield number
        served.terminate()


@pytest.fixture
def single(port: int, people: dict[str, User], settings: Any, tmp_path: Path) -> dict[str, User]:
    """The console, told of the provider as an office tells it."""
    file = tmp_path / "sso.yaml"
    file.write_text(SAID % port)
    file.chmod(0o600)
    before = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {**before, "APPS": providers(tmp_path)}}
    return people


def through(client: Client, who: str, **more: str) -> Any:
    """Sign in at the provider as somebody; the console's answer to what the provider says."""
    asked = client.post("/sso/city/login/", more)
    assert asked.status_code == 302, asked.content.decode()
    browser = requests.Session()
    answer = browser.get(asked["Location"], allow_redirects=False)
    for _step in range(12):
        where = answer.headers.get("Location")
        if where and where.startswith(CALLBACK):
            return client.get(where.removeprefix("http://testserver"))
        if where:
            answer = browser.get(urljoin(answer.url, where), allow_redirects=False)
            continue
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        assert prompt is not None, answer.text[:500]
        form = {"prompt": prompt.group(1), "login": who, "password": "whatever"}
        answer = browser.post(answer.url, data=form, allow_redirects=False)
    raise AssertionError("the provider does not come back")


def bind(user: User, subject: str) -> None:
    identities.bind(user, "city", subject, on=DAY, by=None, reason="按授权单")


def test_the_sign_in_page_offers_the_provider_and_lets_its_form_lead_there(
    single: dict[str, User], port: int
) -> None:
    client = Client(headers={"accept-language": "zh-CN"})
    page = client.get("/sign-in/")
    assert "用“市统一身份认证平台”登录" in page.content.decode()
    there = f"form-action 'self' http://127.0.0.1:{port};"
    assert there in page["Content-Security-Policy"]
    client.force_login(single["office"])
    assert there not in client.get("/policies/")["Content-Security-Policy"]


def test_whom_an_administrator_has_bound_gets_in(single: dict[str, User]) -> None:
    bind(single["office"], "u-1001")
    client = Client()
    answer = through(client, "u-1001", next="/policies/")
    assert (answer.status_code, answer["Location"]) == (302, "/policies/")
    assert client.get("/policies/").status_code == 200
    assert single["office"].sign_ins.get().method == "sso"


@pytest.mark.parametrize("who", ["u-2002", "office", "u-1001x"])
def test_being_known_to_the_provider_alone_lets_nobody_in(single: dict[str, User], who: str) -> None:
    from hengjian.access.models import User

    bind(single["office"], "u-1001")
    before = User.objects.count()
    client = Client(headers={"accept-language": "zh-CN"})
    answer = through(client, who)
    assert answer["Location"] == "/sign-in/"
    assert "没有与之绑定的可用账号" in client.get("/sign-in/").content.decode()
    assert client.get("/policies/").status_code == 302
    assert User.objects.count() == before


def test_released_and_closed_accounts_stay_out(single: dict[str, User]) -> None:
    from django.utils import timezone

    from hengjian.access.operations import close_user

    bind(single["office"], "u-1001")
    bind(single["leader"], "u-1002")
    identities.release(single["office"], "city", "u-1001", on=DAY, by=None, reason="调离")
    close_user(single["leader"], now=timezone.now())
    for who in ("u-1001", "u-1002"):
        client = Client()
        assert through(client, who)["Location"] == "/sign-in/"
        assert client.get("/policies/").status_code == 302


def test_a_second_factor_is_asked_for_after_the_provider_too(single: dict[str, User]) -> None:
    from console.test_entrance import set_up_app

    bind(single["office"], "u-1001")
    first = Client()
    first.force_login(single["office"])
    set_up_app(first)
    client = Client()
    assert through(client, "u-1001")["Location"] == "/sign-in/code/"
    assert client.get("/policies/").status_code == 302


def test_an_answer_that_was_not_asked_for_is_refused(single: dict[str, User]) -> None:
    """Somebody else's answer of the provider, sent to a browser that did not ask, signs nobody in."""
    bind(single["office"], "u-1001")
    asking, victim = Client(), Client()
    asked = asking.post("/sso/city/login/")
    state = parse_qs(urlsplit(asked["Location"]).query)["state"][0]
    answer = victim.get(f"/sso/city/login/callback/?code=stolen&state={state}")
    assert answer.status_code in {302, 403}
    assert victim.get("/policies/").status_code == 302
    forged = asking.get(f"/sso/city/login/callback/?code=forged&state={state}")
    assert forged["Location"] == "/sign-in/"


def test_a_subject_is_bound_to_one_account_at_a_time(single: dict[str, User]) -> None:
    bind(single["office"], "u-1001")
    with pytest.raises(Refused, match="已绑定"):
        bind(single["leader"], "u-1001")
    with pytest.raises(Refused, match="没有绑定本账号"):
        identities.release(single["leader"], "city", "u-1001", on=DAY, by=None, reason="错")
    identities.release(single["office"], "city", "u-1001", on=DAY, by=None, reason="调离")
    bind(single["leader"], "u-1001")
    assert identities.holder("city", "u-1001") == single["leader"]


@pytest.mark.parametrize(
    ("said", "mode", "words"),
    [("providers: 1", 0o600, "providers"), ("providers:\n  - id: a\n\tname: b", 0o600, "第 3 行第 1 列"),
     ("providers: [{id: a", 0o600, "不合 YAML"), ("id: \x07", 0o600, "不能出现的字符"),
     ("providers: [{id: a}]", 0o600, "缺少"),
     (SAID % 1, 0o644, "别的账号"), (SAID.replace("127.0.0.1", "id.example.cn") % 1, 0o600, "https")],
)  # fmt: skip
def test_a_file_that_is_not_right_is_refused(tmp_path: Path, said: str, mode: int, words: str) -> None:
    file = tmp_path / "sso.yaml"
    file.write_text(said)
    file.chmod(mode)
    with pytest.raises(Refused, match=words):
        providers(tmp_path)
    file.write_bytes(b"providers: \xff")
    file.chmod(0o600)
    with pytest.raises(Refused, match="UTF-8"):
        providers(tmp_path)
