"""The state's administrative divisions from the files that a user gives, as rows of organisations.

The folder holds ``provinces``, ``cities``, ``areas``, ``streets`` with columns code, name and the
parent's code, as .csv or .csv.gz; a code begins with its parent's code. Provinces serve names only:
the roster begins at the city.
"""

import csv
import datetime as dt
import gzip
import zlib
from pathlib import Path

from django.utils.translation import gettext as _

from hengjian.roster.models import Level
from hengjian.roster.sheets.archive import Limits
from hengjian.roster.sheets.reading import Table, decoded, refused

FILES = ("provinces", "cities", "areas", "streets")
PARENT = {"cities": "provinceCode", "areas": "cityCode", "streets": "areaCode"}
LEVELS = {"cities": Level.CITY, "areas": Level.COUNTY, "streets": Level.TOWNSHIP}
# brackets of the state's list, not places: left out of the full names of those below
BRACKETS = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
Division = tuple[str, str, str]


def divisions_table(folder: Path, under: tuple[str, ...], since: dt.date) -> Table:
    """The organisations at or under the codes given (all when none), parents before children.

    Raises: FileRefused with file and line when the files cannot be read or a code is not in them.
    """
    read = {name: _read(folder, name) for name in FILES}
    full = {code: name for code, name, _p in read["provinces"]}
    shown: set[str] = set(full)
    rows: list[list[str | dt.date | None]] = []
    for name in FILES[1:]:
        for code, own, parent in read[name]:
            if parent not in shown:
                raise refused(
                    f"{folder / name}",
                    _("{code} 的上级 {parent} 不在上一层文件中").format(code=code, parent=parent),
                    _("请补齐或改正文件"),
                    "divisions.parent",
                )
            shown.add(code)
            above = full[parent]
            named = above if above.endswith(own) else above + own
            full[code] = above if own in BRACKETS else named
            if not under or any(code.startswith(one) for one in under):
                rows.append([code, named, own, LEVELS[name].value, parent, since])
    return _table(folder, rows, under, shown)


def _table(
    folder: Path, rows: list[list[str | dt.date | None]], under: tuple[str, ...], known: set[str]
) -> Table:
    for one in under:
        if one not in known:
            raise refused(
                folder,
                _("文件中没有区划代码 {code}").format(code=one),
                _("请核对 --under；市用 4 位、县用 6 位、乡镇用 9 位代码"),
                "divisions.under",
            )
    taken = {row[0] for row in rows}
    for row in rows:
        row[4] = row[4] if row[4] in taken else None
    header = ("code", "name", "short_name", "level", "parent", "since")
    return Table("机构", header, 1, list(enumerate(rows, start=2)), "divisions")  # type: ignore[arg-type]


def _read(folder: Path, name: str) -> list[Division]:
    path = next((p for p in (folder / f"{name}.csv", folder / f"{name}.csv.gz") if p.is_file()), None)
    if path is None:
        raise refused(
            folder,
            _("缺少 {name}.csv 或 {name}.csv.gz").format(name=name),
            _("文件夹里要有 provinces、cities、areas、streets 四个文件"),
            "divisions.missing",
        )
    text = decoded(_unpacked(path), str(path))
    reader = csv.DictReader(text.splitlines(), strict=True)
    wanted = {"code", "name", *([PARENT[name]] if name in PARENT else [])}
    if not wanted <= set(reader.fieldnames or ()):
        raise refused(
            f"{path}:1",
            _("表头缺少 {names}").format(names="、".join(sorted(wanted - set(reader.fieldnames or ())))),
            _("请用带表头的原始文件"),
            "divisions.header",
        )
    try:
        return [_division(row, path, reader.line_num, PARENT.get(name)) for row in reader]
    except csv.Error as error:
        raise refused(
            f"{path}:{reader.line_num}", _("引号或格式不完整"), _("请重新取得该文件"), "divisions.csv"
        ) from error


def _division(row: dict[str, str], path: Path, line: int, parent: str | None) -> Division:
    code, name = (row["code"] or "").strip(), (row["name"] or "").strip()
    above = (row[parent] or "").strip() if parent else ""
    if not code.isdigit() or not name or not code.startswith(above):
        raise refused(
            f"{path}:{line}",
            _("“{code}”“{name}”不是有效的区划").format(code=code, name=name),
            _("代码为数字，以上级代码开头，名称不能为空"),
            "divisions.row",
        )
    return code, name, above


def _unpacked(path: Path) -> bytes:
    limit = Limits().file_bytes
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            data: bytes = stream.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise refused(path, _("读不出来，可能已损坏"), _("请重新取得该文件"), "divisions.file") from error
    if len(data) > limit:
        raise refused(path, _("解开后太大"), _("请核对文件"), "divisions.file")
    return data
