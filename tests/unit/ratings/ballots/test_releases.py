"""Figures come out in batches and no other way; a rated official who watches them learns little.

The game: an official knows one rater and the day of that rater's ballot, and how others rate (8 on average,
standard deviation 1.5). With even odds the rater gives a low mark (1 to 4), or rates as others do. The
official sees every release and says which. The advantage is the share of right calls among low marks, less
that of false ones among the others: 0 for a guess, 1 for certainty. benchmarks/release_game.py plays it for
other sizes of batches, and a harder one.
"""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count, pairwise
from math import exp
from random import Random

import numpy as np
import pytest
from django.db import connection

from benchmarks.release_game import FAR, Guard, released, told, told_by_levels
from hengjian.ratings.ballots import queries, releases, tallies
from hengjian.ratings.ballots.levels import shown_levels
from hengjian.ratings.ballots.models import AcceptedKey, Ballot, Due, Exclusion, Release
from hengjian.ratings.ballots.rules import Rules, rules_of
from hengjian.scoring.snapshot import Seat
from hengjian.terms.period import Period
from tests.unit.ratings.ballots.making import HALF

START = date(2026, 1, 1)
PERIOD = Period(HALF)
pytestmark = pytest.mark.django_db


@pytest.fixture
def rules(rules) -> Rules:
    """Without the days for which a single ballot is held: most tests here count to the day."""
    return replace(rules, hold=0)


@pytest.fixture
def shipped(policy) -> Rules:
    return rules_of(policy)


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
    turn = count()
    releases.release_due(at(START + timedelta(days=1)), rules, lambda below: next(turn) % below)
    drawn = {(due.release_on - due.found_on).days for due in Due.objects.all()}
    assert drawn == set(range(rules.delay + 1))


def test_each_ballot_is_held_for_days_of_its_own_and_none_for_ever(shipped) -> None:
    put(key_of("G1"), 400, START)
    counts = [
        releases.ripe(START + timedelta(days=day), shipped.hold).count() for day in range(shipped.hold + 2)
    ]
    assert counts[0] == 0
    assert counts[-1] == 400
    steps = [after - before for before, after in pairwise(counts)]
    assert len(steps) == shipped.hold + 1
    assert all(4 <= step <= 40 for step in steps)  # 18 on average
    assert releases.valid(START + timedelta(days=1)).count() == 400  # follow-up does not wait


def test_an_amended_ballot_counts_in_its_earlier_version_until_the_later_is_ripe(shipped) -> None:
    old = ballot(key_of("G1"), 2, START)
    old.receipt = "0000015" + "0" * 57  # held for 21 days
    old.save(force_insert=True)
    new = ballot(old.key, 9, START + timedelta(days=5), supersedes=old)
    new.token, new.receipt = None, old.receipt
    new.save(force_insert=True)
    marks = [[b.mark for b in releases.ripe(START + timedelta(days=d), 21)] for d in (21, 22, 26, 27, 40)]
    assert marks == [[], [2], [2], [9], [9]]


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


def test_who_has_no_release_is_named_without_a_number(rules, policy) -> None:
    """Thirty in the box are not enough until they are released: reminders and results say the same."""
    put(key_of("G1"), 30, START)
    put(key_of("G2"), 29, START)
    put(key_of("G3"), 40, START + timedelta(days=2))
    seats = [_seat("G1", "S1"), _seat("G2", "S2"), _seat("G3", "S3")]
    first, later = START + timedelta(days=1), START + timedelta(days=5)

    def few(moment: datetime) -> list[str]:
        return [s.official for s in queries.reminders(PERIOD, moment, seats)]

    assert few(at(later)) == ["G1", "G2", "G3"]
    night(first, rules)
    night(later, rules, delay=2)  # due, and not yet out
    assert few(at(later)) == ["G2", "G3"]
    assert few(at(first - timedelta(days=1))) == ["G1", "G2", "G3"]
    for seat in seats:
        shown = queries.standing(seat.official, seat.post, PERIOD, at(later), policy)
        assert shown.enough == (seat.official not in few(at(later)))


