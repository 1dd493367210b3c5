"""Who sat where on a day, with zone, county and months; the tree; scopes."""

import datetime as dt

import pytest
from roster_sample import NOW, WORDS, sample

from hengjian.roster.errors import RosterRefused
from hengjian.roster.operations import admit, import_workbook
from hengjian.roster.queries import (
    known_organisations,
    months_in,
    officials_named,
    organisations_on,
    seats_during,
    seats_on,
)
from hengjian.terms.period import Period

DAY = dt.date
HALF = Period("2026-H1")


@pytest.fixture
def roster(db, book):
    import_workbook(book(sample()), by="office", now=NOW, words=WORDS)


@pytest.mark.usefixtures("roster")
class TestSeats:
    def test_a_seat_carries_what_a_snapshot_needs(self):
        seats = {seat.id: seat for seat in seats_on(DAY(2026, 6, 30), period=HALF)}
        assert sorted(seats) == ["A001@P3", "A002@P2", "A003@P1"]
        secretary = seats["A003@P1"]
        assert (secretary.official, secretary.post, secretary.organisation) == ("A003", "P1", "990101001")
        assert (secretary.county, secretary.zone, secretary.level) == ("990101", "ecological", "township")
        assert (secretary.category, secretary.rank) == ("principal", "section_principal")
        assert (secretary.since, secretary.opening_debt_ratio) == (DAY(2026, 2, 15), 210.0)
        assert secretary.months == pytest.approx(4.5)
        assert secretary.share == pytest.approx(0.75)
        assert seats["A002@P2"].share == pytest.approx(1.0)
        assert not seats["A001@P3"].public_facing
        assert seats["A001@P3"].opening_debt_ratio is None

    def test_the_zone_is_that_of_the_day_and_the_nearest(self):
        assert {s.id: s.zone for s in seats_on(DAY(2025, 12, 31))} == {
            "A001@P1": "industrial_transition", "A002@P2": "industrial_transition",
        }  # fmt: skip
        assert {s.id: s.zone for s in seats_on(DAY(2026, 1, 1))} == {
            "A001@P1": "ecological", "A002@P2": "main_farming",
        }  # fmt: skip
        assert {s.zone for s in seats_on(DAY(2019, 12, 31))} == set()

    def test_the_last_day_is_inside(self):
        assert "A001@P1" in {s.id for s in seats_on(DAY(2026, 2, 14))}
        assert "A001@P1" not in {s.id for s in seats_on(DAY(2026, 2, 15))}

    def test_a_period_lists_leaver_and_successor_with_their_shares(self):
        seats = {s.id: s.share for s in seats_during(HALF, DAY(2026, 6, 30)) if s.post == "P1"}
        assert seats == {"A001@P1": pytest.approx(0.25), "A003@P1": pytest.approx(0.75)}

    def test_who_comes_back_is_one_seat(self):
        rows = {
            "tenure": [
                {"official": "A002", "post": "P2", "since": DAY(2022, 5, 1), "until": DAY(2026, 1, 31)}
            ]
        }
        admit(rows, by="office", now=NOW, source="test")
        admit(
            {"tenure": [{"official": "A002", "post": "P2", "since": DAY(2026, 5, 1)}]},
            by="office",
            now=NOW,
            source="test",
        )
        (seat,) = [s for s in seats_during(HALF, DAY(2026, 6, 30)) if s.official == "A002"]
        assert (seat.since, seat.until) == (DAY(2022, 5, 1), None)
        assert seat.months == pytest.approx(3.0)

    def test_a_scope_holds_what_is_under_it_and_an_unknown_one_is_refused(self):
        on = DAY(2026, 6, 30)
        assert {s.post for s in seats_on(on, under=["990101002"])} == {"P2"}
        assert {s.post for s in seats_on(on, under=["9901"])} == {"P1", "P2", "P3"}
        assert {s.post for s in seats_on(on, under=["990101001", "990101002"])} == {"P1", "P2"}
        with pytest.raises(RosterRefused, match="990109"):
            seats_on(on, under=["990109"])

    def test_a_code_that_begins_like_another_is_not_under_it(self):
        more = {"code": "99", "name": "别市", "level": "city", "since": DAY(2000, 1, 1)}
        admit({"organisation": [more]}, by="office", now=NOW, source="test")
        assert seats_on(DAY(2026, 6, 30), under=["99"]) == []

    def test_the_tree_reads_from_the_top_with_inherited_zones(self):
        tree = organisations_on(DAY(2026, 6, 30))
        assert [(o.code, o.depth, o.parent, o.zone) for o in tree] == [
            ("9901", 0, "", ""),
            ("990101", 1, "9901", "ecological"),
            ("990101001", 2, "990101", "ecological"),
            ("990101002", 2, "990101", "main_farming"),
        ]
        assert organisations_on(DAY(1999, 1, 1)) == []
        assert set(known_organisations()) == {o.code for o in tree}

    def test_officials_are_found_by_name_code_and_pinyin(self):
        assert [o.code for o in officials_named("单")] == ["A002"]
        assert [o.code for o in officials_named("shan")] == ["A002"]
        assert [o.code for o in officials_named("A003")] == ["A003"]
        assert [o.code for o in officials_named("")] == ["A002", "A003", "A001"]

    def test_the_number_of_queries_does_not_grow(self, django_assert_max_num_queries):
        with django_assert_max_num_queries(4):
            seats_on(DAY(2026, 6, 30), under=["9901"], period=HALF)


@pytest.mark.parametrize(
    ("period", "since", "until", "months"),
    [
        ("2026-H1", DAY(2020, 1, 1), None, 6),
        ("2026", DAY(2026, 1, 1), DAY(2026, 12, 31), 12),
        ("2026-Q1", DAY(2026, 2, 15), None, 1.5),
        ("2026-M02", DAY(2026, 2, 1), DAY(2026, 2, 7), 0.25),
        ("2026-Q1", DAY(2026, 4, 1), None, 0),
        ("2026-Q1", DAY(2020, 1, 1), DAY(2025, 12, 31), 0),
        ("2026-Q1", DAY(2026, 3, 31), DAY(2026, 3, 31), 1 / 31),
    ],
)
def test_months_count_parts_by_days(period, since, until, months):
    assert months_in(Period(period), since, until) == pytest.approx(months)


def test_admit_refuses_in_words_and_writes_nothing(db):
    homeless = {"code": "P", "title": "x", "organisation": "1", "category": "c", "since": "2020-01-01"}
    with pytest.raises(RosterRefused) as caught:
        admit({"post": [homeless]}, by="demo", now=NOW, source="demo")
    assert "不在册" in caught.value.what
    assert not known_organisations()
    with pytest.raises(RosterRefused, match="colour"):
        admit({"official": [{"code": "A", "colour": "red"}]}, by="demo", now=NOW, source="demo")
