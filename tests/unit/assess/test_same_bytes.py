"""The same facts give the same bytes: any order, either engine, any names, any number of shards."""

from dataclasses import replace
from random import Random

import pytest

from hengjian.scoring.assess import assess
from hengjian.scoring.record import read_parts, read_sheet, sheet_lines, snapshot_root, write_parts
from hengjian.scoring.snapshot import Snapshot
from hengjian.terms.errors import Refused
from tests import sample_city as city

PARTS = (
    "units",
    "seats",
    "metrics",
    "cases",
    "projects",
    "marks",
    "not_applicable",
    "adjustments",
    "previous",
)


def shuffled(facts: Snapshot, seed: int) -> Snapshot:
    draw = Random(seed)
    turned = {}
    for name in PARTS:
        records = list(getattr(facts, name))
        draw.shuffle(records)
        turned[name] = tuple(records)
    marks = tuple(replace(m, marks=tuple(draw.sample(m.marks, len(m.marks)))) for m in turned["marks"])
    return replace(facts, **{**turned, "marks": marks})


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_records_changes_no_byte(seed: int) -> None:
    facts = city.snapshot()
    other = shuffled(facts, seed)
    assert write_parts(facts) == write_parts(other)
    assert assess(facts, city.NEW) == assess(other, city.NEW)


def test_both_engines_give_the_same_sheet_to_the_bit() -> None:
    pytest.importorskip("numba")
    for policy in (city.NEW, city.OLD):
        assert assess(city.snapshot(), policy, "kernel") == assess(city.snapshot(), policy)


def test_parts_read_back_to_the_same_snapshot_and_sheet() -> None:
    parts = write_parts(city.snapshot())
    again = read_parts(parts)
    assert write_parts(again) == parts
    assert snapshot_root(write_parts(again)) == snapshot_root(parts)
    sheet = assess(again, city.NEW)
    assert sheet == assess(city.snapshot(), city.NEW)
    assert read_sheet(sheet_lines(sheet)) == sheet.seats


def test_whole_numbers_are_written_as_the_floats_they_are() -> None:
    facts = city.snapshot()
    whole = replace(facts, metrics=tuple(replace(m, value=int(m.value)) for m in facts.metrics))
    assert write_parts(whole) == write_parts(facts)


@pytest.mark.parametrize(
    ("part", "turn", "says"),
    [
        ("metrics", lambda data: data.replace(b'"value":9.0', b'"value":9', 1), "应为小数"),
        ("metrics", lambda data: data.replace(b'"value":9.0', b'"value": 9.0', 1), "规范"),
        ("metrics", lambda data: b"".join(sorted(data.splitlines(keepends=True), reverse=True)), "次序"),
        ("metrics", lambda data: data[:-1], "不完整"),
        ("metrics", lambda data: data + b"{\n", "JSON"),
        ("metrics", lambda data: data.replace(b'"unit"', b'"unti"', 1), "字段不符"),
        ("seats", lambda data: data.replace(b'"public_facing":true', b'"public_facing":1', 1), "bool"),
        ("cycle", lambda data: data + data, "一条"),
        ("cycle", lambda data: data.replace(b"2026-06-30", b"2026-06-31"), "日期"),
    ],
)
def test_a_part_that_is_not_written_canonically_is_refused_with_its_line(part, turn, says) -> None:
    parts = write_parts(city.snapshot())
    with pytest.raises(Refused) as caught:
        read_parts({**parts, part: turn(parts[part])})
    assert says in str(caught.value)
    assert part in caught.value.where


def test_missing_and_unknown_parts_are_refused() -> None:
    parts = write_parts(city.snapshot())
    for wrong in ({**parts, "odd": b""}, {k: v for k, v in parts.items() if k != "marks"}):
        with pytest.raises(Refused):
            read_parts(wrong)


def test_nan_never_enters_a_part() -> None:
    facts = city.snapshot()
    bad = replace(facts, metrics=(replace(facts.metrics[0], value=float("nan")),))
    with pytest.raises(Refused):
        write_parts(bad)


def test_renaming_seats_changes_no_score() -> None:
    facts = city.snapshot()
    names = {seat.id: f"z{9 - at}-{seat.id}" for at, seat in enumerate(facts.seats)}

    def renamed(records):
        return tuple(replace(record, seat=names[record.seat]) for record in records)

    other = replace(
        facts,
        seats=tuple(replace(seat, id=names[seat.id]) for seat in facts.seats),
        marks=renamed(facts.marks),
        not_applicable=renamed(facts.not_applicable),
        adjustments=renamed(facts.adjustments),
        previous=renamed(facts.previous),
    )
    before = {names[seat.seat]: replace(seat, seat="") for seat in assess(facts, city.NEW).seats}
    after = {seat.seat: replace(seat, seat="") for seat in assess(other, city.NEW).seats}
    assert before == after
