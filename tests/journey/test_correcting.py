"""A published result is found wrong and corrected by page; a file is attached, sent again, taken back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.journey.conftest import Site, Visitor
from tests.journey.test_roles import seen, sent, stepped
from tests.unit.desk.conftest import PDF

WIDTHS = [1440, 360]
SUPERSEDED = "本结果已被更正结果取代"
SEAT = "D1010011%40P1010011"  # the party secretary of 锻溪镇


@pytest.fixture(params=WIDTHS, ids=["desk", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def come(site: Site, chromium: Any, name: str, width: int) -> Visitor:
    visitor = Visitor(site, chromium, width)
    visitor.sign_in(name)
    return visitor


def test_the_office_corrects_a_published_result(site: Site, chromium: Any, width: int) -> None:
    wrong, right = f"2026-h1-wrong-{width}", f"2026-h1-wrong-{width}-c"
    site.run("cycle", "open", wrong, "--period", "2026-H1", "--policy", "seed", "--title",
             f"有误的一次考核 {width}（合成数据）", "--on", "2026-06-30", "--cut-off", "2026-07-09",
             "--level", "township", "--synthetic", "--by", "demo-office")  # fmt: skip
    site.run("assess", wrong, "--by", "demo-office")
    site.run("review", wrong, "--by", "demo-leader", "--reason", "同意公布")
    site.run("publish", wrong, "--by", "demo-office")
    office = come(site, chromium, "demo-office", width)
    leader = come(site, chromium, "demo-leader", width)
    page = office.page
    office.open(f"/cycles/{wrong}/")
    sent(office, "main a:text-is('更正本次结果')")
    assert "原结果一字不改" in seen(office, "correct")
    page.fill("#id_reason", "锻溪镇一项数据报错，单位来函说明。")
    sent(office, "main form button:text-is('建立更正周期')")
    page.wait_for_url(f"**/cycles/{right}/")
    sent(office, "main a:text-is('不适用指标与加减分')")
    page.fill("#id_find", "锻溪镇党委书记")
    sent(office, "main form button:text-is('查找')")
    assert "王某" not in seen(office, "add-found")
    sent(office, "section[aria-labelledby=found-title] li a")
    assert "它的权重按比例分给其余各项" in seen(office, "add-seat")
    page.fill("#id_points", "-0.5")
    page.fill("#id_clause", "SPEC F7")
    page.fill("#id_reason_points", "迟报一次")
    sent(office, "main form button:text-is('记入加减分')")
    assert "迟报一次" in seen(office, "added")
    stepped(office, right, "冻结数据", "已冻结")
    stepped(office, right, "计分", "已计分")
    office.open(f"/cycles/{wrong}/")
    assert "已公布" in page.inner_text("[aria-current=step]"), "until the correction is published it stands"
    stepped(leader, right, "审核", "已审核", reason="已核对更正内容，同意公布。")
    stepped(office, right, "公布", "已公布")
    office.open(f"/cycles/{wrong}/")
    assert SUPERSEDED in seen(office, "superseded")
    for rest in ("ranking/", "dashboard/", f"seats/{SEAT}/"):
        office.open(f"/cycles/{wrong}/{rest}")
        assert SUPERSEDED in page.inner_text("main"), rest
        assert f"/cycles/{right}/" in str(page.get_attribute("main [role=note] a", "href")), rest
    office.open(f"/cycles/{wrong}/")
    sent(office, "main a:text-is('查看更正后的结果')")
    page.wait_for_url(f"**/cycles/{right}/")
    office.open(f"/cycles/{right}/compare/?other={wrong}&seat={SEAT}")
    assert re.search(r"合计\s+−0\.", seen(office, "corrected-compared"))  # points taken, facts come since
    office.close()
    leader.close()


def test_a_file_is_attached_sent_again_and_taken_back(
    site: Site, chromium: Any, width: int, tmp_path: Path
) -> None:
    office, title = come(site, chromium, "demo-office", width), f"核实材料 {width}"
    page = office.page
    file = tmp_path / "原件.pdf"
    office.open("/quarantine/")
    sent(office, "main tbody a[href^='/quarantine/'] >> nth=0")
    for version, data in ((1, PDF), (2, PDF + b"\n% again\n")):
        file.write_bytes(data)
        page.fill("#attachment-title", title)
        page.set_input_files("#attachment-file", file)
        sent(office, "form:has(#attachment-file) button[type=submit]")
        assert f"第 {version} 版" in seen(office, f"attached-{version}")
    with page.expect_download() as waiting:
        page.click(f"tr:has-text('{title}') a >> nth=0")
    assert Path(waiting.value.path()).read_bytes() == PDF + b"\n% again\n"
    file.write_bytes(b"MZ not a document")
    page.fill("#attachment-title", title)
    page.set_input_files("#attachment-file", file)
    sent(office, "form:has(#attachment-file) button[type=submit]")
    assert "不是 PDF" in seen(office, "attachment-refused")
    page.go_back()
    page.locator(f"details:has-text('{title}') summary").focus()
    page.keyboard.press("Enter")
    page.fill(f"details:has-text('{title}') input[name=reason]", "传错了文件")
    sent(office, f"details:has-text('{title}') button[type=submit]")
    text = seen(office, "attachment-withdrawn")
    assert "已撤回，不再提供" in text
    assert page.locator(f"tr:has-text('{title}') a").count() == 0
    office.close()
