"""A schematic map of the synthetic city: eighteen made-up outlines that touch, and lie in no real place."""

from hashlib import sha256

from hengjian.demo.places import CITY, COUNTIES, LABEL, TOWNS

COLUMNS, ROWS = 6, 3
STEP, BEND = 0.1, 0.028  # degrees
Place = tuple[float, float]
Grid = tuple[int, int]


def features() -> dict[str, object]:
    """The whole map as GeoJSON: city, counties, townships."""
    cells = _cells()
    found = [_feature(town.code, town.name, [cells[town.code]]) for town in TOWNS]
    for county in COUNTIES:
        mine = {cells[town.code] for town in TOWNS if town.county == county.code}
        found.append(_feature(county.code, county.name, list(mine)))
    found.append(_feature(CITY[0], CITY[1], list(cells.values())))
    return {"type": "FeatureCollection", "name": f"示意图（{LABEL}）", "features": found}


def _cells() -> dict[str, Grid]:
    """Each township's cell: two columns for a county."""
    found = {}
    for n, county in enumerate(COUNTIES):
        for at, town in enumerate(one for one in TOWNS if one.county == county.code):
            found[town.code] = (2 * n + at % 2, at // 2)
    return found


def _feature(code: str, name: str, cells: list[Grid]) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"code": code, "name": name, "synthetic": LABEL},
        "geometry": {"type": "Polygon", "coordinates": [_outline(cells)]},
    }


def _outline(cells: list[Grid]) -> list[list[float]]:
    """The line around these cells, counter-clockwise: the edges that no two of them share, in their order."""
    walked: set[tuple[Grid, Grid]] = set()
    for column, row in cells:
        corners = [(column, row), (column, row + 1), (column + 1, row + 1), (column + 1, row)]
        walked |= {(corner, corners[(n + 1) % 4]) for n, corner in enumerate(corners)}
    edges = {one: other for one, other in walked if (other, one) not in walked}
    start = at = min(edges)
    line: list[list[float]] = []
    while not line or at != start:
        line += [list(place) for place in _edge(at, edges[at])]
        at = edges[at]
    return [*line, line[0]]


def _edge(one: Grid, other: Grid) -> list[Place]:
    """A bent edge without its end: the same bend for whoever walks it, from either side."""
    first, second = sorted((one, other))
    (x1, y1), (x2, y2) = _corner(first), _corner(second)
    points = [
        (
            round(x1 + (x2 - x1) * part + _noise(first, second, f"x{part}"), 4),
            round(y1 + (y2 - y1) * part + _noise(first, second, f"y{part}"), 4),
        )
        for part in (0.25, 0.5, 0.75)
    ]
    return [_corner(one), *(points if one == first else points[::-1])]


def _corner(at: Grid) -> Place:
    x, y = at
    return round(x * STEP + 1.6 * _noise(at, at, "x"), 4), round(-y * STEP + 1.6 * _noise(at, at, "y"), 4)


def _noise(one: Grid, other: Grid, axis: str) -> float:
    """A small number that is always the same for the same place."""
    held = sha256(f"{one}{other}{axis}".encode()).digest()[0]
    return (held / 255.0 - 0.5) * BEND
