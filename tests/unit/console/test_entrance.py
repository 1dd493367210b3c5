"""The entrance: lock-out, second factor, passkeys' pages, limits of a session, fresh proof before signing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from console.conftest import OPEN, PASSWORD

if TYPE_CHECKING:
    from hengjian.access.models import User

Browser = Callable[[str], Client]
OWN = "一 long sentence only 我 know"


def code_of(secret: str, at: float | None = None) -> str:
    """RFC 6238, written here anew: what an app on a phone would show."""
    counter = struct.pack(">Q", int((at or time.time()) // 30))
    digest = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def sign_in(client: Client, name: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/sign-in/", {"username": name, "password": password, **more})


def set_up_app(client: Client) -> tuple[str, list[str]]:
    """Switch the authenticator app on; its secret and the codes for a lost phone."""
    page = client.get("/account/factors/app/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]{16,})</code>", page).group(1)  # type: ignore[union-attr]
    answer = client.post("/account/factors/app/", {"code": code_of(secret)}, follow=True)
    codes = re.findall(r"<li><code>([\w-]+)</code></li>", answer.content.decode())
    assert len(codes) == 10
    return secret, codes


def make_stale(client: Client) -> None:
    session = client.session
    session["hengjian_proved_at"] = time.time() - 3600
    session.save()


# --- wrong passwords ---------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["office", "no-such-account"])
def test_five_wrong_passwords_lock_the_name_whether_or_not_there_is_an_account(
    people: object, name: str
) -> None:
    client = Client(headers={"accept-language": "zh-CN"})
    for _ in range(5):
        assert "账号或密码不正确" in sign_in(client, name, "wrong").content.decode()
    answer = sign_in(Client(headers={"accept-language": "zh-CN"}), name)  # the right one, another browser
    assert answer.status_code == 200
    assert "15 分钟后再试" in answer.content.decode()
    assert sign_in(Client(), "leader").status_code == 302  # others are not shut out by it


def test_a_right_password_between_wrong_ones_does_not_begin_the_count_anew(people: object) -> None:
    client = Client()
    for _ in range(4):
        sign_in(client, "office", "wrong")
    assert sign_in(Client(), "office").status_code == 302
    sign_in(Client(), "office", "wrong")
    assert sign_in(Client(), "office").status_code == 200  # locked


def test_a_closed_account_is_refused_in_the_same_words(people: dict[str, User]) -> None:
    from hengjian.access.operations import close_user

    close_user(people["office"], now=timezone.now())
    answer = sign_in(Client(headers={"accept-language": "zh-CN"}), "office")
    assert (answer.status_code, "账号或密码不正确，或账号不可用" in answer.content.decode()) == (200, True)


def test_closing_an_account_puts_out_whoever_is_signed_in(
    people: dict[str, User], signed_in: Browser
) -> None:
    from hengjian.access.operations import close_user

    client = signed_in("office")
    assert client.get("/").status_code == 200
    close_user(people["office"], now=timezone.now())
    assert client.get("/").status_code == 302


# --- sessions ----------------------------------------------------------------------------------------
def test_signing_in_gives_a_new_session(people: object) -> None:
    client = Client()
    client.get("/sign-in/")
    session = client.session
    session["planted"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    sign_in(client, "office")
    assert client.cookies["sessionid"].value != before
    thief = Client()
    thief.cookies["sessionid"] = before
    assert thief.get("/").status_code == 302


@pytest.mark.parametrize(("key", "minutes"), [("hengjian_seen_at", 31), ("hengjian_started_at", 481)])
def test_an_idle_and_an_old_session_end(signed_in: Browser, key: str, minutes: int) -> None:
    client = signed_in("office")
    session = client.session
    session[key] = time.time() - (minutes - 2) * 60
    session.save()
    assert client.get("/policies/").status_code == 200
    session = client.session
    session[key] = time.time() - minutes * 60
    session.save()
    answer = client.get("/policies/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=%2Fpolicies%2F")
    assert client.get("/policies/").status_code == 302


def test_a_person_sees_the_own_sign_ins_and_ends_one_of_them(people: dict[str, User]) -> None:
    here, other = Client(), Client()
    there = Client(headers={"user-agent": "Mozilla/5.0 (Windows) Firefox/140"})
    for client, name in ((here, "office"), (there, "office"), (other, "leader")):
        assert sign_in(client, name).status_code == 302
    page = here.get("/account/").content.decode()
    assert "Firefox · Windows" in page
    number = people["office"].sign_ins.get(device="Firefox · Windows").pk
    foreign = people["leader"].sign_ins.get().pk
    assert here.post(f"/account/{foreign}/sign-out/").status_code == 422
    assert other.get("/").status_code == 200
    assert here.post(f"/account/{number}/sign-out/").status_code == 302
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 200


def test_all_other_sign_ins_are_ended_at_once(people: dict[str, User]) -> None:
    here, there, third = Client(), Client(), Client()
    for client in (here, there, third):
        sign_in(client, "office")
    make_stale(here)
    assert here.post("/account/others/sign-out/")["Location"].startswith("/account/confirm/")
    assert there.get("/").status_code == 200
    here.post("/account/confirm/", {"password": PASSWORD, "next": "/account/others/sign-out/"})
    assert [client.get("/").status_code for client in (here, there, third)] == [200, 302, 302]


def test_what_has_timed_out_is_swept_even_if_its_browser_never_returns(people: dict[str, User]) -> None:
    from hengjian.access import sign_ins

    client = Client()
    sign_in(client, "office")
    key = client.session.session_key
    assert sign_ins.sweep(timezone.now() + timedelta(minutes=29)) == 0
    assert sign_ins.sweep(timezone.now() + timedelta(minutes=31)) == 1
    assert not client.session.exists(key)
    assert people["office"].sign_ins.get().ended_why == "idle"


# --- passwords ---------------------------------------------------------------------------------------
def change(client: Client, old: str, new: str) -> Any:
    return client.post("/account/password/", {"oldpassword": old, "password1": new, "password2": new})


def test_an_initial_password_is_changed_before_anything_else(people: dict[str, User]) -> None:
    from hengjian.access.operations import reset_password

    reset_password(people["office"], "first password 2026", now=timezone.now())
    client = Client(headers={"accept-language": "zh-CN"})
    assert sign_in(client, "office").status_code == 200  # the old one is gone
    sign_in(client, "office", "first password 2026")
    for page in ("/", "/policies/", "/account/", f"/cycles/{OPEN}/do/freeze/"):
        assert client.get(page)["Location"] == "/account/password/", page
    assert client.post(f"/cycles/{OPEN}/do/freeze/", {"sure": "yes"})["Location"] == "/account/password/"
    same = change(client, "first password 2026", "first password 2026").content.decode()
    assert "不能与当前密码相同" in same
    assert change(client, "first password 2026", OWN).status_code == 302
    assert client.get("/policies/").status_code == 200


@pytest.mark.parametrize(
    "new",
    ["short", "password1234", "abcdefghijkl", "1234567890123", "aaaaaaaaaaaaab", "hengjian-kaohe-2026",
     "officeoffice1", "qwertyuiop[]"],
)  # fmt: skip
def test_a_weak_password_is_refused(signed_in: Browser, new: str) -> None:
    client = signed_in("office")
    assert change(client, PASSWORD, new).status_code == 200
    assert sign_in(Client(), "office").status_code == 302


def test_a_changed_password_puts_out_the_other_devices(people: dict[str, User]) -> None:
    here, there = Client(), Client()
    sign_in(here, "office")
    sign_in(there, "office")
    assert change(here, PASSWORD, OWN).status_code == 302
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 302
    rows = people["office"].sign_ins
    assert list(rows.values_list("ended_why", flat=True)) == ["password", ""]
    assert rows.get(ended_why="").session_key == here.session.session_key


# --- the second factor -------------------------------------------------------------------------------
def test_with_an_app_the_password_alone_lets_nobody_in(people: dict[str, User]) -> None:
    first = Client()
    sign_in(first, "office")
    secret, codes = set_up_app(first)
    client = Client(headers={"accept-language": "zh-CN"})
    assert sign_in(client, "office", next="/policies/")["Location"] == "/sign-in/code/"
    assert client.get("/policies/").status_code == 302
    assert "验证码不正确" in client.post("/sign-in/code/", {"code": "000000"}).content.decode()
    assert client.get("/policies/").status_code == 302
    later = code_of(secret, time.time() + 30)  # the one used for setting up counts no more
    assert client.post("/sign-in/code/", {"code": later})["Location"] == "/policies/"
    assert people["office"].sign_ins.order_by("-id")[0].method == "second"
    again = Client()
    sign_in(again, "office")
    assert again.post("/sign-in/code/", {"code": later}).status_code == 200  # used once, used up
    assert again.post("/sign-in/code/", {"code": codes[0]}).status_code == 302
    third = Client()
    sign_in(third, "office")
    assert third.post("/sign-in/code/", {"code": codes[0]}).status_code == 200


def test_guessing_codes_is_stopped(people: object) -> None:
    first = Client()
    sign_in(first, "office")
    secret, _codes = set_up_app(first)
    client = Client(headers={"accept-language": "zh-CN"})
    sign_in(client, "office")
    for guess in range(5):
        client.post("/sign-in/code/", {"code": f"{guess:06d}"})
    answer = client.post("/sign-in/code/", {"code": code_of(secret, time.time() + 30)})
    assert "15 分钟后再试" in answer.content.decode()
    assert client.get("/").status_code == 302


def test_the_secret_stands_encrypted_in_the_database(people: dict[str, User], signed_in: Browser) -> None:
    from allauth.mfa.models import Authenticator

    secret, codes = set_up_app(signed_in("office"))
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not any(code in kept for code in codes)


def test_where_a_second_factor_is_demanded_nothing_opens_before_it(signed_in: Browser, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    client = signed_in("office")
    assert client.get("/policies/")["Location"] == "/account/factors/"
    set_up_app(client)
    assert client.get("/policies/").status_code == 200
    assert client.post("/account/factors/app/remove/").status_code == 200  # the last one stays
    assert "不能停用最后一种" in client.post("/account/factors/app/remove/").content.decode()


# --- fresh proof before signing ----------------------------------------------------------------------
def test_a_signing_deed_waits_for_fresh_proof_and_is_then_done_as_filled_in(
    people: object, signed_in: Browser
) -> None:
    from hengjian.cycles import queries

    client = signed_in("office")
    make_stale(client)
    page = f"/cycles/{OPEN}/do/freeze/"
    assert client.get(page).status_code == 200
    answer = client.post(page, {"sure": "yes"})
    assert answer["Location"] == f"/account/confirm/?next={page.replace('/', '%2F')}"
    assert queries.cycle_row(OPEN).state == "open"
    wrong = client.post("/account/confirm/", {"password": "wrong", "next": page})
    assert (wrong.status_code, queries.cycle_row(OPEN).state) == (200, "open")
    done = client.post("/account/confirm/", {"password": PASSWORD, "next": page})
    assert (done.status_code, done["Location"]) == (302, f"/cycles/{OPEN}/")
    assert queries.cycle_row(OPEN).state == "frozen"


def test_whoever_has_a_second_factor_proves_by_that_and_not_by_the_password(signed_in: Browser) -> None:
    client = signed_in("office")
    secret, _codes = set_up_app(client)
    make_stale(client)
    page = f"/cycles/{OPEN}/do/freeze/"
    assert client.post(page, {"sure": "yes"})["Location"].startswith("/account/confirm/code/")
    assert client.post("/account/confirm/", {"password": PASSWORD, "next": page}).status_code == 302
    assert client.post(page, {"sure": "yes"})["Location"].startswith("/account/confirm/code/")
    answer = client.post(
        "/account/confirm/code/", {"code": code_of(secret, time.time() + 30), "next": "/policies/"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/policies/")


def test_own_ways_of_signing_in_are_changed_with_fresh_proof_only(signed_in: Browser) -> None:
    client = signed_in("office")
    make_stale(client)
    for page in ("app/", "passkeys/add/", "codes/new/"):
        assert client.get(f"/account/factors/{page}")["Location"].startswith("/account/confirm/"), page


def test_every_signing_view_demands_fresh_proof() -> None:
    from hengjian.console.views import calibration, cycles, decisions, panel_rolls, reports

    for view in (cycles.act, calibration.edit, decisions.decision, panel_rolls.roll, reports.report):
        assert getattr(view, "needs_fresh_proof", False), view


# --- nobody signs up ---------------------------------------------------------------------------------
@pytest.mark.parametrize("page", ["/signup/", "/accounts/signup/", "/account/email/", "/password/reset/"])
def test_there_is_no_way_to_make_an_account_or_a_password_by_mail(people: object, page: str) -> None:
    assert Client().get(page).status_code == 404


def test_pages_of_the_entrance_hold_no_inline_script(signed_in: Browser) -> None:
    client = signed_in("office")
    for page in ("/account/", "/account/password/", "/account/factors/", "/account/factors/app/",
                 "/account/factors/passkeys/", "/account/factors/passkeys/add/"):  # fmt: skip
        text = client.get(page).content.decode()
        inline = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", text)
        assert not inline, (page, inline)
        assert " style=" not in text
