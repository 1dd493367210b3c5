"""Documents of a cycle: the figures of GB/T 9704-2012 in the Word file's own XML, and what they may say."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from console.conftest import OPEN, SEED

Browser = Callable[[str], Client]
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MM = 1440 / 25.4  # twips
OFFICE = "新坪市考核委员会办公室"


def xml(body: bytes, part: str = "word/document.xml") -> ET.Element:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return ET.fromstring(archive.read(part))


def words(body: bytes) -> str:
    return "".join(one.text or "" for one in xml(body).iter(f"{W}t"))


def of(element: ET.Element | None, name: str) -> str:
    assert element is not None
    return element.attrib[f"{W}{name}"]


@pytest.fixture
def paper() -> Any:
    from hengjian.console.papers.layout import Paper, first, grid, second, text

    parts = (
        text("正文。" * 20),
        first("一、情况"),
        second("（一）小题"),
        grid((("甲", "乙"), ("1", "2")), (1, 1)),
    )
    return Paper(
        "关于某事的通报", "各单位：", parts, OFFICE, date(2026, 1, 5), head=f"{OFFICE}文件",
        number="新考办〔2026〕5号", attachments=("甲表", "乙表"), copies="市委组织部。", printer=OFFICE,
        marks=("合成数据",),
    )  # fmt: skip


def test_the_page_has_the_standard_s_margins_and_grid(paper: Any) -> None:
    from hengjian.console.papers import word

    body = word.document(paper)
    section = xml(body).find(f".//{W}sectPr")
    assert section is not None
    size, edges, net = (section.find(f"{W}{one}") for one in ("pgSz", "pgMar", "docGrid"))
    near = {
        (size, "w"): 210, (size, "h"): 297, (edges, "top"): 37, (edges, "bottom"): 35, (edges, "left"): 28,
        (edges, "right"): 26,
    }  # fmt: skip
    for (element, name), wanted in near.items():
        assert float(of(element, name)) / MM == pytest.approx(wanted, abs=0.05), name
    assert of(net, "type") == "linesAndChars"
    # 22 lines in 225 mm, 28 letters in 156 mm, of 16 points
    pitch = int(of(net, "linePitch")) / 20
    letter = 16 + int(of(net, "charSpace")) / 4096
    assert int(225 / 25.4 * 72 / pitch) == 22
    assert int(156 / 25.4 * 72 / letter + 1e-6) == 28
    style = next(
        s for s in xml(body, "word/styles.xml").iter(f"{W}style") if s.get(f"{W}styleId") == "Normal"
    )
    assert of(style.find(f".//{W}sz"), "val") == "32"
    assert of(style.find(f".//{W}rFonts"), "eastAsia") == "仿宋_GB2312"
    spacing = style.find(f".//{W}spacing")
    assert (of(spacing, "lineRule"), int(of(spacing, "line"))) == ("exact", int(of(net, "linePitch")))


def test_each_part_has_its_official_typeface_and_place(paper: Any) -> None:
    from hengjian.console.papers import word

    body = word.document(paper)
    runs = {}
    for line in xml(body).iter(f"{W}p"):
        for run in line.iter(f"{W}r"):
            said = "".join(one.text or "" for one in run.iter(f"{W}t"))
            runs[said] = (of(run.find(f".//{W}rFonts"), "eastAsia"), of(run.find(f".//{W}sz"), "val"), line)
    assert runs["关于某事的通报"][:2] == ("方正小标宋简体", "44")
    assert runs["一、情况"][:2] == ("黑体", "32")
    assert runs["（一）小题"][:2] == ("楷体_GB2312", "32")
    assert runs["正文。" * 20][:2] == ("仿宋_GB2312", "32")
    assert runs["新坪市考核委员会办公室文件"][0] == "方正小标宋简体"
    indent = {said: line.find(f".//{W}ind") for said, (_f, _s, line) in runs.items()}
    assert of(indent["一、情况"], "firstLineChars") == "200"
    # the date is four letters from the edge, the signature centred above it or both moved together
    from hengjian.console.papers.layout import width

    signed, dated = "新坪市考核委员会办公室", "2026年1月5日"
    right = {one: int(of(indent[one], "rightChars")) / 100 for one in (signed, dated)}
    assert right[signed] >= 2
    assert right[signed] + width(signed) / 2 == pytest.approx(right[dated] + width(dated) / 2)
    assert "附件：1. 甲表" in runs
    settings = xml(body, "word/settings.xml")
    assert settings.find(f"{W}evenAndOddHeaders") is not None


def test_the_numbers_of_pages_stand_between_dashes_outside(paper: Any) -> None:
    from hengjian.console.papers import word

    body = word.document(paper)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        feet = [
            archive.read(one).decode() for one in archive.namelist() if "footer" in one and "rels" not in one
        ]
    sides = sorted(re.search(r'<w:jc w:val="(\w+)"', foot)[1] for foot in feet if "PAGE" in foot)  # type: ignore[index]
    assert sides == ["left", "right"]
    assert all("— " in foot and " —" in foot and 'w:val="28"' in foot for foot in feet if "PAGE" in foot)


def test_the_pdf_is_a4_with_embedded_fonts(paper: Any) -> None:
    from hengjian.console.papers import pdf

    body = pdf.document(paper)
    assert body.startswith(b"%PDF")
    box = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", body)
    assert box
    assert [float(one) / 72 * 25.4 for one in box.groups()] == pytest.approx([210, 297], abs=0.01)


def get(browser: Client, url: str) -> tuple[bytes, str]:
    answer = browser.get(url)
    assert answer.status_code == 200, url
    return answer.content, unquote(answer.headers.get("Content-Disposition", ""))


def test_a_notice_names_nobody(signed_in: Browser) -> None:
    from hengjian.cycles import queries

    url = f"/cycles/{SEED}/papers/?form=docx&organ=某办&on=2026-07-20"
    body, name = get(signed_in("office"), url)
    said = words(body)
    assert "考核结果的通报_合成数据" in name
    whole = queries.ranking(SEED, "", size=10_000)
    assert f"共考核任职{len(whole.rows)}个" in said
    assert not [row.title for row in whole.rows if row.title and row.title in said]
    assert "2026年7月20日" in said
    assert queries.cycle_detail(SEED).publication.bundle_digest in said  # type: ignore[union-attr]
    rows = [
        ["".join(t.text or "" for t in cell.iter(f"{W}t")) for cell in row.iter(f"{W}tc")]
        for row in xml(body).iter(f"{W}tr")
    ]
    assert len(rows) == len(whole.groups) + 1
    assert all(float(row[2]) >= float(row[3]) >= float(row[4]) for row in rows[1:])


@pytest.mark.usefixtures("city")
def test_a_small_group_shows_no_figures() -> None:
    from hengjian.console.papers import contents
    from hengjian.cycles import queries

    whole, policy = queries.ranking(SEED, "", size=10_000), queries.facts(SEED)[1]
    group = whole.groups[0].key
    members = [row for row in whole.rows if row.group == group]
    for seats, withheld in ((4, True), (5, False)):
        left = tuple(row for row in whole.rows if row not in members[seats:])
        detail, wish = queries.cycle_detail(SEED), contents.Wish("某办", date(2026, 7, 20))
        made = contents.notice(detail, replace(whole, rows=left), policy, wish)
        grid = next(part.grid for part in made.parts if part.grid)
        assert (grid.rows[1][2:] == ("—",) * 3) is withheld


@pytest.mark.usefixtures("city")
def test_days_in_a_notice_are_beijing_s() -> None:
    from hengjian.console.papers import contents
    from hengjian.cycles import queries

    detail, early = queries.cycle_detail(SEED), datetime(2026, 7, 9, 16, 30, tzinfo=UTC)
    published = replace(detail.publication, at=early)  # type: ignore[type-var]
    detail = replace(detail, row=replace(detail.row, cut_off=early), publication=published)
    made = contents.notice(
        detail, queries.ranking(SEED, "", size=10_000), queries.facts(SEED)[1],
        contents.Wish("某办", date(2026, 7, 20)),
    )  # fmt: skip
    said = "".join(part.text or "" for part in made.parts)
    assert "考核数据截止2026年7月10日" in said
    assert "于2026年7月10日公布" in said


def test_what_is_not_published_is_a_draft_on_every_page(signed_in: Browser, city: str) -> None:
    from console.conftest import NOW
    from hengjian.cycles import operations
    from hengjian.cycles.transitions import Audit

    operations.freeze(OPEN, Audit("office", NOW, reason="测试"))
    operations.score(OPEN, Audit("office", NOW))
    body, name = get(signed_in("office"), f"/cycles/{OPEN}/seats/{city}/paper/?form=docx")
    assert "草稿" in name
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        heads = [archive.read(one).decode() for one in archive.namelist() if "header" in one]
    assert sum("草稿，不得作为依据" in one for one in heads) == 2
    assert "结果尚未公布" in words(body)


def test_an_official_takes_the_own_result_and_cannot_sign_it_as_another(
    signed_in: Browser, city: str
) -> None:
    from hengjian.access.models import Ticket

    browser = signed_in("official")
    body, _name = get(
        browser, f"/cycles/{SEED}/seats/{city}/paper/?form=docx&organ=假机关&kind=rectification"
    )
    said = words(body)
    assert "假机关" not in said
    assert "个人考核结果告知书" in said
    assert "申请复核" in said
    assert "30日内" in said
    assert [one.shown for one in Ticket.objects.all()] == ["export"]


def test_what_is_to_be_put_right_is_what_was_chosen(signed_in: Browser, city: str) -> None:
    from hengjian.cycles import queries

    sheet = queries.seat_sheet(SEED, city)
    line = sheet.lines[0]
    given = f"form=docx&kind=rectification&indicator={line.score.indicator}&due=2026-09-30"
    url = f"/cycles/{SEED}/seats/{city}/paper/?{given}"
    said = words(get(signed_in("office"), url)[0])
    assert line.indicator.name in said
    assert sheet.lines[1].indicator.name not in said
    assert "2026年9月30日前书面报告" in said