def test_what_came_back_is_told_as_of_releases_in_tens(rules) -> None:
    units = {("G1", "S1"): "甲", ("G2", "S2"): "甲", ("G3", "S3"): "乙"}
    put(key_of("G1"), 34, START)
    put(key_of("G2"), 29, START)
    put(key_of("G3"), 45, START + timedelta(days=2))
    night(START + timedelta(days=1), rules)
    put(AcceptedKey.objects.get(official="G1"), 26, START + timedelta(days=1))
    later = at(START + timedelta(days=9))
    assert tallies.received(PERIOD, later, rules, units) == {"甲": tallies.Received(30, 30)}


def test_three_low_marks_with_a_tag_are_a_problem(rules) -> None:
    key = key_of("G1")
    put(key, 1, START, mark=4, tags=["slow"])
    put(key, 1, START, mark=2, tags=["slow", "rude"])
    put(key, 1, START, mark=5, tags=["slow"])
    assert queries.problems(PERIOD, START, rules) == []
    put(key, 1, START, mark=1, tags=["slow", "kind"])
    assert queries.problems(PERIOD, START, rules) == [queries.Problem("G1", "S1", "slow", 3)]
    assert queries.themes("G1", "S1", PERIOD, at(START + timedelta(days=90)), rules) == []


def test_no_other_way_out(policy) -> None:
    """Figures are read from releases: no read that gives figures touches a ballot."""
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        queries.standing("G1", "S1", PERIOD, at(START), policy)
        list(queries.marks_for(PERIOD, at(START), [_seat("G1", "S1")], policy))
        queries.releases_at(HALF, at(START))
        queries.reminders(PERIOD, at(START), [_seat("G1", "S1")])
    assert len(seen) == 4
    assert [one["sql"] for one in seen if "ballots_ballot" in one["sql"]] == []


# -- the differencing game -----------------------------------------------------------------------

BALLOTS, DAYS = 130, 180
ENDS = DAYS + 30  # in days from the start, the holds beside: by then the last release is found due
OTHERS, SPREAD = 7.9, 1.4  # what others give, on a scale that ends at ten


