"""The dashboards hold the stored figures, withhold small groups, and open to their own readers only."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from statistics import median
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.conftest import OPEN, SEED

Browser = Callable[[str], Client]
COUNTY, TOWN, OTHER = "990103", "990103001", "990101"
URL = f"/cycles/{SEED}/dashboard/"
PERSON = re.compile(r"D\d{7}|王")


def stored(indicator: str, under: str) -> list[float]:
    from hengjian.cycles import queries

    places = {one.id: one.organisation for one in queries.facts(SEED)[0].seats}
    return [
        line.points
        for seat in queries.sheet(SEED).seats
        if places[seat.seat].startswith(under)
        for line in seat.lines
        if line.indicator == indicator and line.points is not None
    ]


def test_each_cell_is_the_median_of_the_stored_points_or_withheld(city: str, db: None) -> None:
    from hengjian.cycles import areas

    found = areas.overview_of(SEED, COUNTY)
    assert found.areas[0].area.code == TOWN
    full = few = 0
    for line in found.lines:
        for row, cell in zip(found.areas, line.cells, strict=True):
            points = stored(line.indicator.code, row.area.code)
            assert cell.spread.n == len(points)
            if len(points) < found.least:
                few += bool(points)
                assert (cell.spread.median, cell.spread.low, cell.tone) == (None, None, "")
            else:
                full += 1
                assert cell.spread.median == pytest.approx(median(points))
                assert cell.tone == areas.tone_of(median(points), found.limits)
    assert min(full, few) > 0, "the city should show both"
    assert [one.code for one in found.above] == [""]
    whole = {one.indicator.code: one.whole for one in areas.overview_of(SEED).lines}
    assert all(line.above == (whole[line.indicator.code],) for line in found.lines)


@pytest.mark.parametrize(
    ("points", "tone"), [(80.0, "green"), (79.99, "amber"), (60.0, "amber"), (59.99, "red"), (None, "")]
)
def test_a_colour_begins_where_the_policy_says(points: float | None, tone: str) -> None:
    from hengjian.cycles.areas import tone_of

    assert tone_of(points, (80.0, 60.0)) == tone
    assert tone_of(points, None) == ""


def test_pictures_and_their_tables_hold_the_stored_totals(city: str, db: None) -> None:
    from hengjian.console import area_pictures
    from hengjian.cycles import areas, queries
    from hengjian.terms.numbers import shown

    found = areas.overview_of(SEED)
    totals: dict[str, list[float]] = {}
    for one in queries.sheet(SEED).seats:
        if one.total is not None:
            totals.setdefault(one.group, []).append(one.total)
    picture = area_pictures.groups(found)
    assert picture is not None
    for (group, _spread), box, row in zip(
        found.groups,
        picture.spec["boxes"],
        picture.table.rows,
        strict=True,  # type: ignore[call-overload]
    ):
        held = totals[group.key]
        assert (box["low"], box["high"]) == (min(held), max(held))
        assert box["median"] == pytest.approx(median(held))
        assert row[1] == str(len(held))
        assert row[4] == shown(box["median"])
    shares = area_pictures.grades(found)
    assert shares is not None
    for at in range(len(found.areas)):
        assert sum(one["values"][at] for one in shares.spec["series"]) == pytest.approx(100, abs=0.02)  # type: ignore[attr-defined]


def test_the_map_shades_the_areas_that_have_an_outline_and_lists_them_all(city: str, db: None) -> None:
    from hengjian.console import area_pictures
    from hengjian.cycles import areas
    from hengjian.roster import outlines

    found, drawn = areas.overview_of(SEED), outlines.newest()
    assert drawn is not None
    assert drawn.synthetic
    whole = area_pictures.area_map(found, drawn.shapes, "")
    assert whole is not None
    assert [one["name"] for one in whole.spec["regions"]] == [row.area.name for row in found.areas]  # type: ignore[attr-defined]
    assert max(one["shade"] for one in whole.spec["regions"]) == 4  # type: ignore[attr-defined]
    assert min(one["shade"] for one in whole.spec["regions"]) == 0  # type: ignore[attr-defined]
    shapes = {code: shape for code, shape in drawn.shapes.items() if code != OTHER}
    part = area_pictures.area_map(found, shapes, "")
    assert part is not None
    assert len(part.spec["regions"]) == 2  # type: ignore[arg-type]
    assert len(part.table.rows) == 3
    assert "铸川区" in part.finding.split("只列在表中的")[1]
    assert area_pictures.area_map(found, {}, "") is None
    small = area_pictures.area_map(areas.overview_of(SEED, COUNTY), drawn.shapes, "grip_team")
    assert small is None or {one["shade"] for one in small.spec["regions"]} <= {None, 0, 1, 2, 3, 4}  # type: ignore[attr-defined]


def test_the_trend_holds_the_medians_of_the_cycles_under_the_same_policy(city: str, db: None) -> None:
    from hengjian.cycles import areas, queries

    found = areas.trend_of(SEED, COUNTY)
    assert [one.cycle.id for one in found] == ["demo-seed-2025-h2", SEED]
    for one in found:
        places = {seat.id: seat.county for seat in queries.facts(one.cycle.id)[0].seats}
        totals = [s.total for s in queries.sheet(one.cycle.id).seats if places[s.seat] == COUNTY and s.total]
        assert one.totals.median == pytest.approx(median(totals))
        assert one.sure is not None
        least, most = one.sure
        assert least < one.totals.median < most
        assert most - least < max(totals) - min(totals)


@pytest.mark.parametrize("area", ["", COUNTY, TOWN])
def test_a_dashboard_says_its_figures_and_names_nobody(signed_in: Browser, area: str) -> None:
    page = signed_in("office").get(f"{URL}?area={area}")
    text = page.content.decode()
    assert page.status_code == 200
    assert "指标红黄绿" in text
    assert not PERSON.search(text), "no official may be told from a dashboard"
    assert text.count("data-chart=") == text.count("以表格查看") >= 1


@pytest.mark.parametrize("area", ["990199", "0", "../", "9901 "])
def test_an_area_without_seats_is_no_page(signed_in: Browser, area: str) -> None:
    assert signed_in("office").get(URL, {"area": area}).status_code == 404


def test_a_cycle_without_a_result_says_so(signed_in: Browser) -> None:
    assert "还没有得分" in signed_in("office").get(f"/cycles/{OPEN}/dashboard/").content.decode()


def test_a_reader_of_one_county_opens_that_county_and_no_other(signed_in: Browser, people: Any) -> None:
    from hengjian.access import operations
    from hengjian.access.operations import Scope
    from hengjian.access.roles import Role

    operations.grant(
        people["nobody"], Role.LEADER, on=date(2026, 1, 1), by=None, reason="测试",
        scope=Scope(organisation=f"9901/{COUNTY}"),
    )  # fmt: skip
    client = signed_in("nobody")
    answers = {area: client.get(URL, {"area": area}).status_code for area in (COUNTY, TOWN, OTHER)}
    assert answers == {COUNTY: 200, TOWN: 200, OTHER: 403}


def test_the_newest_published_result_is_where_results_begins(signed_in: Browser) -> None:
    answer = signed_in("office").get("/results/")
    assert answer["Location"].startswith("/cycles/demo-")


def test_a_dashboard_asks_the_database_as_often_for_a_city_as_for_a_township(signed_in: Browser) -> None:
    client, asked = signed_in("office"), {}
    for area in ("", TOWN):
        client.get(f"{URL}?area={area}")
        with CaptureQueriesContext(connection) as seen:
            client.get(f"{URL}?area={area}")
        asked[area] = len(seen)
    assert asked[""] <= asked[TOWN] + 2 <= 45, asked


def test_a_heat_map_leaves_as_figures(signed_in: Browser) -> None:
    import io

    from python_calamine import load_workbook

    answer = signed_in("office").get(f"{URL}?export=xlsx&table=0")
    book = load_workbook(io.BytesIO(answer.content))
    rows = book.get_sheet_by_name(book.sheet_names[0]).to_python()
    cells = [cell for row in rows for cell in row[1:] if isinstance(cell, float)]
    assert len(cells) >= 36
    assert all(0 <= cell <= 100 for cell in cells)
