"""Phones of 2018 (Chrome 67): what is younger in JavaScript is neither written nor called by the page."""

import re
from pathlib import Path
from typing import Any

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
STRINGS = re.compile(r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|//[^\n]*')
YOUNGER = re.compile(
    r"\?\.(?![0-9])|\?\?|\|\|=|&&=|\bstatic\s*\{|\b[0-9]+_[0-9]|(?<![\w.])#\w+\s*[=;(]|^await ", re.MULTILINE
)
WITHOUT = """
for (const one of [Element, Document, DocumentFragment]) delete one.prototype.replaceChildren;
for (const name of ["at", "flat", "flatMap", "findLast", "toSorted"]) delete Array.prototype[name];
for (const name of ["at", "matchAll", "replaceAll", "trimStart", "trimEnd"]) delete String.prototype[name];
for (const name of ["fromEntries", "hasOwn", "groupBy"]) delete Object[name];
for (const name of ["allSettled", "any", "try", "withResolvers"]) delete Promise[name];
for (const name of ["text", "arrayBuffer", "stream"]) delete Blob.prototype[name];
for (const name of ["structuredClone", "queueMicrotask", "WeakRef"]) delete window[name];
delete Crypto.prototype.randomUUID;
const { importKey } = SubtleCrypto.prototype;
SubtleCrypto.prototype.importKey = function (form, key, kind, ...rest) {
  if (kind.name === "Ed25519") throw new DOMException("unknown", "NotSupportedError");
  return importKey.call(this, form, key, kind, ...rest);
};
"""


def test_a_phone_of_2018_rates_and_reads_its_receipt(town: Any, chromium: Any) -> None:
    with phone_with(town, chromium, WITHOUT) as one:
        one.open(town.link())
        one.rate(7, "quick", comment="手机旧，也能评")
        one.page.check("#named-yes")
        one.page.check("#named-no")
        one.submit()
        one.page.click("#to-receipt")
        one.wait_for("已计入有效评价")
        one.page.fill("#answer", "补充")
        one.page.click("button:has-text('提交说明')")
        one.wait_for("我的补充")
        assert one.complaints == []


def test_no_younger_syntax_is_written() -> None:
    for path in STATIC.glob("*.js"):
        code = STRINGS.sub('""', path.read_text(encoding="utf-8"))
        assert YOUNGER.findall(code) == [], path.name
    for young in ("a?.b", "a ?? b", "a ||= b", "1_000", "class A { #x = 1; }", "await b;"):
        assert YOUNGER.search(young), young


def test_after_rating_and_by_a_used_link_one_asks_for_no_more(town: Any, phone: Rater) -> None:
    from hengjian.ratings.invitations.models import Attempt, OptOut
    from hengjian.ratings.invitations.secrets_file import hash_of

    (number,) = town.events("wants-no-more", channel="email")
    town.publish()
    secret = "n" * 43
    Attempt.objects.create(invitation_id=number, secret_hash=hash_of(secret), at=town.now)
    phone.page.on("dialog", lambda dialog: dialog.accept())
    phone.open(secret)
    phone.rate(8)
    phone.submit()
    assert phone.page.is_visible("#opt-out")
    assert phone.faults() == []
    phone.open(secret)
    phone.wait_for("已经评价过")
    assert phone.faults() == []
    assert not OptOut.objects.exists()
    phone.page.click("#opt-out")
    phone.wait_for("已退订")
    assert OptOut.objects.count() == 1


def test_a_link_that_was_handed_over_needs_no_opting_out(town: Any, phone: Rater) -> None:
    phone.open(town.link())
    phone.page.on("dialog", lambda dialog: dialog.accept())
    phone.page.click("#opt-out")
    phone.wait_for("无须退订")
    assert phone.faults() == []