def play(rules: Rules, pairs: int, seed: int = 5, *, far: bool = False) -> float:
    """The advantage of an official who watches every release of half a year, over many games at once.

    Each game is played twice, with the low mark and with the other one, among the same other ballots.
    ``far``: 2 or 9; otherwise 1 to 4, or as others do.
    """
    random, days, rows = Random(seed), {}, []
    for pair in range(pairs):
        days[pair] = START + timedelta(days=random.randrange(DAYS - 60))
        others = [(_ordinary(random), START + timedelta(days=random.randrange(DAYS))) for _ in range(BALLOTS)]
        low, other = (2, 9) if far else (random.randint(1, 4), _ordinary(random))
        for official, mine in ((2 * pair, low), (2 * pair + 1, other)):
            key = key_of(f"G{official}").pk
            rows += [(key, mark, on) for mark, on in [*others, (mine, days[pair])]]
    _copied(rows, random)
    for day in range(1, ENDS + rules.hold, 2):  # every other night: half the time
        releases.release_due(at(START + timedelta(days=day)), rules, random.randrange)
    known = (2, 9) if far else (2.5, OTHERS)
    said = [_suspicion(f"G{n}", days[n // 2], rules, known) for n in range(2 * pairs)]
    return sum(one > 0 for one in said[::2]) / pairs - sum(one > 0 for one in said[1::2]) / pairs


def _copied(rows: list[tuple[str, int, date]], random: Random) -> None:
    columns = 'id, key_id, token, receipt, mark, tags, comment, how, "on"'
    with connection.cursor() as cursor, cursor.copy(f"COPY ballots_ballot ({columns}) FROM STDIN") as copy:
        for key, mark, on in rows:
            drawn = f"{random.getrandbits(128):032x}"
            copy.write_row((drawn, key, drawn * 2, drawn * 2, mark, "{}", "", "self", on))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ballots_ballot")


def _ordinary(random: Random) -> int:
    return min(10, max(1, round(random.gauss(8, 1.5))))


def _suspicion(official: str, day: date, rules: Rules, known: tuple[float, float]) -> float:
    """How much likelier the releases are with a low mark: every batch that may hold the ballot weighs as
    likely as it holds it.
    """
    before, mean_before, seen, low, other = 0, 0.0, 0, 0.0, 0.0
    for one in Release.objects.filter(due__official=official).order_by("due__number"):
        count, mean = one.count, float(one.mean)
        until = min(max((one.at.date() - day).days, 0), rules.hold + 1)
        likely, seen = (until - seen) / (rules.hold + 1), until
        new, off = count - before, count * mean - before * mean_before
        noise = 2 * (new * SPREAD**2 + (count**2 + before**2) * 10 ** (-2 * rules.decimals) / 12)
        low += likely * exp(-((off - (new - 1) * OTHERS - known[0]) ** 2) / noise)
        other += likely * exp(-((off - (new - 1) * OTHERS - known[1]) ** 2) / noise)
        before, mean_before = count, mean
    return low - other


def test_watching_releases_tells_little_of_one_ballot(shipped) -> None:
    assert -0.1 < play(shipped, 120) <= 0.30


def test_watching_live_figures_would_tell_nearly_all(shipped) -> None:
    """The same game with the protection taken out: a figure after every day, unrounded."""
    live = replace(shipped, least=1, more=1, days=0, delay=0, hold=0, decimals=4)
    assert play(live, 20) >= 0.70


def _guard(rules: Rules) -> Guard:
    return Guard(rules.more, rules.hold, rules.delay, rules.least, rules.days, rules.decimals, rules.pause)


@pytest.mark.parametrize("hold", [0, 21])
def test_the_model_of_the_game_releases_what_the_program_releases(shipped, hold) -> None:
    random, rules = Random(11), replace(shipped, hold=hold)
    given, rows = {}, []
    for number in range(12):
        key = key_of(f"G{number}").pk
        mine = [
            (random.randint(1, 10), random.randrange(DAYS), random.randrange(hold + 1)) for _ in range(130)
        ]
        given[number] = mine
        rows += [(key, mark, START + timedelta(days=day), wait) for mark, day, wait in mine]
    _copied_held(rows, random, hold)
    for day in range(1, ENDS + hold):
        releases.release_due(at(START + timedelta(days=day)), rules, lambda _below: 3)
    for number, mine in given.items():
        marks, days, waits = (np.array(column) for column in zip(*mine, strict=True))
        made = Release.objects.filter(due__official=f"G{number}").order_by("due__number")
        told_by_program = [((r.at.date() - START).days, r.count, float(r.mean)) for r in made]
        modelled = list(released(days + waits, marks, _guard(rules), lambda _below: 3))
        assert told_by_program == [one for one in modelled if one[0] < ENDS + hold]
        assert len(told_by_program) >= 2


def _copied_held(rows: list[tuple[str, int, date, int]], random: Random, hold: int) -> None:
    """Ballots whose receipt makes them wait for just so many days."""
    columns = 'id, key_id, token, receipt, mark, tags, comment, how, "on"'
    with connection.cursor() as cursor, cursor.copy(f"COPY ballots_ballot ({columns}) FROM STDIN") as copy:
        for key, mark, on, wait in rows:
            drawn = f"{random.getrandbits(128):032x}"
            first = random.randrange(10**6) * (hold + 1) + wait
            copy.write_row(
                (drawn, key, drawn * 2, f"{first:07x}{drawn}{drawn[:25]}", mark, "{}", "", "self", on)
            )


@pytest.mark.parametrize("far", [False, True])
def test_a_watcher_who_weighs_all_releases_learns_little(shipped, far) -> None:
    """The harder game too, in which the mark is two or nine."""
    assert 0.1 < told(_guard(shipped), far, 16_000, np.random.default_rng(7)) <= 0.30


def test_without_the_days_of_its_own_an_extreme_mark_would_be_told_oftener(shipped) -> None:
    bare = replace(_guard(shipped), hold=0, delay=7, more=20)
    assert told(bare, True, 8_000, np.random.default_rng(7)) > 0.32


@pytest.mark.parametrize("far", [False, True])
def test_who_sees_the_five_levels_too_learns_little(shipped, far) -> None:
    """The half-year's table, beside every count and mean."""
    random = np.random.default_rng(7)
    assert 0.1 < told_by_levels(_guard(shipped), far, 14_000, random, shown_levels) <= 0.30


def test_exact_levels_would_tell_nearly_all(shipped) -> None:
    assert told_by_levels(_guard(shipped), FAR, 1_500, np.random.default_rng(7), dict) > 0.8


@pytest.mark.parametrize(
    ("cells", "told_cells"),
    [
        ([0, 1, 19, 61, 48], {"3": 10, "4": 60, "5": 40}),
        ([0, 0, 0, 0, 30], {"5": 20}),  # never that all are of one kind
        ([0, 0, 0, 1, 29], {"5": 20}),
        ([9, 10, 20, 30, 40], {"3": 20, "4": 30, "5": 40}),  # one is never left out alone
        ([40, 40, 40, 40, 40], {"1": 40, "2": 40, "3": 40, "4": 40, "5": 30}),
        ([0, 0, 0, 5, 5], {}),
    ],
)
def test_five_levels_leave_ten_unplaced_and_none_alone(cells: list[int], told_cells: dict[str, int]) -> None:
    given = {str(number): count for number, count in enumerate(cells, start=1)}
    assert shown_levels(given) == told_cells
    assert sum(cells) - sum(told_cells.values()) >= 10


def test_five_levels_are_kept_with_a_release_and_told_when_the_half_year_is_whole(shipped, policy) -> None:
    rules = replace(shipped, hold=0)
    key = key_of("G1")
    put(key, 30, START, mark=9)
    put(key, 20, START, mark=6)
    put(key, 3, START, mark=2)
    (made,) = night(START + timedelta(days=1), rules)
    assert made.levels.cells == {"3": 20, "5": 20}
    whole = rules_of(policy).whole_from(PERIOD)
    early = queries.standing("G1", "S1", PERIOD, at(whole - timedelta(days=1)), policy)
    then = queries.standing("G1", "S1", PERIOD, at(whole), policy)
    assert (early.levels, then.levels) == ((), (None, None, 20, None, 20))


def test_a_half_year_is_whole_from_a_day_and_nothing_comes_after_it(shipped, policy) -> None:
    """Ballots on every last day, each held and delayed as long as can be."""
    assert queries.whole_from(PERIOD, policy) == date(2026, 6, 30) + timedelta(days=50)
    assert queries.whole_from(Period("2026-Q1"), policy) is None
    key, last = key_of("G1"), PERIOD.end + timedelta(days=shipped.cast_days)
    put(key, 400, last)
    whole = shipped.whole_from(PERIOD)
    day = last
    while day < whole:
        day += timedelta(days=1)
        night(day, shipped, delay=shipped.delay)
    before = Release.objects.count()
    assert before >= 1
    for more in range(1, 40):
        night(whole + timedelta(days=more), shipped, delay=0)
    assert Release.objects.count() == before


def test_towards_the_end_what_comes_waits_for_one_last_release(shipped) -> None:
    """Without the pause the batch of May would leave 30 marks that make no batch of their own."""
    rules = replace(shipped, hold=0)
    closes = PERIOD.end + timedelta(days=rules.cast_days + 1)
    counts = {}
    for number, pause in enumerate((rules.pause, 0), start=1):
        key = key_of(f"G{number}")
        put(key, 30, START)
        put(key, rules.more, PERIOD.end - timedelta(days=50))
        put(key, 30, PERIOD.end)
        day, those = START, replace(rules, pause=pause)
        while day < closes + timedelta(days=rules.days):
            day += timedelta(days=1)
            night(day, those)
        made = Release.objects.filter(due__official=f"G{number}").order_by("due__number")
        counts[pause] = [(one.at.date(), one.count) for one in made]
    assert [count for _day, count in counts[60]] == [30, 100]
    assert counts[60][1][0] == closes
    assert [count for _day, count in counts[0]] == [30, 70]


def test_a_first_release_does_not_wait_and_few_that_remain_never_come(shipped) -> None:
    rules = replace(shipped, hold=0)
    key = key_of("G1")
    late = PERIOD.end - timedelta(days=20)
    put(key, 30, late)
    put(key, rules.more - 1, PERIOD.end)
    for more in range(1, 80):
        night(late + timedelta(days=more), rules)
    assert [one.count for one in Release.objects.all()] == [30]


# --- marks that are taken out -------------------------------------------------------------------------------
def take_out(count: int, mark: int, on: date) -> None:
    rows = Ballot.objects.filter(mark=mark, exclusion=None).order_by("id").values_list("pk", flat=True)
    Exclusion.objects.bulk_create(
        Exclusion(ballot_id=one, reason="误评", by="A", second="B", on=on) for one in rows[:count]
    )


def test_a_batch_that_lost_marks_in_its_delay_waits_until_there_are_enough(rules) -> None:
    key, found = key_of("G1"), START + timedelta(days=1)
    put(key, 30, START)
    assert night(found, rules, delay=3) == []
    take_out(25, 8, found)
    assert night(found + timedelta(days=3), rules) == []
    put(key, 24, found + timedelta(days=3))
    assert night(found + timedelta(days=4), rules) == []
    put(key, 1, found + timedelta(days=4))
    assert [r.count for r in night(found + timedelta(days=5), rules)] == [30]
    assert Due.objects.count() == 1


def test_a_batch_of_which_all_was_taken_out_holds_nobody_else_up(rules) -> None:
    found = START + timedelta(days=1)
    put(key_of("G1"), 30, START, mark=7)
    put(key_of("G2"), 30, START)
    assert night(found, rules, delay=3) == []
    take_out(30, 7, found)
    assert [r.due.official for r in night(found + timedelta(days=3), rules)] == ["G2"]


def test_a_later_batch_that_lost_its_new_marks_waits_too(rules) -> None:
    key, first = key_of("G1"), START + timedelta(days=1)
    put(key, 30, START)
    assert len(night(first, rules)) == 1
    put(key, rules.more, first + timedelta(days=20), mark=3)
    assert night(first + timedelta(days=21), rules, delay=3) == []
    take_out(rules.more - 1, 3, first + timedelta(days=21))
    # each was new and is taken out again: to the last release they are nothing
    assert night(first + timedelta(days=24), rules) == []


def test_marks_taken_out_after_a_release_are_changes_and_come_out_with_the_next(rules) -> None:
    key, first = key_of("G1"), START + timedelta(days=1)
    put(key, 30, START, mark=9)
    put(key, rules.more, START, mark=1)
    assert len(night(first, rules)) == 1
    take_out(rules.more - 1, 1, first)
    assert night(first + timedelta(days=20), rules) == []
    put(key, 1, first + timedelta(days=20), mark=9)
    (made,) = night(first + timedelta(days=21), rules)
    assert (made.count, made.mean) == (32, Decimal("8.8"))  # 31 nines and the one that stands: (279 + 1) / 32


def test_no_release_is_of_fewer_than_the_least_marks(rules) -> None:
    key, first = key_of("G1"), START + timedelta(days=1)
    put(key, 30, START, mark=9)
    put(key, 20, START, mark=1)
    assert len(night(first, rules)) == 1
    take_out(20, 1, first)
    take_out(1, 9, first)
    put(key, 0, first)
    assert night(first + timedelta(days=30), rules) == []


def test_amended_marks_are_changes(rules) -> None:
    key, first = key_of("G1"), START + timedelta(days=1)
    put(key, 40, START, mark=2)
    assert len(night(first, rules)) == 1
    later = first + timedelta(days=20)
    for number, old in enumerate(list(Ballot.objects.filter(supersedes=None)[: rules.more]), 1):
        Ballot.objects.bulk_create([
            Ballot(id=uuid.uuid4(), key=key, token=None, receipt=old.receipt, mark=10, how="self", on=later,
                   supersedes=old)
        ])  # fmt: skip
        made = night(later + timedelta(days=1), rules)
        assert [r.count for r in made] == ([40] if number == rules.more else [])
