"""A new account's first day: its own password, an app's codes, a passkey; then signing with fresh proof."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from dataclasses import replace
from typing import Any

import pytest

from tests.journey.conftest import Site, Visitor

FIRST, OWN = "first password 2026", "一 long sentence only 我 know"


def code_of(secret: str) -> str:
    """RFC 6238: what an app on a phone would show in half a minute, which is not the one used just now."""
    counter = struct.pack(">Q", int((time.time() + 30) // 30))
    digest = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


@pytest.fixture(scope="module")
def by_name(site: Site) -> Site:
    """The same console by the machine's name: a passkey belongs to a name, never to a number."""
    return replace(site, address=site.address.replace("127.0.0.1", "localhost"), passwords={})


def phone(visitor: Visitor) -> Any:
    """An authenticator of the browser itself: keys on the device, unlocked by the person."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    yes = ("hasResidentKey", "hasUserVerification", "isUserVerified", "automaticPresenceSimulation")
    options = {"protocol": "ctap2", "transport": "internal", **dict.fromkeys(yes, True)}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def enter(visitor: Visitor, name: str, password: str) -> None:
    visitor.open("/sign-in/")
    visitor.page.fill("#id_username", name)
    visitor.page.fill("#id_password", password)
    visitor.page.click("main form.hj-form button[type=submit]")
    visitor.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("width", [1440, 360], ids=["desk", "phone"])
def test_the_first_day_of_an_account(by_name: Site, chromium: Any, width: int) -> None:
    name = f"new-{width}"
    by_name.run("user", "add", name, "--name", "试用人员", "--role", "office", "--password", FIRST)
    visitor = Visitor(by_name, chromium, width)
    page = visitor.page
    device = phone(visitor)
    visitor.open("/sign-in/")
    assert visitor.faults() == []
    visitor.picture("sign-in")
    enter(visitor, name, FIRST)
    assert page.url.endswith("/account/password/")
    assert visitor.faults() == []
    visitor.picture("account-password")
    for field, word in (("oldpassword", FIRST), ("password1", OWN), ("password2", OWN)):
        page.fill(f"#id_{field}", word)
    page.click("main form button[type=submit]")
    page.wait_for_load_state("networkidle")

    visitor.open("/account/factors/")
    assert visitor.faults() == []
    visitor.picture("account-factors")
    visitor.open("/account/factors/app/")
    assert visitor.faults() == []
    secret = page.inner_text("main code")
    page.fill("#id_code", code_of(secret))
    page.click("main form button[type=submit]")
    page.wait_for_selector(".hj-codes")
    codes = page.locator(".hj-codes code").all_inner_texts()
    assert len(codes) == 10
    assert visitor.faults() == []

    visitor.open("/account/factors/passkeys/add/")
    page.fill("#id_name", "办公电脑")
    assert visitor.faults() == []
    page.click("#passkey_add")
    page.wait_for_url("**/account/factors/")
    visitor.open("/account/factors/passkeys/")
    assert "办公电脑" in page.inner_text("main")
    assert visitor.faults() == []

    # the password and a code
    page.click("form[action='/sign-out/'] button")
    page.wait_for_url("**/sign-in/")
    enter(visitor, name, OWN)
    assert page.url.endswith("/sign-in/code/")
    assert visitor.faults() == []
    visitor.picture("sign-in-code")
    page.fill("#id_code", codes[0])
    page.click("main form.hj-form button[type=submit]")
    page.wait_for_url(f"{by_name.address}/")

    # a passkey alone
    page.click("form[action='/sign-out/'] button")
    page.wait_for_url("**/sign-in/")
    page.click("#passkey_login")
    page.wait_for_url(f"{by_name.address}/")
    visitor.open("/account/")
    assert "通行密钥" in page.inner_text("main")
    assert visitor.faults() == []
    visitor.picture("account")

    # a passkey that the browser does not have is told, not left hanging
    page.click("form[action='/sign-out/'] button")
    page.wait_for_url("**/sign-in/")
    device.send("WebAuthn.disable")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('none')) }")
    page.click("#passkey_login")
    page.wait_for_selector("#passkey-failed:not([hidden])")
    visitor.close()


def test_signing_waits_for_fresh_proof(by_name: Site, chromium: Any) -> None:
    by_name.run("user", "add", "signer", "--name", "试用人员", "--role", "office", "--password", FIRST)
    visitor = Visitor(by_name, chromium, 1440)
    page = visitor.page
    enter(visitor, "signer", FIRST)
    for field, word in (("oldpassword", FIRST), ("password1", OWN), ("password2", OWN)):
        page.fill(f"#id_{field}", word)
    page.click("main form button[type=submit]")
    page.wait_for_load_state("networkidle")
    by_name.move_clock(11 / 24 / 60)
    try:
        visitor.open("/cycles/2026-h1-trial/do/freeze/")
        if page.locator("[name=sure]").count():
            page.check("[name=sure]")
        page.click("main form button[type=submit]")
        page.wait_for_url("**/account/confirm/**")
        assert visitor.faults() == []
        visitor.picture("account-confirm")
    finally:
        by_name.move_clock(0)
        visitor.close()
