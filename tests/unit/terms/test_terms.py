"""Terms: what every room relies on."""

import json
import math
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengjian.terms import canonical, numbers
from hengjian.terms.calendar import SHANGHAI, WorkCalendar
from hengjian.terms.errors import HengjianError, NotPermitted, PolicyError, Refused, Tampered
from hengjian.terms.period import Period


def test_an_error_says_what_where_and_what_to_do() -> None:
    error = PolicyError("权重合计 99", where="weights.yaml:12", do="请改为合计 100")
    assert str(error) == "weights.yaml:12：权重合计 99。请改为合计 100"


def test_each_kind_of_error_has_its_own_exit_code() -> None:
    codes = [kind.exit_code for kind in (HengjianError, Refused, NotPermitted, PolicyError, Tampered)]
    assert len(set(codes)) == len(codes)
    assert 0 not in codes


@pytest.mark.parametrize(
    ("text", "start", "end", "title"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "2026年"),
        ("2026-H1", date(2026, 1, 1), date(2026, 6, 30), "2026年上半年"),
        ("2026-H2", date(2026, 7, 1), date(2026, 12, 31), "2026年下半年"),
        ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30), "2026年第3季度"),
        ("2024-M02", date(2024, 2, 1), date(2024, 2, 29), "2024年2月"),
        ("2026-M12", date(2026, 12, 1), date(2026, 12, 31), "2026年12月"),
    ],
)
def test_a_period_knows_its_days_and_its_title(text: str, start: date, end: date, title: str) -> None:
    period = Period(text)
    assert (period.start, period.end, period.title) == (start, end, title)
    assert period.contains(start)
    assert period.contains(end)
    assert not period.contains(date(end.year + 1, 1, 1))


@pytest.mark.parametrize(
    "text",
    [
        "2026-Q5",
        "2026-H0",
        "2026-M13",
        "26-Q1",
        "2026Q1",
        "",
        "2026-W1",
        "9999-H2",
        "0000",
        "1899",
        "２０２６",
        "2026-H1\n",
    ],
)
def test_a_period_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        Period(text)
    assert "2026-H1" in caught.value.do


def test_quantising_is_half_to_even_and_knows_no_minus_zero() -> None:
    values = np.array([0.1234565, 0.1234575, -0.0000001, np.nan])
    result = numbers.quantise(values)
    assert math.copysign(1, result[2]) == 1.0
    assert np.isnan(result[3])
    assert [numbers.quantise_one(v) for v in values[:3]] == list(result[:3])


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.125, "0.13"), (2.675, "2.68"), (-0.005, "-0.01"), (91.994999, "91.99"), (None, "—")],
)
def test_figures_are_shown_half_up_and_a_gap_is_a_dash(value: float | None, text: str) -> None:
    assert numbers.shown(value) == text
    assert numbers.shown(float("nan")) == "—"


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), _values))
def test_canonical_bytes_ignore_the_order_of_keys_and_read_back(value: dict[str, object]) -> None:
    turned = dict(reversed(list(value.items())))
    assert canonical.canonical(value) == canonical.canonical(turned)
    assert json.loads(canonical.canonical(value)) == value


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), [1.0, float("nan")], {"a": float("-inf")}])
def test_nan_never_enters_a_record(bad: object) -> None:
    with pytest.raises(Refused):
        canonical.canonical(bad)


def test_dates_tuples_and_chinese_have_one_form_and_nothing_else_has_any() -> None:
    held = {"日": date(2026, 6, 30), "b": (1, 2.5, None), "a": datetime(2026, 7, 1, tzinfo=UTC)}
    text = '{"a":"2026-07-01T00:00:00+00:00","b":[1,2.5,null],"日":"2026-06-30"}'
    assert canonical.canonical(held) == text.encode()
    with pytest.raises(TypeError):
        canonical.canonical({"a": {1, 2}})


def test_a_root_changes_with_any_name_or_part_but_not_with_order() -> None:
    parts = [("a", "1"), ("b", "2")]
    assert canonical.root_of(parts) == canonical.root_of(parts[::-1])
    assert canonical.root_of(parts) != canonical.root_of([("a", "2"), ("b", "1")])
    assert canonical.root_of(parts) != canonical.root_of([("a", "1"), ("c", "2")])


NATIONAL_DAY_2026 = WorkCalendar(
    off=frozenset(date(2026, 10, day) for day in range(1, 8)),
    make_up=frozenset([date(2026, 9, 20), date(2026, 10, 10)]),
    years=frozenset([2026]),
)


def test_working_days_skip_holidays_and_count_make_up_days() -> None:
    opened = datetime(2026, 9, 30, 9, 0, tzinfo=SHANGHAI)
    due = NATIONAL_DAY_2026.add_working_days(opened, 3)
    assert due.date() == date(2026, 10, 10)  # 8 and 9 October, then the make-up Saturday
    assert due.timetz().replace(tzinfo=None).isoformat() == "23:59:59"


def test_the_day_is_taken_in_shanghai_not_in_utc() -> None:
    late = datetime(2026, 9, 29, 17, 0, tzinfo=UTC)  # already 30 September in Shanghai
    assert NATIONAL_DAY_2026.add_calendar_days(late, 1).date() == date(2026, 10, 1)


def test_a_year_without_a_holiday_notice_is_refused_not_guessed() -> None:
    with pytest.raises(Refused) as caught:
        NATIONAL_DAY_2026.add_working_days(datetime(2026, 12, 31, 9, tzinfo=SHANGHAI), 1)
    assert "2027" in caught.value.what


def test_the_calendar_agrees_with_the_published_one(real_data: Path) -> None:
    days = json.loads((real_data / "holiday_cn" / "2026.json").read_text())["days"]
    dated = {date.fromisoformat(d["date"]): d["isOffDay"] for d in days}
    calendar = WorkCalendar(
        off=frozenset(d for d, off in dated.items() if off),
        make_up=frozenset(d for d, off in dated.items() if not off),
        years=frozenset([2026]),
    )
    assert all(calendar.is_working(day) is not off for day, off in dated.items())
