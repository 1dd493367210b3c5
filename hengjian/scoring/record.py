"""One way to write a snapshot and a sheet: JSON lines in a fixed order, whatever order they had."""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from hengjian.scoring import snapshot as held
from hengjian.scoring.calibrated.leads import LeadRow
from hengjian.scoring.calibrated.table import CalibrationTable, GroupRow, PartRow, SeverityRow
from hengjian.scoring.calibrated.table import SeatRow as CalibratedSeat
from hengjian.scoring.shapes import WrongShapeError, reader, writer
from hengjian.scoring.sheet import ScoreSheet, SeatScore
from hengjian.scoring.snapshot import Marks, Rated, Snapshot
from hengjian.terms.canonical import canonical, digest, root_of
from hengjian.terms.errors import Refused

CYCLE = "cycle"
KINDS: Mapping[str, type] = {
    "units": held.Unit,
    "seats": held.Seat,
    "metrics": held.Metric,
    "cases": held.Case,
    "projects": held.Project,
    "marks": held.Marks,
    "not_applicable": held.NotApplicable,
    "adjustments": held.Adjustment,
    "previous": held.Previous,
    "releases": held.Released,
    "rated": held.Rated,
}
CALIBRATION = "calibration/"
Order = Callable[[Any], tuple[Any, ...]]
# what a calibration table consists of, and the order of its rows
TABLE: Mapping[str, tuple[type, Order]] = {
    "parts": (PartRow, lambda row: (row.part,)),
    "seats": (CalibratedSeat, lambda row: (row.seat,)),
    "groups": (GroupRow, lambda row: (row.seat, row.group)),
    "severities": (SeverityRow, lambda row: (row.part, row.kind, row.name)),
}
# parts that came later: left out where they are empty, so that older snapshots keep their digest
LATER = frozenset({"releases", "rated"})


def line_of(item: Any) -> bytes:
    """The canonical bytes of one record, without a line end.

    Clause: SPEC F3
    """
    if isinstance(item, Marks | Rated):
        marks = tuple(sorted(item.marks))
        item = item if marks == item.marks else replace(item, marks=marks)
    return canonical(writer(cast("Hashable", type(item)))(item))


def record_of(item: Any) -> str:
    """The digest by which workings name a record: its own, or that of its canonical line.

    Clause: SPEC F3
    """
    return getattr(item, "record", "") or digest(line_of(item))


def write_parts(snapshot: Snapshot) -> dict[str, bytes]:
    """A snapshot's parts as JSON lines, sorted, so that the bytes do not depend on any order.

    Clause: SPEC F3
    Returns: part name (``cycle``, ``units`` ...) to bytes.
    """
    parts = {CYCLE: _lines([snapshot.cycle])}
    for name in KINDS:
        if (items := getattr(snapshot, name)) or name not in LATER:
            parts[name] = _lines(items)
    return parts


def _lines(items: Iterable[Any]) -> bytes:
    lines = sorted(line_of(item) for item in items)
    return b"".join(line + b"\n" for line in lines)


def snapshot_root(parts: Mapping[str, bytes]) -> str:
    """The digest over all parts of a snapshot.

    Clause: SPEC F3
    """
    return root_of((name, digest(data)) for name, data in parts.items())


def read_parts(parts: Mapping[str, bytes]) -> Snapshot:
    """Read a snapshot's parts back.

    Clause: SPEC F3
    Raises: Refused naming part and line for a missing or unknown part, a wrong shape, or lines
    that are not written canonically or not in order.
    """
    wanted = {CYCLE, *KINDS}
    odd = sorted((wanted ^ set(parts)) - LATER | {name for name in LATER if parts.get(name) == b""})
    if odd:
        raise Refused(f"快照的部分不符：{'、'.join(odd)}", do="请重新导出", code="snapshot.parts")
    cycles = _read(CYCLE, parts[CYCLE], held.CycleFacts)
    if len(cycles) != 1:
        raise Refused("快照应当正好有一条周期", where=CYCLE, do="请重新导出", code="snapshot.cycle")
    found = {name: _read(name, parts.get(name, b""), kind) for name, kind in KINDS.items()}
    return Snapshot(cycle=cycles[0], **found)


