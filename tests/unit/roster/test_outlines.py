"""Outlines from a GeoJSON file: what is taken, what is refused, what is told."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import DatabaseError, transaction

DAY = dt.date(2026, 6, 30)
NOW = dt.datetime(2026, 7, 1, 9, tzinfo=dt.UTC)
SQUARE = [[[0, 0], [1, 0], [1, 1], [0, 0]]]


def file_of(*features: tuple[str, object], name: str = "某县") -> bytes:
    made = [
        {"type": "Feature", "properties": {"code": code, "name": name, "note": "<script>"}, "geometry": held}
        for code, held in features
    ]
    return json.dumps({"type": "FeatureCollection", "features": made}).encode()


def polygon(rings: object = SQUARE) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": rings}


@pytest.fixture
def places(db: None) -> None:
    """A city with two counties and a township."""
    from hengjian.roster.models import Organisation

    city = county = None
    for code, level in (
        ("9901", "city"),
        ("990101", "county"),
        ("990102", "county"),
        ("990101001", "township"),
    ):
        above = {"city": None, "county": city, "township": county}[level]
        path = f"{above.path if above else '/'}{code}/"
        made = Organisation.objects.create(
            code=code, name=f"名{code}", short_name=f"名{code}", level=level, parent=above, path=path,
            since=dt.date(2020, 1, 1),
        )  # fmt: skip
        city = made if level == "city" else city
        county = made if code == "990101" else county


def test_shapes_are_matched_by_code_also_in_the_longer_form_of_the_state(places: None) -> None:
    from hengjian.roster import outlines

    found = outlines.read(
        file_of(
            ("990100", polygon()),
            ("990101000000", polygon()),
            ("990101001000", polygon()),
            ("110101", polygon()),
        ),
        DAY,
    )
    assert set(found.shapes) == {"9901", "990101", "990101001"}
    assert found.strange == (("110101", "某县"),)
    assert [row.code for row in found.without] == ["990102"]
    assert found.refused == ()


def test_nothing_but_codes_and_places_is_kept_and_the_newest_is_drawn(places: None) -> None:
    from hengjian.roster import outlines

    for number, code in enumerate(("990101", "990102")):
        held = outlines.read(file_of((code, polygon([[[0.123456, 0], [1, 0], [1, 1], [0.123456, 0]]]))), DAY)
        now = NOW + dt.timedelta(days=number)
        outlines.keep(held, "图.geojson", by="甲", now=now, synthetic=False)
    drawn = outlines.newest()
    assert drawn is not None
    assert drawn.shapes == {"990102": [[[[0.1235, 0.0], [1.0, 0.0], [1.0, 1.0], [0.1235, 0.0]]]]}
    assert "script" not in json.dumps(drawn.shapes)


@pytest.mark.parametrize(
    "held",
    [
        {"type": "Point", "coordinates": [0, 0]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[]]},
        polygon([[[0, 0], [1, 0], [0, 0]]]),
        polygon([[[0, 0], [1, 0], [1, 1], [0, 1]]]),
        polygon([[[0, 0], [1, "x"], [1, 1], [0, 0]]]),
        polygon([[[0, 0], [1, True], [1, 1], [0, 0]]]),
        polygon([[[500000.0, 0], [1, 0], [1, 1], [500000.0, 0]]]),
        {"type": "GeometryCollection", "geometries": []},
        [],
    ],
)
def test_a_shape_that_cannot_be_drawn_is_refused_with_its_number(places: None, held: Any) -> None:
    from hengjian.roster import outlines
    from hengjian.roster.errors import FileRefused

    found = outlines.read(file_of(("990102", polygon()), ("990101", held)), DAY)
    assert [(cell.row, cell.value) for cell in found.refused] == [(2, "990101")]
    with pytest.raises(FileRefused):
        outlines.keep(found, "图", by="甲", now=NOW, synthetic=False)


def test_a_code_that_comes_twice_is_refused(places: None) -> None:
    from hengjian.roster import outlines

    found = outlines.read(file_of(("990101", polygon()), ("990101", polygon())), DAY)
    assert [cell.code for cell in found.refused] == ["outlines.twice"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"PK\x03\x04", b"[]", b"{}", b'{"type":"FeatureCollection","features":[]}', b"\xff\xfe",
        b'{"type":"FeatureCollection","features":[1]}', b"[" * 100_000, b'{"a":NaN}',
        b'{"type":"Topology","objects":{}}',
    ],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_geojson_is_refused(places: None, content: bytes) -> None:
    from hengjian.roster import outlines
    from hengjian.roster.errors import FileRefused

    with pytest.raises(FileRefused):
        outlines.read(content, DAY)


def test_too_many_places_are_refused(places: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from hengjian.roster import outlines
    from hengjian.roster.errors import FileRefused

    monkeypatch.setattr(outlines, "MOST_PLACES", 7)
    outlines.read(file_of(("990101", polygon())), DAY)
    with pytest.raises(FileRefused, match="8 个点"):
        outlines.read(file_of(("990101", polygon()), ("990102", polygon())), DAY)


def test_the_template_lists_the_roster_and_comes_back_as_nothing(places: None) -> None:
    from hengjian.roster import outlines
    from hengjian.roster.errors import FileRefused

    found = outlines.read(outlines.template(DAY), DAY)
    assert (found.shapes, found.strange, found.refused) == ({}, (), ())
    assert len(found.without) == 3
    with pytest.raises(FileRefused):
        outlines.keep(found, "图", by="甲", now=NOW, synthetic=False)


def test_kept_outlines_are_not_changed_and_need_shapes_and_an_author(places: None) -> None:
    from hengjian.roster import outlines
    from hengjian.roster.models import BoundaryMap

    kept = outlines.keep(
        outlines.read(file_of(("990101", polygon())), DAY), "图", by="甲", now=NOW, synthetic=True
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        BoundaryMap.objects.filter(pk=kept.pk).update(by="乙")
    for wrong in ({"by": ""}, {"shapes": {}}, {"digest": "x"}):
        held = {
            "shapes": kept.shapes,
            "digest": kept.digest,
            "filename": "图",
            "synthetic": False,
            "by": "甲",
            "at": NOW,
        }
        with pytest.raises(DatabaseError), transaction.atomic():
            BoundaryMap.objects.create(**held | wrong)
