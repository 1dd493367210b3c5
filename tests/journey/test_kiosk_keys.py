"""What the page's own arithmetic is worth: keys that the log does not show, Ed25519, QR codes, old phones."""

import base64
import re
import secrets
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.journey.kiosk_town import (
    beside_a_browser,
    closing,
    keys,
    phone,
    phone_with,
    running,
    template,
    town,
)  # fmt: skip
from tests.journey.raters import Rater

__all__ = ["beside_a_browser", "closing", "keys", "phone", "running", "template", "town"]

STATIC = Path(__file__).resolve().parents[2] / "hengjian" / "kiosk" / "static" / "kiosk"


def spoilt(file: dict[str, str], how: str) -> dict[str, str]:
    lines = file["proof"].split("\n")
    if how == "path":
        at = lines.index("") - 1
        lines[at] = base64.b64encode(bytes(32)).decode()
    if how == "witnesses":
        lines = [line for line in lines if not line.startswith("— w")]
    if how == "signature":
        at = next(at for at, line in enumerate(lines) if line.startswith("— log"))
        lines[at] = lines[at][:-12] + "AAAAAAAAAAA="
    entry = base64.b64decode(file["entry"])
    if how == "entry":
        entry = entry.replace(b"2026", b"2027", 1)
    return {"proof": "\n".join(lines), "entry": base64.b64encode(entry).decode()}


NO_ED25519 = """const real = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = (form, key, how, ...more) => how.name === "Ed25519"
  ? Promise.reject(new DOMException("unknown", "NotSupportedError")) : real(form, key, how, ...more);"""


@pytest.mark.parametrize(
    ("how", "script"),
    [*((how, "") for how in ("path", "witnesses", "signature", "entry", "offer")), ("signature", NO_ED25519)],
)
def test_a_key_that_the_log_does_not_show_gets_nothing_blinded(
    town: Any, chromium: Any, how: str, script: str
) -> None:
    secret = town.link()
    with phone_with(town, chromium, script) as one:

        def spoil(route: Any) -> None:
            route.fulfill(json=spoilt(route.fetch().json(), how))

        def other_key(route: Any) -> None:
            said = route.fetch().json()
            route.fulfill(json={**said, "spki": said["spki"][:200] + "00" + said["spki"][202:]})

        if how == "offer":
            one.page.route("**/issue/open", other_key)
        else:
            one.page.route("**/kiosk/keys/*", spoil)
        one.open(secret)
        one.rate(8)
        one.page.click("button[type=submit]")
        one.wait_for("公钥核对不符")
        one.picture("rate-wrong-key")
        assert "issue/token" not in one.paths()
        assert one.faults() == []


def test_old_phones_check_the_key_by_their_own_arithmetic(town: Any, chromium: Any) -> None:
    with phone_with(town, chromium, NO_ED25519) as one:
        one.open(town.link())
        one.rate(8)
        one.submit()
        assert "kiosk/ed25519.js" in one.paths()


def test_a_key_that_is_not_published_yet_waits(town: Any, phone: Rater) -> None:
    phone.page.route("**/kiosk/keys/*", lambda route: route.fulfill(status=404, json={}))
    phone.open(town.link())
    phone.rate(8)
    phone.page.click("button[type=submit]")
    phone.wait_for("还没有公布到存证日志")
    phone.page.unroute("**/kiosk/keys/*")
    phone.submit()


def test_own_arithmetic_agrees_with_openssl(town: Any, phone: Rater) -> None:
    phone.open()
    cases = []
    for at in range(12):
        key, message = Ed25519PrivateKey.generate(), secrets.token_bytes(at * 17)
        signature = bytearray(key.sign(message))
        if at % 2:
            signature[secrets.randbelow(64)] ^= 1 << secrets.randbelow(8)
        if at % 4 == 3:
            message += b"x"
        cases.append(
            [key.public_key().public_bytes_raw().hex(), bytes(signature).hex(), message.hex(), at % 2 == 0]
        )
    found = phone.page.evaluate(
        """async (cases) => {
        const { verify } = await import("/kiosk/ed25519.js");
        const { unhex } = await import("/kiosk/page.js");
        return Promise.all(cases.map(([k, s, m]) => verify(unhex(k), unhex(s), unhex(m))));}""",
        cases,
    )
    assert found == [valid for *_rest, valid in cases]


def test_qr_codes_can_be_read(town: Any, phone: Rater) -> None:
    phone.open()
    for length in (1, 10, 17, 18, 53, 60, 78, 79, 105, 106):
        assert readable(phone, length)
    assert phone.page.evaluate("async () => (await import('/kiosk/qr.js')).modules('x'.repeat(107))") is None


def readable(phone: Rater, length: int) -> bool:
    text = ("https://ballot.example.gov.cn/receipt#" + "A" * 200)[:length]
    ours = phone.page.evaluate("async (text) => (await import('/kiosk/qr.js')).modules(text)", text)
    dark = np.pad(np.array(ours, dtype=bool), 4)
    picture = np.where(np.kron(dark, np.ones((6, 6), dtype=bool)), 0, 255).astype(np.uint8)
    (found,) = zxingcpp.read_barcodes(picture)
    return (found.text, found.ec_level) == (text, "L")


def test_no_newer_language_than_phones_with_big_numbers_speak() -> None:
    newer = re.compile(
        r"\?\.[a-zA-Z(\[]|\?\?|\.(flat|flatMap|replaceAll|matchAll|at|allSettled)\(|catch \{|#\w+ ?[=(;]"
    )
    for path in STATIC.glob("*.js"):
        code = re.sub(r'"[^"\n]*"|`[^`]*`|//.*', "", path.read_text(encoding="utf-8"))
        assert newer.findall(code) == [], path.name
