"""Outlines of counties and townships from a GeoJSON file: read, checked against the roster, kept, asked for.

Only codes and places of the file are kept: no other property, so nothing else can reach a page.

Source: RFC 7946 (GeoJSON)
"""

import datetime as dt
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from hengjian.roster.errors import FileRefused
from hengjian.roster.models import BoundaryMap, Level
from hengjian.roster.queries import OrganisationRow, organisations_on
from hengjian.roster.sheets.report import RefusedCell

MOST_BYTES, MOST_FEATURES, MOST_PLACES = 8_000_000, 2_000, 60_000
DECIMALS = 4  # of a degree: about ten metres
CODES, NAMES = ("code", "adcode", "id", "XZQDM"), ("name", "XZQMC")
DRAWN = (Level.CITY, Level.COUNTY, Level.TOWNSHIP)

Ring = list[list[float]]
Shape = list[list[Ring]]


@dataclass(frozen=True)
class Outlines:
    """What a file holds: shapes by the roster's codes, what could not be matched, what is wrong."""

    shapes: Mapping[str, Shape]
    strange: tuple[tuple[str, str], ...]
    without: tuple[OrganisationRow, ...]
    refused: tuple[RefusedCell, ...]


def read(content: bytes, on: dt.date) -> Outlines:
    """Check a file against the organisations of a day.

    Raises: FileRefused when it is no GeoJSON collection, or too large.
    """
    known = {row.code: row for row in organisations_on(on) if row.level in DRAWN}
    shapes: dict[str, Shape] = {}
    strange, refused, places = [], [], 0
    for number, feature in enumerate(_features(content), start=1):
        written, name = _said(feature, CODES), _said(feature, NAMES)
        code = _matched(written, known)
        try:
            shape = _shape(feature.get("geometry"))
        except _UnfitError as wrong:
            refused.append(_cell(number, _("图形"), written or name, str(wrong), "geometry"))
            continue
        places += sum(len(ring) for polygon in shape for ring in polygon)
        if code in shapes and shape:
            refused.append(_cell(number, _("区划代码"), written, _("同一代码出现两次"), "twice"))
        elif not code:
            strange.append((written, name))
        elif shape:
            shapes[code] = shape
    if places > MOST_PLACES:
        raise _unfit(_("界线共 %(n)s 个点，超过 %(most)s") % {"n": places, "most": MOST_PLACES}, "places")
    without = tuple(row for code, row in known.items() if code not in shapes and row.level != Level.CITY)
    return Outlines(shapes, tuple(strange), without, tuple(refused))


def keep(found: Outlines, filename: str, *, by: str, now: dt.datetime, synthetic: bool) -> BoundaryMap:
    """Keep a file's outlines; from now on they are drawn.

    Raises: FileRefused when something is wrong in it, or nothing of it fits the roster.
    """
    if found.refused or not found.shapes:
        raise _unfit(_("没有一个图形与名册中的区划代码相符"), "nothing")
    text = json.dumps(found.shapes, sort_keys=True, separators=(",", ":"))
    return BoundaryMap.objects.create(
        shapes=dict(found.shapes), digest=sha256(text.encode()).hexdigest(), filename=filename[:255],
        synthetic=synthetic, by=by, at=now,
    )  # fmt: skip


def newest() -> BoundaryMap | None:
    """The outlines that are drawn."""
    return BoundaryMap.objects.order_by("-at", "-id").first()


def template(on: dt.date) -> bytes:
    """A file to fill in: every county and township with its code and name, without a shape."""
    features = [
        {"type": "Feature", "properties": {"code": row.code, "name": row.name}, "geometry": None}
        for row in organisations_on(on)
        if row.level in DRAWN
    ]
    made = {"type": "FeatureCollection", "features": features}
    return json.dumps(made, ensure_ascii=False, indent=1).encode()


class _UnfitError(ValueError):
    """A shape that cannot be drawn."""


def _features(content: bytes) -> list[dict[str, Any]]:
    if len(content) > MOST_BYTES:
        raise _unfit(_("文件超过 8 MB"), "size")
    try:
        held = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except (UnicodeDecodeError, ValueError, RecursionError) as fault:
        raise _unfit(_("不是 GeoJSON 文件"), "form") from fault
    if not isinstance(held, dict) or held.get("type") != "FeatureCollection":
        raise _unfit(_("不是 GeoJSON 的 FeatureCollection"), "form")
    features = held.get("features")
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise _unfit(_("缺少 features"), "form")
    if not 0 < len(features) <= MOST_FEATURES:
        raise _unfit(_("图形应有 1 到 %(most)s 个") % {"most": MOST_FEATURES}, "features")
    return features


def _no_number(text: str) -> float:
    raise ValueError(text)


def _said(feature: Mapping[str, Any], names: Sequence[str]) -> str:
    """A property of a feature as short plain text."""
    held = feature.get("properties")
    held = held if isinstance(held, dict) else {}
    found = next((held[one] for one in names if one in held), feature.get("id") if "id" in names else "")
    return str(found)[:60] if isinstance(found, str | int) and not isinstance(found, bool) else ""


def _matched(written: str, known: Mapping[str, OrganisationRow]) -> str:
    """The roster's code; the state's longer form of it ends in noughts."""
    if written in known:
        return written
    cuts = (written[:at] for at in (9, 6, 4) if len(written) > at and not written[at:].strip("0"))
    return next((one for one in cuts if one in known), "")


def _shape(geometry: object) -> Shape:
    """Polygons of rings; none where the file has no shape yet."""
    if geometry is None:
        return []
    if not isinstance(geometry, dict):
        raise _UnfitError(_("没有图形"))
    kind, held = geometry.get("type"), geometry.get("coordinates")
    polygons = [held] if kind == "Polygon" else held if kind == "MultiPolygon" else None
    if not isinstance(polygons, list) or not polygons:
        raise _UnfitError(_("图形应为 Polygon 或 MultiPolygon"))
    return [list(_rings(one)) for one in polygons]


def _rings(polygon: object) -> Iterator[Ring]:
    if not isinstance(polygon, list) or not polygon:
        raise _UnfitError(_("多边形没有界线"))
    for ring in polygon:
        if not isinstance(ring, list) or len(ring) < 4:
            raise _UnfitError(_("一圈界线至少四个点"))
        places = [_place(one) for one in ring]
        if places[0] != places[-1]:
            raise _UnfitError(_("界线没有首尾相接"))
        yield places


def _place(held: object) -> list[float]:
    if not isinstance(held, list) or len(held) < 2:
        raise _UnfitError(_("坐标应为经度、纬度"))
    longitude, latitude = held[0], held[1]
    for value, most in ((longitude, 180.0), (latitude, 90.0)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise _UnfitError(_("坐标应为经度、纬度"))
        if abs(value) > most:
            raise _UnfitError(_("坐标不是经纬度（请用 CGCS2000 或 WGS84 的经纬度）"))
    return [round(float(longitude), DECIMALS), round(float(latitude), DECIMALS)]


def _cell(number: int, title: str, value: str, what: str, code: str) -> RefusedCell:
    return RefusedCell(_("图形"), number, "", title, value, what, _("请更正后重新上传"), f"outlines.{code}")


def _unfit(what: str, code: str) -> FileRefused:
    return FileRefused(what, do=_("请核对文件；界线过细的请先化简"), code=f"outlines.{code}")
