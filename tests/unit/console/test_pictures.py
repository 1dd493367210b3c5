"""Pictures: the script's data and the table beside it say the same."""

import pytest

from hengjian.console.pictures import Step, bars, distribution, waterfall


def test_a_distribution_counts_every_total_once_and_covers_them_all() -> None:
    totals = [80.0, 80.4, 81.0, 89.37, 90.0]
    picture = distribution(totals, 90.0, 81.0)
    assert picture is not None
    bins = picture.spec["bins"]
    assert sum(count for _low, _high, count in bins) == len(totals)  # type: ignore[attr-defined]
    assert bins[0][0] <= 80.0  # type: ignore[index]
    assert bins[-1][1] >= 90.0  # type: ignore[index]
    assert len(picture.table.rows) == len(bins)  # type: ignore[arg-type]


@pytest.mark.parametrize("totals", [[], [77.0]])
def test_one_official_is_no_distribution(totals: list[float]) -> None:
    assert distribution(totals, None, None) is None


def test_equal_totals_make_one_bar() -> None:
    picture = distribution([75.0, 75.0, 75.0], 75.0, 75.0)
    assert picture is not None
    assert [count for _low, _high, count in picture.spec["bins"]] == [3]  # type: ignore[attr-defined]


def test_a_waterfall_runs_from_the_first_whole_to_the_last() -> None:
    picture = waterfall("w", "", [Step("a", 70.0, whole=True), Step("b", -2.5), Step("c", 67.5, whole=True)])
    assert [row[2] for row in picture.table.rows] == ["70.00", "67.50", "67.50"]
    assert picture.table.rows[1][1] == "−2.50"
    assert picture.spec["from"] < 67.5  # type: ignore[operator]


def test_bars_show_what_is_missing_as_a_dash_and_not_as_zero() -> None:
    picture = bars("b", "", ["x", "y"], [("old", [62.0, None]), ("new", [None, 38.0])])
    assert picture.table.rows == (("x", "62.00", "—"), ("y", "—", "38.00"))
