"""Areas on a map, coloured by a figure that also stands on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hengjian.console.pictures.bars import sentence
from hengjian.console.pictures.shape import Picture, Table
from hengjian.console.writing import names_of
from hengjian.terms.numbers import shown

SHADES = 5


@dataclass(frozen=True)
class Region:
    """One area of a map; ``value`` None is a gap or a figure withheld, as ``note`` says."""

    code: str
    name: str
    value: float | None
    n: int
    note: str = ""


def choropleth(
    name: str, caption: str, figure: str, regions: Sequence[Region], shapes: Mapping[str, object]
) -> Picture | None:
    """The regions that have a shape, shaded by their figure; all of them in the table."""
    drawn = [one for one in regions if one.code in shapes]
    if not drawn:
        return None
    held = [one.value for one in drawn if one.value is not None]
    low, high = min(held, default=0.0), max(held, default=0.0)
    spec: dict[str, object] = {
        "kind": "map",
        "shades": SHADES,
        "low": shown(low) if held else "",
        "high": shown(high) if held else "",
        "regions": [
            {
                "name": one.name,
                "text": shown(one.value, "0.1") if one.value is not None else "—",
                "shade": None if one.value is None else _shade(one.value, low, high),
                "shape": shapes[one.code],
            }
            for one in drawn
        ],
    }
    noted = any(one.note for one in regions)
    rows = tuple((one.name, shown(one.value), str(one.n), *((one.note,) if noted else ())) for one in regions)
    head = (_("县区、单位"), figure, _("人数"), *((_("说明"),) if noted else ()))
    return Picture(name, caption, _finding(figure, regions, shapes), spec, Table(head, rows))


def _shade(value: float, low: float, high: float) -> int:
    """From 0 for the lowest to the last shade for the highest."""
    if high <= low:
        return SHADES // 2
    return min(SHADES - 1, int((value - low) / (high - low) * SHADES))


def _finding(figure: str, regions: Sequence[Region], shapes: Mapping[str, object]) -> str:
    held = [(one.value, one.name) for one in regions if one.value is not None]
    said = []
    if held:
        (high, most), (low, least) = max(held), min(held)
        said.append(
            _("“%(title)s”以%(most)s最高（%(high)s），以%(least)s最低（%(low)s）")
            % {"title": figure, "most": most, "high": shown(high), "least": least, "low": shown(low)}
        )
    absent = [one.name for one in regions if one.code not in shapes]
    if absent:
        said.append(_("地图上没有界线、只列在表中的：%(names)s") % {"names": names_of(absent)})
    return sentence(said)
