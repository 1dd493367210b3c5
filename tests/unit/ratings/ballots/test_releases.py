"""Figures come out in batches and no other way; a rated official who watches them learns little.

The game: an official knows one rater and the day of that rater's ballot, and how others rate (8 on average,
standard deviation 1.5). With even odds the rater gives a low mark (1 to 4), or rates as others do. The
official sees every release and says which. The advantage is the share of right calls among low marks, less
that of false ones among the others: 0 for a guess, 1 for certainty. benchmarks/release_game.py plays it for
other sizes of batches, and a harder one.
"""

import secrets
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import connection

from hengjian.ratings.ballots import queries, releases
from hengjian.ratings.ballots.models import AcceptedKey, Ballot, Due, Release
from hengjian.ratings.ballots.redaction import redacted
from hengjian.ratings.ballots.rules import Rules
from hengjian.scoring.snapshot import Seat
from hengjian.terms.period import Period
from tests.unit.ratings.ballots.making import HALF

START = date(2026, 1, 1)
PERIOD = Period(HALF)
pytestmark = pytest.mark.django_db


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, 0, tzinfo=UTC)


def key_of(official: str) -> AcceptedKey:
    return AcceptedKey.objects.create(
        key_id=f"{int(official[1:]):064x}", spki=b"", variant="", official=official, post="S" + official[1:],
        period=HALF, on=START,
    )  # fmt: skip


def ballot(key: AcceptedKey, mark: int, on: date, **more) -> Ballot:
    drawn = uuid.uuid4()
    return Ballot(
        id=drawn, key=key, token=drawn.hex * 2, receipt=drawn.hex * 2, mark=mark, how="self", on=on, **more
    )


def put(key: AcceptedKey, count: int, on: date, mark: int = 8, **more) -> None:
    Ballot.objects.bulk_create(ballot(key, mark, on, **more) for _ in range(count))


def night(day: date, rules: Rules, delay: int = 0) -> list[Release]:
    return releases.release_due(at(day), rules, lambda below: min(delay, below - 1))


def test_nothing_before_thirty(rules, policy) -> None:
    key = key_of("G1")
    put(key, 29, START)
    put(key, 1, START + timedelta(days=3))
    assert night(START + timedelta(days=3), rules) == []  # the day itself does not count
    shown = queries.standing("G1", "S1", PERIOD, at(START + timedelta(days=3)), policy)
    assert (shown.enough, shown.count, shown.mean, shown.points) == (False, None, None, None)
    assert [r.count for r in night(START + timedelta(days=4), rules)] == [30]
    later = queries.standing("G1", "S1", PERIOD, at(START + timedelta(days=4)), policy)
    assert (later.enough, later.count, later.mean) == (True, 30, 8.0)
    assert later.points == pytest.approx(30 / 45 * 700 / 9 + 15 / 45 * 75)
    assert later.low < later.points < later.high


def test_then_by_batches_of_enough_and_fourteen_days(rules) -> None:
    assert (rules.least, rules.days) == (30, 14)
    assert rules.more >= 20
    key = key_of("G1")
    put(key, 30, START)
    first = START + timedelta(days=1)
    assert len(night(first, rules)) == 1
    put(key, rules.more - 1, first)
    assert night(first + timedelta(days=20), rules) == []
    put(key, 1, first + timedelta(days=20))
    assert [r.count for r in night(first + timedelta(days=21), rules)] == [30 + rules.more]
    put(key, 60, first + timedelta(days=22))
    assert night(first + timedelta(days=34), rules) == []
    assert [r.count for r in night(first + timedelta(days=35), rules)] == [90 + rules.more]


def test_the_day_is_drawn_once_and_what_comes_meanwhile_goes_in(rules) -> None:
    key = key_of("G1")
    put(key, 30, START)
    found = START + timedelta(days=1)
    assert night(found, rules, delay=5) == []
    assert Due.objects.get().release_on == found + timedelta(days=5)
    put(key, 4, found + timedelta(days=2))
    for wait in range(1, 5):
        assert night(found + timedelta(days=wait), rules, delay=0) == []
    assert [r.count for r in night(found + timedelta(days=5), rules)] == [34]


