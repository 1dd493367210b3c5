"""What the pages are told: what is missing, rankings, sheets, workings, records."""

from pathlib import Path

import pytest
from django.utils import translation

from hengjian.cycles import operations, queries
from hengjian.scoring.workings import flat
from hengjian.terms.errors import Refused
from tests.unit.cycles import small_city as city_of
from tests.unit.cycles.small_city import PEOPLE, TWO, audit, open_one, seat

CYCLE = "t-2026-h1"


@pytest.fixture
def scored(city: None) -> str:
    operations.freeze(CYCLE, audit())
    operations.score(CYCLE, audit(hours=1))
    return CYCLE


def test_an_open_cycle_says_what_it_lacks(db: None) -> None:
    city_of.let_roster_in()
    city_of.let_facts_in(without=("gep",))
    open_one()
    missing = queries.what_is_missing(CYCLE)
    gep = next(m for m in missing if m.indicator == "gep")
    assert (gep.kind, gep.count, gep.rule) == ("metric", 2, "carry_forward")
    assert {code for code, _name in gep.organisations} == {t.code for t in TWO}
    assert {name for _code, name in gep.organisations} == {t.name for t in TWO}
    unjudged = {m.group: m.count for m in missing if m.kind == "marks"}
    assert unjudged["public"] == unjudged["peers"] == len(PEOPLE)
    small = [m for m in missing if m.kind == "group_small"]
    assert {m.count for m in small} == {4, 8}  # principals, deputies: both under nine


def test_marks_that_come_in_are_counted_at_once(db: None) -> None:
    """Their number is kept from one look to the next, as long as none comes in."""
    city_of.let_roster_in()
    city_of.let_facts_in()
    open_one()
    before = queries.cycle_detail(CYCLE)
    city_of.let_marks_in()
    after = queries.cycle_detail(CYCLE)
    assert before.counts["marks"] == 0 < after.counts["marks"]
    assert "public" in {m.group for m in before.missing if m.kind == "marks"}
    assert "public" not in {m.group for m in after.missing if m.kind == "marks"}


def test_an_empty_roster_blocks(db: None) -> None:
    open_one()
    (first, *_rest) = queries.what_is_missing(CYCLE)
    assert first.blocks
    with pytest.raises(Refused, match="没有任职"):
        operations.freeze(CYCLE, audit())


def test_quarantined_records_are_counted(city: None) -> None:
    from hengjian.evidence.feeds.folder import direct_feed
    from hengjian.evidence.operations import admit
    from hengjian.evidence.records import MetricDraft

    stranger = MetricDraft("unknown", "gep", "2026-H1", 1, "亿元")  # type: ignore[arg-type]
    admit([stranger], direct_feed("metric", "metrics", "指标"), by="t", now=city_of.NOW)
    waiting = next(m for m in queries.what_is_missing(CYCLE) if m.kind == "quarantine")
    assert waiting.count == 1


def test_too_few_marks_never_enter_the_snapshot(city: None) -> None:
    """Five peers are the least: with marks of the public only under thirty, none of them is kept."""
    from decimal import Decimal

    from hengjian.policy import load, shipped
    from hengjian.ratings.panels.marks import MarkDraft
    from hengjian.ratings.panels.operations import Office, admit_marks

    person = PEOPLE[3]
    office = Office(by="t", now=city_of.NOW, policy=load(shipped()["seed"]), salt=b"t")
    draft = MarkDraft(
        official=person.official, post=person.post, period="2026-H1", group="peers", ballots=3,
        value=Decimal(9), given_on=city_of.files.given_on(city_of.PERIOD), indicator="backstop",
    )  # fmt: skip
    others = [m for m in city_of.opinions.marks(city_of.PERIOD) if m.member == person]
    assert sum(m.ballots for m in others if (m.group, m.indicator) == ("peers", "backstop")) == 5
    from hengjian.ratings.panels.models import MarkBatch

    admit_marks([draft], office, source="correction", supersedes=str(MarkBatch.objects.get().pk))
    operations.freeze(CYCLE, audit())
    snapshot = queries.storing.snapshot_of(queries.storing.newest_snapshot(queries.cycle_of(CYCLE)))
    peers = [m for m in snapshot.marks if m.group == "peers"]
    assert [m.marks for m in peers] == [()]
    few = next(m for m in queries.what_is_missing(CYCLE) if m.kind == "marks_few")
    assert (few.group, few.count, few.seats) == ("peers", 1, (person.title,))


def test_ranking_inside_groups_and_the_wider_one_with_its_caveat(scored: str) -> None:
    groups = queries.groups(scored)
    assert {g.seats for g in groups} == {4, 8}
    for group in groups:
        page = queries.ranking(scored, group.key)
        assert [r.rank for r in page.rows] == sorted(r.rank for r in page.rows)
        assert page.rows[0].rank == 1
        assert page.best == max(page.totals) == max(r.total for r in page.rows)
        assert "少于 9 人" in page.caveat
        assert not page.wider
    wide = queries.ranking(scored)
    assert wide.wider
    assert "不作为名次" in wide.caveat
    assert [r.total for r in wide.rows] == sorted((r.total for r in wide.rows), reverse=True)
    with pytest.raises(Refused, match="没有可比组"):
        queries.ranking(scored, "nowhere/at/all")


