"""The log's pages in a real browser, over the demonstration's log with its three witnesses."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hengjian.proof.main import main as hengjian_proof

if TYPE_CHECKING:
    from tests.journey.conftest import Site, Visitor

SEED, WANG = "demo-seed-2026-h1", "D1030011@P1030011"
PAGES = {
    "log": "/notary/",
    "log-heads": "/notary/heads/",
    "log-witnesses": "/notary/witnesses/",
    "log-anchors": "/notary/anchors/",
    "log-reconciliation": "/notary/reconciliation/",
    "log-proof": "/notary/proof/?kind=cycles.publication&key=1",
    "log-verify": "/notary/verify/",
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_of_the_log_is_accessible_fits_the_window_and_asks_nothing_outside(
    visitor: Visitor, language: str
) -> None:
    visitor.sign_in("demo-auditor")
    if language == "en":
        visitor.page.click("button:has-text('English')")
        visitor.page.wait_for_selector("html[lang=en]")
    found = {}
    for name, path in PAGES.items():
        assert visitor.open(path).status == 200, path
        if language == "zh-hans":
            visitor.picture(name)
        found[name] = visitor.faults()
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_dark_pages_of_the_log_are_accessible_too(site: Site, chromium: Any) -> None:
    from tests.journey.conftest import Visitor

    visitor = Visitor(site, chromium, 1440, color_scheme="dark")
    visitor.sign_in("demo-office")
    for name, path in PAGES.items():
        visitor.open(path)
        assert visitor.faults() == [], name
    visitor.close()


def test_from_a_cycle_to_its_proof_that_an_independent_program_accepts(
    visitor: Visitor, tmp_path: Path
) -> None:
    visitor.sign_in("demo-leader")
    visitor.open(f"/cycles/{SEED}/")
    assert "已存证" in visitor.page.inner_text("main")
    visitor.page.click("main a:has-text('存证证明')")
    visitor.page.wait_for_url("**/notary/proof/**")
    assert "已存证" in visitor.page.inner_text("main .hj-notice-good")
    saved = []
    for words in ("下载证明", "下载开启文件"):
        with visitor.page.expect_download() as coming:
            visitor.page.click(f"main a:has-text('{words}')")
        file = tmp_path / coming.value.suggested_filename
        coming.value.save_as(file)
        saved.append(str(file))
    visitor.page.click(".hj-tabs a:has-text('自行核验')")
    trust = tmp_path / "trust.txt"
    trust.write_text(visitor.page.locator("pre.hj-command").text_content() or "")
    asked = ["verify", saved[0], "--opening", saved[1], "--trust", str(trust)]
    assert hengjian_proof(asked) == 0


def test_from_a_figure_of_the_own_sheet_to_the_record_in_the_log(visitor: Visitor) -> None:
    visitor.sign_in("demo-wang")
    visitor.open(f"/cycles/{SEED}/seats/{WANG}/")
    line = visitor.page.locator("tbody details", has_text="生态系统生产总值").first
    line.locator("summary").first.click()
    line.locator(".hj-tree").wait_for()
    closed = line.locator(".hj-tree details:not([open]) > summary:visible")
    while closed.count():
        closed.first.click()
    line.locator("a .hj-digest").first.click()
    visitor.page.wait_for_url("**/records/**")
    visitor.page.click("main a:has-text('存证证明')")
    visitor.page.wait_for_url("**/proof/")
    visitor.picture("record-proof")
    assert "已存证" in visitor.page.inner_text("main")
    assert visitor.page.locator("tfoot .hj-tag-good").count() == 1
    assert visitor.faults() == []
    assert visitor.open("/notary/").status == 403


def test_the_whole_log_can_be_taken_home_and_verified(site: Site, tmp_path: Path) -> None:
    with urllib.request.urlopen(f"{site.address}/log/files.txt", timeout=20) as listed:
        addresses = listed.read().decode().split()
    for address in addresses:
        file = tmp_path / "log" / address.removeprefix(f"{site.address}/log/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(urllib.request.urlopen(address, timeout=20).read())
    trust = tmp_path / "trust.txt"
    trust.write_bytes(urllib.request.urlopen(f"{site.address}/log/trust", timeout=20).read())
    assert hengjian_proof(["verify", str(tmp_path / "log"), "--trust", str(trust)]) == 0
    full = next(file for file in (tmp_path / "log" / "tile" / "0").iterdir() if file.is_file())
    full.write_bytes(bytes(32) + full.read_bytes()[32:])
    assert hengjian_proof(["verify", str(tmp_path / "log"), "--trust", str(trust)]) == 5
