"""Every table of every page is exported, and the file says what the page says: all addresses are walked.

What the page shows is read here by other means than by the program.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from html import unescape
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from console.conftest import BEFORE, SEED

if TYPE_CHECKING:
    from hengjian.access.models import User

Browser = Callable[[str], Client]
UNSEEN = re.compile(
    r"<(svg|script|form|button|select|template)\b.*?</\1>|<span class=\"hj-sub hj-narrow\">.*?</span>"
    r"|<span class=\"(hj-mark-of|[^\"]*hj-not-exported)\"[^>]*>.*?</span>",
    re.DOTALL,
)
TYPED = re.compile(r'<input (?=[^>]*type="number")[^>]*value="([^"]*)"[^>]*>')
MONTH = re.compile(r'<table class="hj-month">.*?</table>', re.DOTALL)  # it leaves as a calendar file
TABLE, ROW = re.compile(r"<table\b.*?</table>", re.DOTALL), re.compile(r"<tr\b.*?</tr>", re.DOTALL)
CELL = re.compile(r"<(t[dh])\b([^>]*)>(.*?)</\1>", re.DOTALL)
WALKERS, ENOUGH = ("office", "auditor", "followup", "reviewer", "protector", "official"), 4
PLACES = {
    "log-proof": "?digest={digest}",
    "policies-compare": "?left=seed&right=zhongshan",
    "cycles-compare": f"?other={BEFORE}",
}


def plain(html: str) -> str:
    text = unescape(re.sub(r"<[^>]+>", "", TYPED.sub(r"\1", UNSEEN.sub("", html))))
    return "".join(text.split())


def shown(html: str) -> list[list[list[str]]]:
    """Tables, rows, cells as a reader sees them; no white space; a wide cell once, then empty ones."""
    found = []
    for table in TABLE.findall(html):
        rows = []
        for row in ROW.findall(UNSEEN.sub("", table)):
            cells: list[str] = []
            for _tag, attributes, inner in CELL.findall(row):
                wide = re.search(r'colspan="(\d+)"', attributes)
                cells += [plain(inner), *[""] * (int(wide[1]) - 1 if wide else 0)]
            rows.append(cells)
        found.append(rows)
    return found


def columns_of_buttons_left_out(rows: list[list[str]], html_head: int) -> list[list[str]]:
    wide = max(map(len, rows))
    full = [[*row, *[""] * (wide - len(row))] for row in rows]
    body = full[html_head:]
    kept = [n for n in range(wide) if not body or any(row[n] for row in body)]
    return [[row[n] for n in kept] for row in full]


def heads(table: str) -> int:
    return len(ROW.findall(table.split("</thead>", maxsplit=1)[0])) if "</thead>" in table else 0


def same(cell: Any, text: str) -> bool:
    if isinstance(cell, float):
        sign = -1 if text[:1] in {"−", "-"} else 1
        figure = float(text.strip("+−-%").replace(",", "")) / (100 if text.endswith("%") else 1)
        return cell == pytest.approx(sign * figure)
    return "".join(str(cell).split()) == text


def urls(seat: str) -> list[tuple[str, str]]:
    """Names of pages and their addresses."""
    from django.urls import NoReverseMatch, reverse

    from console.test_no_name_leaks import QUERIES, parts
    from hengjian.console.urls import urlpatterns

    known = parts(seat)
    words = {"seat": seat, "official": seat.split("@", maxsplit=1)[0], "digest": known["digest"][0]}
    found = []
    for pattern in urlpatterns:
        if str(pattern.name).startswith("manual"):  # the files of docs
            continue
        for values in product(*(known[name] for name in pattern.pattern.converters)):
            given = dict(zip(pattern.pattern.converters, values, strict=True))
            queries = {*QUERIES.get(pattern.name or "", ("",)), PLACES.get(pattern.name or "", "")}
            with suppress(NoReverseMatch):  # a number of another kind
                url = reverse(f"console:{pattern.name}", kwargs=given)
                asked = [url + one.format(**words) for one in sorted(queries) if "page=" not in one]
                found += [(pattern.name or "", one) for one in asked]
    return found


@pytest.fixture
def crowd(people: dict[str, User]) -> dict[str, User]:
    from console.test_no_name_leaks import _attached, _keeping, _round

    _round()
    _keeping()
    _attached()
    return people


def test_every_table_is_exported_as_it_is_shown(crowd: dict[str, User], city: str) -> None:
    """Each page as the first who may open it; of pages that differ by a number alone one with tables."""
    browsers = {name: Client(headers={"accept-language": "zh-CN"}) for name in WALKERS}
    for name, browser in browsers.items():
        browser.force_login(crowd[name])
    seen, tables = Counter[str](), Counter[str]()
    for name, url in urls(city):
        for browser in browsers.values():
            if tables[name] or seen[name] >= ENOUGH:
                break
            answer = browser.get(url)
            b"".join(answer)  # reads a file to its end, which closes it
            if answer.status_code != 200 or not answer.get("Content-Type", "").startswith("text/html"):
                continue
            seen[name] += 1
            html = MONTH.sub("", answer.content.decode())
            tables[name] += html.count("<table")
            links = html.count('class="hj-exports hj-no-print"')
            assert links == html.count("<table"), f"{url}: a table without its export"
            if links:
                check(browser, url, html)
            break
    assert len([name for name, count in tables.items() if count]) > 27, tables


def check(browser: Client, url: str, html: str) -> None:
    """The workbook of the page, and the links of each table."""
    from python_calamine import load_workbook

    pages, join = "?page=" in html or "&amp;page=" in html, "&" if "?" in url else "?"
    book = browser.get(f"{url}{join}export=xlsx")
    assert book.status_code == 200, url
    sheets = load_workbook(io.BytesIO(book.content))
    raw, wanted = TABLE.findall(html), shown(html)
    assert len(sheets.sheet_names) == len(wanted), url
    for number, rows in enumerate(wanted):
        expected = columns_of_buttons_left_out(rows, heads(raw[number]))
        lines = sheets.get_sheet_by_index(number).to_python(skip_empty_area=False)[3:]
        held = browser.get(f"{url}{join}export=csv&table={number}").content.decode("utf-8-sig")
        flat = list(csv.reader(io.StringIO(held)))
        for place, row in enumerate(expected if not pages else expected[:1]):
            assert all(same(a, b) for a, b in zip(lines[place], row, strict=True)), (url, lines[place], row)
            guarded = [one.removeprefix("'") for one in flat[place]] if any(row) else row
            assert ["".join(one.replace("-", "−").split()) for one in guarded] == [
                one.replace("-", "−") for one in row
            ], url
        assert len(lines) == len(expected) or pages, url
        assert flat[-3][:1] == ["导出人"] or "导出人" in held


def test_a_ranking_goes_out_whole_and_on_the_trail(signed_in: Browser, city: str) -> None:
    from python_calamine import load_workbook

    from hengjian.access.models import Ticket
    from hengjian.cycles import queries

    office, url = signed_in("office"), f"/cycles/{SEED}/ranking/?group="
    answer = office.get(f"{url}&page=2&export=xlsx")
    seats = len(queries.sheet(SEED).seats)
    assert seats > 50
    rows = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert len(rows) == 4 + seats
    assert "%E5%90%88%E6%88%90%E6%95%B0%E6%8D%AE" in answer["Content-Disposition"]
    assert rows[1][0].startswith("合成数据")
    (ticket,) = Ticket.objects.all()
    assert (ticket.shown, ticket.purpose, len(ticket.officials)) == ("export", "masked", seats)
    assert "导出人：甲office（office）" in rows[2][0]
    assert "未选目的" in rows[2][0]
    assert ticket.code in rows[2][0]


def test_the_file_says_for_what_it_was_made(signed_in: Browser, city: str) -> None:
    office, url = signed_in("office"), f"/cycles/{SEED}/seats/{city}/"
    office.post("/purpose/", {"deed": "choose", "purpose": "reply", "note": "=1+1", "next": "/"})
    text = office.get(f"{url}?export=csv&table=0").content.decode("utf-8-sig")
    assert "查看目的,答复本人或单位询问（=1+1）" in text
    assert "查询编号" in text


def test_what_a_spreadsheet_would_run_is_text(db: None) -> None:
    from python_calamine import load_workbook

    from hengjian.console.exports.reading import tables_of
    from hengjian.console.exports.writing import Origin, csv_file, workbook

    bad = ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "−1.20", "007"]
    cells = "".join(f'<td class="n">{one}</td>' for one in bad)
    page = tables_of(
        f'<h1>甲</h1><div class="hj-scroll" aria-label="[a]/*"><table><tbody><tr>{cells}</tr></table></div>'
    )
    origin = Origin("=甲", "", (("导出人", "=cmd|' /C calc'!A0"),))
    (line, _empty, by) = list(csv.reader(io.StringIO(csv_file(page.tables[0], origin).decode("utf-8-sig"))))
    assert line == ["'=1+1", "'+1+1", "'-2+3", "'@SUM(A1)", "'=1", "-1.20", "007"]
    assert by[1].startswith("'=")
    book = workbook(page.tables, origin)
    row = load_workbook(io.BytesIO(book)).get_sheet_by_index(0).to_python(skip_empty_area=False)[3]
    assert row == ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "=1", -1.2, "007"]
    import zipfile

    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_an_export_is_refused_as_the_page_is(signed_in: Browser, city: str) -> None:
    assert signed_in("official").get(f"/cycles/{SEED}/ranking/?export=xlsx").status_code == 403
    assert Client().get(f"/cycles/{SEED}/ranking/?export=xlsx").status_code == 302
    assert signed_in("office").get("/cycles/?export=csv&table=7").status_code == 404
    assert signed_in("office").get("/cycles/?export=exe").headers["Content-Type"].startswith("text/html")
