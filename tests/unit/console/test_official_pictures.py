"""The pictures of an official's sheet show the stored result's own figures."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
from django.test import Client

from console.conftest import SEED

Browser = Callable[[str], Client]


@pytest.fixture
def drawn(city: str, db: None) -> Any:
    from hengjian.console import official_pictures
    from hengjian.cycles import queries

    sheet = queries.seat_sheet(SEED, city)
    return sheet, official_pictures.of_seat(sheet, queries.working_tree(SEED, city))


def test_the_radar_holds_the_stored_points_and_the_median_of_the_stored_group(drawn: Any) -> None:
    from hengjian.cycles import queries

    sheet, found = drawn
    own = [line.score.points for line in sheet.lines if line.score.points is not None]
    assert found.radar.spec["own"]["values"] == own
    peers = [one for one in queries.sheet(SEED).seats if one.group == sheet.score.group]
    middle = next(one for one in found.radar.spec["group"] if one["middle"])["values"]
    for line, shown in zip([x for x in sheet.lines if x.score.points is not None], middle, strict=True):
        points = [
            held.points
            for one in peers
            for held in one.lines
            if held.indicator == line.score.indicator and held.points is not None
        ]
        assert shown == pytest.approx(median(points), abs=1e-9)


def test_the_waterfall_ends_at_the_stored_total_and_its_steps_add_up_to_it(drawn: Any) -> None:
    sheet, found = drawn
    steps = found.waterfall.spec["steps"]
    assert steps[-1]["value"] == sheet.score.total
    assert sum(one["value"] for one in steps[:-1]) == pytest.approx(sheet.score.total, abs=0.006)
    assert len(found.waterfall.table.rows) == len(steps)


def test_the_trend_holds_the_stored_totals_with_the_intervals_of_the_certainty_room(
    drawn: Any, city: str
) -> None:
    from hengjian.cycles import certainty, overview, queries

    _sheet, found = drawn
    points = overview.trend(SEED, city)
    assert [one.cycle.id for one in points][-1] == SEED
    assert len(points) >= 2
    assert len({one.cycle.policy for one in points}) == 1
    for point, moment in zip(points, found.trend.spec["moments"], strict=True):
        stored = queries.seat_sheet(point.cycle.id, point.seat)
        sure = certainty.rows_of(point.cycle.id)[point.seat]
        assert (moment["at"], moment["beside"]) == (stored.score.total, pytest.approx(stored.median))
        assert (moment["low"], moment["high"]) == (sure.least, sure.most)
        assert moment["low"] <= moment["at"] <= moment["high"]


def test_the_page_says_each_finding_and_each_picture_can_be_reached_by_keyboard(
    signed_in: Browser, city: str, drawn: Any
) -> None:
    page = signed_in("official").get(f"/cycles/{SEED}/seats/{city}/").content.decode()
    for one in (drawn[1].radar, drawn[1].waterfall, drawn[1].trend):
        assert one.finding in page
        assert f'data-chart="{one.data_id}"' in page
        assert f'id="{one.id}-table"' in page
    assert page.count("data-chart=") == page.count('tabindex="0" aria-labelledby') == 3


def test_a_group_below_the_least_number_shows_no_median_and_no_spread() -> None:
    from hengjian.cycles.overview import Spread, spread_of

    assert spread_of([1.0, 2.0, 3.0, 4.0, None], 5) == Spread(4)
    assert spread_of([1.0, 2.0, 3.0, 4.0, 5.0], 5) == Spread(5, 1.0, 2.0, 3.0, 4.0, 5.0)
