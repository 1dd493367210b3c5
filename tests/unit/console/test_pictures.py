"""Pictures: the script's data and the table beside it say the same."""

import pytest

from hengjian.console.pictures import (
    Box,
    Moment,
    Spoke,
    Step,
    bars,
    boxes,
    distribution,
    funnel,
    radar,
    trend,
    waterfall,
)


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


SPOKES = [
    Spoke("甲", 90.0, 60.0, 70.0, 80.0),
    Spoke("乙", None, 60.0, 65.0, 80.0),
    Spoke("丙", 50.004, 40.0, 50.001, 60.0),
    Spoke("丁", 0.0, 40.0, 45.5, 60.0),
]


def test_a_radar_leaves_out_what_has_no_points_and_says_so_but_draws_a_true_nought() -> None:
    picture = radar("r", "", "得分", SPOKES)
    assert picture is not None
    assert picture.spec["names"] == ["甲", "丙", "丁"]
    assert picture.spec["own"]["values"] == [90.0, 50.004, 0.0]  # type: ignore[index]
    assert [row[:2] for row in picture.table.rows] == [
        ("甲", "90.00"), ("乙", "—"), ("丙", "50.00"), ("丁", "0.00"),
    ]  # fmt: skip
    assert "1 项较高，1 项较低，1 项持平" in picture.finding
    assert "“甲”（+20.00）" in picture.finding
    assert "“丁”（−45.50）" in picture.finding
    assert "乙，不按零分计" in picture.finding


def test_a_radar_of_a_small_group_shows_the_own_points_alone() -> None:
    picture = radar("r", "", "得分", [Spoke(one.name, 50.0, None, None, None) for one in SPOKES])
    assert picture is not None
    assert picture.spec["group"] == []
    assert "中位" not in picture.finding
    assert {row[2] for row in picture.table.rows} == {"—"}


def test_two_spokes_are_no_radar() -> None:
    assert radar("r", "", "得分", SPOKES[:3]) is None


@pytest.mark.parametrize(
    ("now", "said"), [((80.0, 78.0, 82.0), "两次的区间不相交"), ((72.0, 70.0, 74.0), "不宜据此说有升降")]
)
def test_a_trend_says_whether_a_change_is_more_than_its_error(
    now: tuple[float, float, float], said: str
) -> None:
    first = Moment("上半年", 70.0, 68.0, 73.0, 71.0)
    picture = trend("t", "", ("总分", "区间", "中位"), [first, Moment("下半年", *now, 71.5)])
    assert picture is not None
    assert said in picture.finding
    assert picture.table.rows[0] == ("上半年", "70.00", "68.00–73.00", "71.00")
    assert [one["at"] for one in picture.spec["moments"]] == [70.0, now[0]]  # type: ignore[attr-defined]


def test_a_cycle_without_a_total_leaves_a_gap_and_one_total_is_no_trend() -> None:
    gap = Moment("中间", None, None, None, None)
    one, other = Moment("前", 70.0, None, None, None), Moment("后", 71.0, None, None, None)
    picture = trend("t", "", ("总分", "区间", "中位"), [one, gap, other])
    assert picture is not None
    assert picture.spec["moments"][1]["at"] is None  # type: ignore[index]
    assert picture.table.rows[1] == ("中间", "—", "—", "—")
    assert "相交" not in picture.finding
    assert trend("t", "", ("总分", "区间", "中位"), [one, gap]) is None


def test_a_group_that_is_too_small_has_no_figures_in_boxes() -> None:
    rows = [Box("大", 6, 60.0, 65.0, 70.0, 75.0, 80.0), Box("小", 2, None, None, None, None, None)]
    picture = boxes("b", "", "不足 5 人，不显示", rows)
    assert picture is not None
    assert picture.table.rows[1] == ("小", "2", "—", "—", "—", "—", "—")
    assert "1 个不足 5 人" in picture.finding
    assert boxes("b", "", "", rows[1:]) is None


def test_a_funnel_says_the_share_of_the_stage_above_and_where_most_are_lost() -> None:
    picture = funnel("f", "", "人次", [("办件", 1200), ("应邀", 1000), ("送达", 990), ("打开", 0)])
    assert picture.table.rows[1] == ("应邀", "1,000", "83.3%")
    assert picture.table.rows[3] == ("打开", "0", "0.0%")
    assert "“送达”到“打开”少得最多（990）" in picture.finding
    assert [one["value"] for one in picture.spec["stages"]] == [1200, 1000, 990, 0]  # type: ignore[attr-defined]


def test_a_waterfall_names_what_adds_and_what_takes_most() -> None:
    steps = [Step("甲", 40.0), Step("乙", 30.0), Step("系数", -5.0), Step("总分", 65.0, whole=True)]
    assert (
        waterfall("w", "", steps).finding
        == "总分 65.00；增加最多的是“甲”（+40.00）；减少最多的是“系数”（−5.00）。"
    )


def test_the_funnel_of_ratings_leaves_out_a_channel_with_a_hidden_stage() -> None:
    from hengjian.console.public_ratings import funnel_picture

    rows = [("短信", (100, 90, 80, 40, 30)), ("窗口", (None, None, 12, 9, 7)), ("代录", (20, 20, 20, 10, 10))]
    picture = funnel_picture(rows)
    assert picture is not None
    assert [row[1] for row in picture.table.rows] == ["120", "110", "100", "50", "40"]
    assert funnel_picture(rows[1:2]) is None