def test_the_delay_is_drawn_over_the_whole_range(rules) -> None:
    for number in range(1, 81):
        put(key_of(f"G{number}"), 30, START)
    releases.release_due(at(START + timedelta(days=1)), rules, secrets.randbelow)
    drawn = {(due.release_on - due.found_on).days for due in Due.objects.all()}
    assert drawn == set(range(rules.delay + 1))


def test_a_mean_has_one_decimal_and_an_amendment_replaces(rules) -> None:
    key = key_of("G1")
    put(key, 29, START)
    old = ballot(key, 1, START)
    old.save(force_insert=True)
    new = ballot(key, 9, START + timedelta(days=1), supersedes=old)
    new.token, new.receipt = None, old.receipt
    new.save(force_insert=True)
    (made,) = night(START + timedelta(days=2), rules)
    assert (made.count, made.mean) == (30, Decimal("8.0"))  # 241 of 30
    assert releases.rounded([8, 8, 8, 9], 1) == Decimal("8.3")


def test_tags_come_out_from_ten_on_in_tens_and_never_all_but_one() -> None:
    assert releases.shown_tags({"quick": 9, "kind": 9, "slow": 27}, 10) == {"slow": 20}
    assert releases.shown_tags({"quick": 9, "kind": 14, "slow": 27}, 10) == {"slow": 20}
    assert releases.shown_tags({"quick": 10, "slow": 27}, 10) == {"quick": 10, "slow": 20}
    assert releases.shown_tags({"quick": 3, "slow": 27}, 10) == {}


def test_a_freeze_sees_the_latest_release_at_its_cut_off(rules, policy) -> None:
    key = key_of("G1")
    put(key, 30, START, mark=8)
    first = START + timedelta(days=1)
    night(first, rules)
    put(key, 40, first, mark=4)
    second = first + timedelta(days=14)
    night(second, rules)
    seats = [_seat("G1", "S1"), _seat("G2", "S2")]
    before = list(queries.marks_for(PERIOD, at(first - timedelta(days=1)), seats, policy))
    between = list(queries.marks_for(PERIOD, at(second - timedelta(days=1)), seats, policy))
    after = list(queries.marks_for(PERIOD, at(second), seats, policy))
    assert (before, len(between), len(after)) == ([], 1, 1)
    assert between[0].marks == (8.0,) * 30
    assert after[0].marks == (5.7,) * 70
    assert (after[0].seat, after[0].group, after[0].stratum) == ("seat-G1", "public", "masses")
    assert list(queries.marks_for(Period("2026-Q1"), at(second), seats, policy)) == []


def _seat(official: str, post: str) -> Seat:
    from tests.sample_city import snapshot

    return replace(snapshot().seats[0], id=f"seat-{official}", official=official, post=post)


def test_who_has_fewer_than_thirty_is_named_without_a_number(rules) -> None:
    put(key_of("G1"), 30, START)
    put(key_of("G2"), 29, START)
    seats = [_seat("G1", "S1"), _seat("G2", "S2"), _seat("G3", "S3")]
    assert [s.official for s in queries.reminders(PERIOD, START, seats, rules)] == ["G2", "G3"]


