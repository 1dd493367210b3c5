"""A feed's declaration: no Python for a new city, and every slip is named with its line."""

import pytest

from hengjian.evidence.errors import FeedError
from hengjian.evidence.feeds.folder import feed_from_text, load_feed
from hengjian.terms.errors import PolicyError
from tests.unit.evidence.conftest import HOTLINE


def refusal(old: str, new: str) -> FeedError:
    assert old in HOTLINE
    with pytest.raises(FeedError) as found:
        feed_from_text(HOTLINE.replace(old, new, 1), "热线/feed.yaml")
    return found.value


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("kind: case", "kind: petition", 3, "kind: petition"),
        ("feed: hotline", "feed: 热线", 1, "不可用"),
        ("  opened_at: 受理时间", "  opend_at: 受理时间", 9, "opend_at"),
        ("ignored: [诉求内容]", "ignore: [诉求内容]", 22, "ignore"),
        ("codes: units}", "codes: unit}", 7, "没有对应表“unit”"),
        ("办结: closed", "办结: done", 8, "done"),
        ("basis: legal", "basis: law", 19, "basis: law"),
        ("{days: 5, count: working}", "{days: 5}", 21, "count"),
        ("{days: 5, count: working}", "{days: 5, count: working, column: x}", 21, "二者取一"),
        ("{days: 5, count: working}", "{days: -5, count: working}", 21, "正整数"),
        ("ignored: [诉求内容]", "ignored: [类型]", 22, "既有对应又列入 ignored"),
        ("ignored: [诉求内容]", "time_zone: Asia/Peking", 22, "没有时区"),
        ("ignored: [诉求内容]", "file: {encoding: gbx}", 22, "没有编码"),
        ("ignored: [诉求内容]", "file: {formt: csv}", 22, "formt"),
        ("ignored: [诉求内容]", "expected: {column: x, codes: {A: good}}", 22, "判定不可用"),
    ],
)
def test_a_slip_is_refused_with_its_line(old: str, new: str, line: int, says: str) -> None:
    error = refusal(old, new)
    assert error.where == f"热线/feed.yaml:{line}"
    assert says in f"{error.what}{error.do}"


def test_a_missing_field_is_named() -> None:
    error = refusal("  status: {column: 状态, codes: states}\n", "")
    assert "status" in error.what
    assert error.where.startswith("热线/feed.yaml:")


def test_yaml_that_is_no_yaml_names_its_line() -> None:
    with pytest.raises(PolicyError) as found:
        feed_from_text("feed: a\nkind: [case\n", "x/feed.yaml")
    assert found.value.where.startswith("x/feed.yaml:")


def test_an_absent_folder_says_what_to_give(tmp_path) -> None:
    with pytest.raises(FeedError) as found:
        load_feed(tmp_path)
    assert "feed.yaml" in found.value.where


def test_what_is_wanted_is_only_what_is_mapped() -> None:
    feed = feed_from_text(HOTLINE, "x")
    assert "诉求内容" not in feed.wanted
    assert {"工单号", "法定期限", "承诺期限"} <= set(feed.wanted)
