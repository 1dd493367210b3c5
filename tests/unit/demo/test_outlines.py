"""The schematic map: townships fill their counties, counties the city, and neighbours share their line."""

from itertools import pairwise

from hengjian.demo.outlines import features
from hengjian.demo.places import CITY, COUNTIES, LABEL, TOWNS


def _area(ring: list[list[float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def test_every_place_has_one_outline_and_the_parts_fill_the_whole() -> None:
    rings = {
        one["properties"]["code"]: one["geometry"]["coordinates"][0]
        for one in features()["features"]  # type: ignore[attr-defined]
    }
    assert set(rings) == {CITY[0], *(one.code for one in COUNTIES), *(one.code for one in TOWNS)}
    assert all(ring[0] == ring[-1] and _area(ring) > 0.005 for ring in rings.values())
    for county in COUNTIES:
        towns = sum(_area(rings[one.code]) for one in TOWNS if one.county == county.code)
        assert abs(towns - _area(rings[county.code])) < 1e-9
    assert abs(sum(_area(rings[one.code]) for one in COUNTIES) - _area(rings[CITY[0]])) < 1e-9


def test_the_map_is_always_the_same_and_labelled() -> None:
    made = features()
    assert made == features()
    assert LABEL in str(made["name"])
    assert all(one["properties"]["synthetic"] == LABEL for one in made["features"])  # type: ignore[attr-defined]
