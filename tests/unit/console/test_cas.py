"""Signing in by a CAS server, against a real one: only whom an administrator has bound gets in."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client

from console.cas_peer import NUMBER, PASSWORD, ROOT, USER
from hengjian.access import identities
from hengjian.access.elsewhere import CasServer
from hengjian.config.sso import cas_servers
from hengjian.console.entrance import cas
from hengjian.terms.errors import Refused

if TYPE_CHECKING:
    from hengjian.access.models import User

OURS = "http://testserver"
DAY = date(2026, 1, 2)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The CAS server, listening."""
    if not (ROOT / ".venv" / "oracles" / "cas_server").exists():
        pytest.skip("缺少 · absent: django-cas-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    script = Path(__file__).with_name("cas_peer.py")
    command = [sys.executable, str(script), str(tmp_path_factory.mktemp("cas")), str(number), OURS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as served:
        assert served.stdout is not None
        assert served.stdout.readline().strip() == b"listening"
        yield number
        served.terminate()


@pytest.fixture
def server(port: int) -> CasServer:
    return CasServer("portal", "市政务门户", f"http://127.0.0.1:{port}/cas", OURS, "")


@pytest.fixture
def told(server: CasServer, people: dict[str, User], settings: Any) -> dict[str, User]:
    """The console, told of the server."""
    settings.SSO_CAS = (server,)
    return people


def bind(user: User, subject: str = USER) -> None:
    identities.bind(user, "portal", subject, on=DAY, by=None, reason="按授权单")


def asked(client: Client, **more: str) -> str:
    answer = client.post("/sso/cas/portal/login/", more)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def at_the_portal(address: str) -> str:
    """Sign in there; the address that the browser is sent back to."""
    browser = requests.Session()
    page = browser.get(address).text
    hidden = re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', page)
    form = {name: unescape(value) for name, value in hidden}
    answer = browser.post(
        address.partition("?")[0],
        data=form | {"username": USER, "password": PASSWORD},
        allow_redirects=False,
    )
    back = answer.headers["Location"]
    assert back.startswith(f"{OURS}/sso/cas/portal/callback/?")
    return back.removeprefix(OURS)


def inside(client: Client) -> bool:
    return bool(client.get("/policies/").status_code == 200)


def test_the_sign_in_page_offers_it_and_lets_its_form_lead_there(told: dict[str, User], port: int) -> None:
    page = Client(headers={"accept-language": "zh-CN"}).get("/sign-in/")
    assert "用“市政务门户”登录" in page.content.decode()
    assert f"form-action 'self' http://127.0.0.1:{port};" in page["Content-Security-Policy"]


def test_whom_an_administrator_has_bound_gets_in(told: dict[str, User]) -> None:
    bind(told["office"])
    client = Client()
    answer = client.get(at_the_portal(asked(client, next="/policies/")))
    assert (answer.status_code, answer["Location"]) == (302, "/policies/")
    assert inside(client)
    assert told["office"].sign_ins.get().method == "sso"


def test_by_an_attribute(told: dict[str, User], server: CasServer, settings: Any) -> None:
    bind(told["office"], NUMBER)
    settings.SSO_CAS = (replace(server, uid_field="employeeNumber"),)
    client = Client()
    client.get(at_the_portal(asked(client)))
    assert inside(client)
    bind(told["leader"], "a")
    settings.SSO_CAS = (replace(server, uid_field="group"),)  # two values are nobody's number
    client = Client()
    client.get(at_the_portal(asked(client)))
    assert not inside(client)


def test_being_known_to_the_server_alone_lets_nobody_in(told: dict[str, User]) -> None:
    client = Client(headers={"accept-language": "zh-CN"})
    assert client.get(at_the_portal(asked(client)))["Location"] == "/sign-in/"
    assert "没有与之绑定的可用账号" in client.get("/sign-in/").content.decode()
    assert not inside(client)


def test_a_second_factor_is_asked_for_after_it_too(told: dict[str, User]) -> None:
    from console.test_entrance import set_up_app

    bind(told["office"])
    first = Client()
    first.force_login(told["office"])
    set_up_app(first)
    client = Client()
    answer = client.get(at_the_portal(asked(client)))
    assert answer["Location"].startswith("/sign-in/code/")
    assert not inside(client)


def test_a_ticket_of_somebody_else_s_browser_signs_nobody_in(told: dict[str, User]) -> None:
    """Sent to a victim, who would then work in the attacker's account; or taken on the way."""
    bind(told["office"])
    asking, victim = Client(), Client()
    back = at_the_portal(asked(asking))
    assert victim.get(back)["Location"] == "/sign-in/"
    assert not inside(victim)
    asked(victim)  # it has asked too, for another number
    assert victim.get(back)["Location"] == "/sign-in/"
    assert not inside(victim)


def test_a_ticket_counts_once(told: dict[str, User]) -> None:
    bind(told["office"])
    client, again = Client(), Client()
    back = at_the_portal(asked(client))
    assert client.get(back)["Location"] != "/sign-in/"
    session = again.session
    session["hengjian_cas"] = {"server": "portal", "state": parse_qs(urlsplit(back).query)["state"][0],
                               "next": None}  # fmt: skip
    session.save()
    assert again.get(back)["Location"] == "/sign-in/"
    assert not inside(again)


def test_a_ticket_for_another_address_is_refused_by_the_server(told: dict[str, User]) -> None:
    """The number that the session knows is part of the address that a ticket is made for."""
    bind(told["office"])
    client = Client()
    theirs = parse_qs(urlsplit(at_the_portal(asked(Client()))).query)["ticket"][0]
    mine = parse_qs(urlsplit(unescape(asked(client))).query)["service"][0]
    assert client.get(f"{mine.removeprefix(OURS)}&ticket={theirs}")["Location"] == "/sign-in/"
    assert not inside(client)


@pytest.mark.parametrize("ticket", ["", "ST-forged", "PT-1", "ST-1 ST-2", "ST-" + "1" * 400])
def test_a_forged_ticket(told: dict[str, User], ticket: str) -> None:
    bind(told["office"])
    client = Client(headers={"accept-language": "zh-CN"})
    mine = parse_qs(urlsplit(asked(client)).query)["service"][0]
    assert client.get(mine.removeprefix(OURS), {"ticket": ticket}).status_code == 302
    assert not inside(client)


def test_the_way_back_is_ours_whatever_a_request_says(told: dict[str, User], settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    there = asked(Client(headers={"host": "evil.example.cn"}))
    assert parse_qs(urlsplit(there).query)["service"][0].startswith(f"{OURS}/sso/cas/portal/callback/?")


def test_a_server_that_is_gone_is_said(told: dict[str, User], server: CasServer, settings: Any) -> None:
    client = Client(headers={"accept-language": "zh-CN"})
    mine = parse_qs(urlsplit(asked(client)).query)["service"][0]
    settings.SSO_CAS = (replace(server, server_url="http://127.0.0.1:1/cas"),)
    assert client.get(f"{mine.removeprefix(OURS)}&ticket=ST-1")["Location"] == "/sign-in/"
    assert "单点登录没有完成" in client.get("/sign-in/").content.decode()


XML = '<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">%s</cas:serviceResponse>'


YES = "<cas:authenticationSuccess>%s</cas:authenticationSuccess>"
ONE = "<cas:user>u</cas:user>"
BARE = f"<cas:authenticationSuccess xmlns:cas='http://www.yale.edu/tp/cas'>{ONE}</cas:authenticationSuccess>"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (XML % YES % ONE, "u"),
        (XML % "<cas:authenticationFailure code='INVALID_TICKET'>u</cas:authenticationFailure>", None),
        (XML % ONE, None),
        (BARE, None),
        (XML.replace("www.yale.edu", "evil.example") % YES % ONE, None),
        (XML % YES % (ONE + ONE), None),
        (XML % YES % "<cas:user> </cas:user>", None),
    ],
)
def test_what_an_answer_says(text: str, found: str | None) -> None:
    assert cas._read(CasServer("p", "n", "https://x", "https://y", ""), text.encode()) == found


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + XML % "&e;",
        '<!DOCTYPE x [<!ENTITY e "u">]>' + XML % YES % "<cas:user>&e;</cas:user>",
        "x" * (cas.LARGEST + 1), "<",
    ],
)  # fmt: skip
def test_an_answer_that_is_no_answer(text: str) -> None:
    for encoding in ("utf-8", "utf-16", "utf-16-le"):
        with pytest.raises((ValueError, SyntaxError)):
            cas._read(CasServer("p", "n", "https://x", "https://y", ""), text.encode(encoding))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("providers: [{id: a, kind: cas, name: n, server_url: 'http://cas.example.cn', our_url: 'https://x'}]",
         "https"),
        ("providers: [{id: a, kind: cas, name: n, server_url: 'https://x', our_url: 'http://127.0.0.1.evil'}]",
         "https"),
        ("providers: [{id: a, kind: cas, name: n, server_url: 'https://x'}]", "缺少 our_url"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_right_is_refused(tmp_path: Path, said: str, words: str) -> None:
    file = tmp_path / "sso.yaml"
    file.write_text(said)
    file.chmod(0o600)
    with pytest.raises(Refused, match=words):
        cas_servers(tmp_path)