def test_pages_of_a_ranking_join_without_gap(scored: str) -> None:
    whole = [r.seat for r in queries.ranking(scored, size=100).rows]
    parts = [r.seat for page in (1, 2, 3) for r in queries.ranking(scored, page=page, size=5).rows]
    assert parts == whole
    assert queries.ranking(scored, page=99, size=5).page == 3


def test_order_by_an_indicator(scored: str) -> None:
    rows = queries.ranking(scored, order="integrity").rows
    lines = {s.seat: {x.indicator: x.points for x in s.lines} for s in queries.sheet(scored).seats}
    found = [lines[row.seat]["integrity"] for row in rows]
    assert found == sorted(found, reverse=True)


def test_no_name_of_a_person_is_stored_with_a_result_or_told_with_it(scored: str) -> None:
    rows = queries.ranking(scored, size=100).rows
    assert {r.official for r in rows} == {m.official for m in PEOPLE}
    stored = queries.storing.newest_sheet(queries.cycle_of(scored))
    held = b"".join(queries.storing.parts_of(stored.snapshot).values()) + bytes(stored.lines)
    told = repr((rows, [queries.seat_sheet(scored, r.seat) for r in rows], queries.groups(scored)))
    for person in PEOPLE:
        assert person.name.encode() not in held
        assert person.name not in told


def test_a_sheet_opens_into_its_workings_and_records(scored: str) -> None:
    sheet = queries.seat_sheet(scored, seat())
    assert sum(line.score.weight for line in sheet.lines) == pytest.approx(100.0)
    tree = queries.working_tree(scored, seat())
    assert tree.result == sheet.score.total
    digests = {digest for step in flat(tree) for digest in step.records}
    kinds = {queries.record(scored, digest).kind for digest in digests}
    assert {"metrics", "cases", "marks"} <= kinds
    with pytest.raises(Refused, match="没有摘要"):
        queries.record(scored, "0" * 64)
    with pytest.raises(Refused, match="没有任职"):
        queries.seat_sheet(scored, "nobody@nowhere")


def test_a_record_of_marks_names_no_rater(scored: str) -> None:
    digests = [d for step in flat(queries.working_tree(scored, seat())) for d in step.records]
    marks = [v for v in (queries.record(scored, d) for d in digests) if v.kind == "marks"]
    assert marks
    assert not {label for v in marks for label, _value in v.fields} & {"署名评价人", "rater"}


def test_own_seats_only_when_published(scored: str, tmp_path: Path) -> None:
    official = PEOPLE[0].official
    assert queries.own_seats([official]) == ()
    operations.review(CYCLE, audit("leader", "已核对", 2))
    operations.publish(CYCLE, audit(hours=3), tmp_path)
    (own,) = queries.own_seats([official])
    assert (own.cycle.id, own.seat, own.title) == (CYCLE, seat(), PEOPLE[0].title)


def test_english_names(scored: str) -> None:
    with translation.override("en"):
        titles = {g.title for g in queries.groups(scored)}
    assert titles == {
        "Ecological protection area · Township · Principals",
        "Ecological protection area · Township · Deputies",
    }


def test_facts_after_the_cut_off_do_not_count(city: None) -> None:
    from datetime import timedelta

    operations.freeze(CYCLE, audit())
    held = queries.cycle_detail(CYCLE).counts
    open_one("early", cut_off=city_of.NOW - timedelta(days=1))
    operations.freeze("early", audit())
    early = queries.cycle_detail("early").counts
    assert held["metrics"] == 6
    assert held["cases"] == 12
    assert early["metrics"] == early["cases"] == early["marks"] == 0
    assert early["seats"] == held["seats"] == 12


def test_the_outline_of_an_open_cycle_lacks_and_counts_what_its_snapshot_does(city: None) -> None:
    """Two ways to the same answer: one that is quick, and the one that will be frozen."""
    from hengjian.cycles import collect, missing, storing
    from hengjian.cycles.models import Cycle

    cycle = Cycle.objects.get(pk=CYCLE)
    policy, _files = storing.policy_now(cycle.policy, cycle.on)
    whole = collect.snapshot_of(cycle, policy)
    outline, counted = collect.outline_of(cycle, policy)
    assert missing.of(outline, policy) == missing.of(whole, policy)
    assert missing.counts_of(outline) | counted == missing.counts_of(whole)
    assert counted["cases"] > 0


def test_the_sheets_of_a_page_come_without_their_content(scored: str) -> None:
    """Megabytes of a stored result are read once, not with every row that names it."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    queries.ranking(scored)
    with CaptureQueriesContext(connection) as asked:
        queries.ranking(scored)
        queries.seat_sheet(scored, seat())
        queries.cycle_detail(scored)
    text = " ".join(one["sql"] for one in asked)
    for heavy in ('"parts"', '"lines"', '"files"'):
        assert heavy not in text