def test_low_marks_reach_the_follow_up_redacted(rules) -> None:
    from hengjian.roster.models import Official

    Official.objects.create(code="G1", name="王建国", sort_key="wang")
    key = key_of("G1")
    put(key, 1, START, mark=4, tags=["slow"], comment="王建国让我打１３８ ０１３８ 0013找人")
    put(key, 1, START, mark=2, tags=["slow", "rude"], comment="证号11010519491231002X")
    put(key, 1, START, mark=5, tags=["slow"])
    found = queries.low_marks(PERIOD, START, rules)
    assert sorted((one.mark, one.comment) for one in found) == [
        (2, "证号〔身份证号〕"), (4, "〔姓名〕让我打〔电话〕找人"),
    ]  # fmt: skip
    assert queries.problems(PERIOD, START, rules) == []
    put(key, 1, START, mark=1, tags=["slow", "kind"])
    assert queries.problems(PERIOD, START, rules) == [queries.Problem("G1", "S1", "slow", 3)]
    assert queries.themes("G1", "S1", PERIOD, at(START + timedelta(days=90)), rules) == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("电话13800138000。", "电话〔电话〕。"),
        ("+86 138-0013-8000", "+〔电话〕"),
        ("办公室0571-88886666", "办公室〔电话〕"),
        ("一三八零零一三八零零零", "〔电话〕"),
        ("11010519491231002X", "〔身份证号〕"),
        ("110105194912310021", "〔号码〕"),
        ("跑了3次，花了2026元，10分", "跑了3次，花了2026元，10分"),
        ("欧阳春和欧阳都在", "〔姓名〕和〔姓名〕都在"),
    ],
)
def test_redaction(written: str, told: str) -> None:
    assert redacted(written, ["欧阳", "欧阳春", "李"]) == told


def test_no_other_way_out(policy) -> None:
    """Figures are read from releases: no read that gives figures touches a ballot."""
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        queries.standing("G1", "S1", PERIOD, at(START), policy)
        list(queries.marks_for(PERIOD, at(START), [_seat("G1", "S1")], policy))
        queries.releases_at(HALF, at(START))
    assert len(seen) == 3
    assert [one["sql"] for one in seen if "ballots_ballot" in one["sql"]] == []


# -- the differencing game -----------------------------------------------------------------------

BALLOTS, DAYS = 130, 180
OTHERS, LINE = 8.0, 2.75  # the mean that others give; half way between an ordinary mark and a low one


def play(rules: Rules, pairs: int, seed: int = 5) -> float:
    """The advantage of an official who watches every release of half a year, over many games at once.

    Each game is played twice, with the low mark and with the ordinary one, among the same other ballots.
    """
    random, days, rows = Random(seed), {}, []
    for pair in range(pairs):
        days[pair] = START + timedelta(days=random.randrange(DAYS - 60))
        others = [(_ordinary(random), START + timedelta(days=random.randrange(DAYS))) for _ in range(BALLOTS)]
        for official, mine in ((2 * pair, random.randint(1, 4)), (2 * pair + 1, _ordinary(random))):
            key = key_of(f"G{official}").pk
            rows += [(key, mark, on) for mark, on in [*others, (mine, days[pair])]]
    _copied(rows)
    for day in range(1, DAYS):
        releases.release_due(at(START + timedelta(days=day)), rules, random.randrange)
    called = [_deficit(f"G{official}", days[official // 2]) > LINE for official in range(2 * pairs)]
    return sum(called[::2]) / pairs - sum(called[1::2]) / pairs


def _copied(rows: list[tuple[str, int, date]]) -> None:
    columns = 'id, key_id, token, receipt, mark, tags, comment, how, "on"'
    with connection.cursor() as cursor, cursor.copy(f"COPY ballots_ballot ({columns}) FROM STDIN") as copy:
        for key, mark, on in rows:
            drawn = uuid.uuid4().hex
            copy.write_row((drawn, key, drawn * 2, drawn * 2, mark, "{}", "", "self", on))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ballots_ballot")


def _ordinary(random: Random) -> int:
    return min(10, max(1, round(random.gauss(OTHERS, 1.5))))


def _deficit(official: str, day: date) -> float:
    """How far the batch that holds the known ballot lies below what others would give: in points."""
    before, mean_before = 0, 0.0
    for one in Release.objects.filter(due__official=official).order_by("due__number"):
        count, mean = one.count, float(one.mean)
        if one.at.date() > day:
            return OTHERS * (count - before) - (count * mean - before * mean_before)
        before, mean_before = count, mean
    return 0.0


def test_watching_releases_tells_little_of_one_ballot(rules) -> None:
    assert -0.1 < play(rules, 250) <= 0.30


def test_watching_live_figures_would_tell_nearly_all(rules) -> None:
    """The same game with the protection taken out: a figure after every day, unrounded."""
    assert play(replace(rules, least=1, more=1, days=0, delay=0, decimals=4), 25) >= 0.70