def _read(
    name: str, data: bytes, kind: type, order: Callable[[bytes, Any], bytes] = lambda line, _: line
) -> tuple[Any, ...]:
    read = reader(kind)
    items = []
    before = b""
    for at, line in enumerate(data.splitlines(), start=1):
        where = f"{name}.jsonl:{at}"
        try:
            item = read(json.loads(line))
        except WrongShapeError as error:
            raise _refuse(f"记录不合格式：{error}", where) from None
        except (ValueError, RecursionError):
            raise _refuse("不是有效的 JSON", where) from None
        place = order(line, item)
        if place < before or line_of(item) != line:
            raise _refuse("没有按规范的写法和次序书写", where)
        before = place
        items.append(item)
    if data and not data.endswith(b"\n"):
        raise _refuse("最后一行不完整", name)
    return tuple(items)


def _refuse(what: str, where: str) -> Refused:
    return Refused(what, where=where, do="文件可能被改动或损坏，请向发布单位重新索取", code="snapshot.line")


def sheet_lines(sheet: ScoreSheet) -> bytes:
    """All seats of a sheet as JSON lines in order of their ids.

    Clause: SPEC F3
    """
    lines = [line_of(seat) for seat in sorted(sheet.seats, key=lambda seat: seat.seat)]
    return b"".join(line + b"\n" for line in lines)


def calibration_lines(table: CalibrationTable | None) -> dict[str, bytes]:
    """A calibration table part by part as JSON lines; nothing where there is none.

    Clause: SPEC F3, SPEC B3
    """
    return {} if table is None else {name: _lines(getattr(table, name)) for name in TABLE}


def read_calibration(parts: Mapping[str, bytes]) -> CalibrationTable | None:
    """Read a calibration table back; None where there are no parts.

    Clause: SPEC F3, SPEC B3
    Raises: Refused naming part and line.
    """
    if not parts:
        return None
    if set(parts) != set(TABLE):
        odd = "、".join(sorted(set(TABLE) ^ set(parts)))
        raise Refused(f"校准结果的部分不符：{odd}", do="请重新导出", code="snapshot.parts")
    found = {
        name: tuple(sorted(_read(f"{CALIBRATION}{name}", parts[name], kind), key=order))
        for name, (kind, order) in TABLE.items()
    }
    return CalibrationTable(**found)


def lead_lines(leads: Iterable[LeadRow]) -> bytes:
    """Leads as JSON lines.

    Clause: SPEC B3
    """
    return _lines(leads)


def read_leads(data: bytes) -> tuple[LeadRow, ...]:
    """Read leads back.

    Clause: SPEC B3
    Raises: Refused naming the line.
    """
    return _read("leads", data, LeadRow)


def sheet_root(
    snapshot: str, policy: str, seats: Iterable[SeatScore], calibration: CalibrationTable | None = None
) -> str:
    """The digest over snapshot root, policy digest, every seat's canonical line and the calibration.

    Clause: SPEC F3
    """
    named = [(f"seat:{seat.seat}", digest(line_of(seat))) for seat in seats]
    named += [(f"{CALIBRATION}{part}", digest(data)) for part, data in calibration_lines(calibration).items()]
    return root_of([("snapshot", snapshot), ("policy", policy), *named])


def read_sheet(data: bytes) -> tuple[SeatScore, ...]:
    """Read the lines of a sheet back.

    Clause: SPEC F3
    Raises: Refused naming the line.
    """
    seats = _read("sheet", data, SeatScore, lambda _, seat: seat.seat.encode())
    if len({seat.seat for seat in seats}) != len(seats):
        raise _refuse("同一任职出现两次", "sheet.jsonl")
    return seats
