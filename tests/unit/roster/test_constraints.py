"""The database itself refuses what contradicts the roster, whoever writes to it."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import Error, IntegrityError, OperationalError, connection, transaction
from roster_sample import NOW

from hengjian.roster.errors import RosterRefused
from hengjian.roster.models import (
    BoundaryMap,
    Change,
    ImportBatch,
    Official,
    Organisation,
    Post,
    Tenure,
    Tie,
    TieEnding,
    ZoneAssignment,
)
from hengjian.roster.operations import LOCK, admit, amend_opening_debt_ratio

pytestmark = pytest.mark.django_db
DAY = dt.date(2020, 1, 1)
LATER = dt.date(2024, 6, 30)


def organisation(**given):
    values = {
        "code": "99", "name": "合成市", "short_name": "合成", "level": "city", "path": "/99/",
        "since": DAY,
    }  # fmt: skip
    return Organisation.objects.create(**(values | given))


def post(home=None, **given):
    values = {
        "code": "P", "title": "主任", "category": "middle", "level": "city", "rank": "",
        "public_facing": True, "single_holder": True, "since": DAY,
    }  # fmt: skip
    return Post.objects.create(organisation=home or organisation(), **(values | given))


def official(**given):
    return Official.objects.create(**({"code": "A", "name": "甲", "sort_key": "jia3"} | given))


def tenure(**given):
    where = given.pop("post", None) or post()
    values = {"post": where, "single_holder": where.single_holder, "since": DAY}
    values["official"] = given.pop("official", None) or official()
    return Tenure.objects.create(**(values | given))


def batch(**given):
    values = {"kind": "x", "filename": "x", "file_digest": "0" * 64, "by": "a", "at": NOW, "counts": {}}
    return ImportBatch.objects.create(**(values | given))


def change(**given):
    values = {"batch": batch(), "kind": "post", "key": "P", "field": "title", "old": "a", "new": "b"}
    return Change.objects.create(**(values | given))


def zone(**given):
    home = given.pop("organisation", None) or organisation()
    return ZoneAssignment.objects.create(
        **({"organisation": home, "zone": "ecological", "since": DAY} | given)
    )


@pytest.mark.parametrize(
    ("make", "wrong", "constraint"),
    [
        (organisation, {"code": "9 9", "path": "/9 9/"}, "organisation_code_form"),
        (organisation, {"until": dt.date(2019, 1, 1)}, "organisation_ends_after_start"),
        (organisation, {"level": "province"}, "organisation_level_known"),
        (organisation, {"name": ""}, "organisation_has_names"),
        (organisation, {"path": "/98/"}, "organisation_path_ends_in_code"),
        (organisation, {"path": "/1/99/"}, "organisation_root_path"),
        (organisation, {"id": 7, "parent_id": 7}, "organisation_not_its_own_parent"),
        (zone, {"until": dt.date(2019, 1, 1)}, "zone_ends_after_start"),
        (zone, {"zone": "山区"}, "zone_code_form"),
        (post, {"code": ""}, "post_code_form"),
        (post, {"until": dt.date(2019, 1, 1)}, "post_ends_after_start"),
        (post, {"level": "x"}, "post_level_known"),
        (post, {"rank": "x"}, "post_rank_known"),
        (post, {"title": ""}, "post_has_title"),
        (post, {"category": ""}, "post_category_form"),
        (official, {"code": "甲"}, "official_code_form"),
        (official, {"name": ""}, "official_has_name"),
        (tenure, {"until": dt.date(2019, 1, 1)}, "tenure_ends_after_start"),
        (tenure, {"opening_debt_ratio": Decimal(-1)}, "tenure_debt_ratio_not_negative"),
        (tenure, {"single_holder": False}, "tenure_single_holder_as_its_post"),
        (batch, {"file_digest": "abc"}, "import_batch_digest_form"),
        (batch, {"by": ""}, "import_batch_names_its_author"),
        (change, {"new": "a"}, "change_changes_something"),
    ],
)
def test_each_invariant_is_held_by_the_database(make, wrong, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make(**wrong)
    make()


def test_one_zone_at_a_time():
    home = organisation()
    zone(organisation=home, until=LATER)
    with pytest.raises(IntegrityError, match="zone_one_at_a_time"), transaction.atomic():
        zone(organisation=home, since=LATER, zone="main_farming")
    with pytest.raises(IntegrityError, match="zone_one_start_a_day"), transaction.atomic():
        zone(organisation=home)
    zone(organisation=home, since=LATER + dt.timedelta(days=1), zone="main_farming")


def test_a_single_post_has_one_holder_at_a_time():
    first = tenure(until=LATER)
    other = official(code="B")
    with pytest.raises(IntegrityError, match="tenure_one_holder_at_a_time"), transaction.atomic():
        tenure(post=first.post, official=other, since=LATER)
    tenure(post=first.post, official=other, since=LATER + dt.timedelta(days=1))


def test_an_official_is_not_twice_at_once_on_a_shared_post():
    shared = post(single_holder=False)
    first = tenure(post=shared)
    tenure(post=shared, official=official(code="B"))
    with pytest.raises(IntegrityError, match="tenure_once_at_a_time"), transaction.atomic():
        tenure(post=shared, official=first.official, since=LATER)


def test_a_shared_post_with_two_holders_cannot_become_single():
    shared = post(single_holder=False)
    tenure(post=shared)
    second = tenure(post=shared, official=official(code="B"))
    with pytest.raises(IntegrityError, match="tenure_one_holder_at_a_time"), transaction.atomic():
        Post.objects.filter(pk=shared.pk).update(single_holder=True)
    second.delete()
    Post.objects.filter(pk=shared.pk).update(single_holder=True)
    assert Tenure.objects.get().single_holder


def test_the_opening_debt_ratio_is_frozen_and_amended_only_with_a_reason():
    held = tenure(opening_debt_ratio=Decimal("180.5"))
    for ratio in (Decimal(1), None):
        with pytest.raises(IntegrityError, match="frozen at hand-over"), transaction.atomic():
            Tenure.objects.filter(pk=held.pk).update(opening_debt_ratio=ratio)
    said = {"by": "office", "now": NOW}
    with pytest.raises(RosterRefused, match="理由"):
        amend_opening_debt_ratio("A", "P", DAY, Decimal(170), reason=" ", **said)
    amend_opening_debt_ratio("A", "P", DAY, Decimal(170), reason="审计更正", **said)
    held.refresh_from_db()
    assert held.opening_debt_ratio == 170
    noted = Change.objects.get()
    assert (noted.old, noted.new, noted.reason, noted.batch.by) == ("180.5000", "170", "审计更正", "office")
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Tenure.objects.update(opening_debt_ratio=Decimal(3))


def test_a_tenure_that_had_no_debt_ratio_may_be_given_one_once():
    held = tenure()
    Tenure.objects.update(opening_debt_ratio=Decimal(5))
    held.refresh_from_db()
    assert held.opening_debt_ratio == 5


def tie(**given):
    one, other = official(), official(code="B")
    values = {"one": one, "other": other, "kind": "hometown", "since": DAY, "source": "档案", "by": "a"}
    return Tie.objects.create(**(values | {"at": NOW} | given))


def tie_backwards():
    one, other = official(), official(code="B")
    values = {"kind": "hometown", "since": DAY, "source": "档案", "by": "a", "at": NOW}
    Tie.objects.create(one=other, other=one, **values)


def tie_twice():
    held = tie()
    values = {"kind": "hometown", "since": DAY, "source": "档案", "by": "a", "at": NOW}
    Tie.objects.create(one=held.one, other=held.other, **values)


TIES = {
    "tie_kind_known": lambda: tie(kind="x"),
    "tie_between_two_in_order": tie_backwards,
    "tie_has_source_and_author": lambda: tie(source=""),
    "tie_recorded_once": tie_twice,
    "tie_ends_after_start": lambda: tie(until=DAY - dt.timedelta(days=1)),
    "tieending_has_reason_and_author": lambda: TieEnding.objects.create(
        tie=tie(), on=DAY, reason="", by="a", at=NOW
    ),
}


@pytest.mark.parametrize("name", TIES)
def test_a_tie_that_is_none_is_refused(name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        TIES[name]()


@pytest.mark.parametrize("table", ["roster_tie", "roster_tieending"])
def test_a_tie_stays_as_it_was_reported(table):
    TieEnding.objects.create(tie=tie(), on=DAY, reason="r", by="a", at=NOW)
    key = {"roster_tie": "id"}.get(table, "tie_id")
    for verb in (f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}"):
        expected = pytest.raises(Error, match="append-only")
        with expected, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(verb)


def outlines(**given):
    values = {"shapes": {"99": []}, "digest": "0" * 64, "filename": "a", "synthetic": True, "by": "a"}
    return BoundaryMap.objects.create(**(values | {"at": NOW} | given))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("boundary_map_digest_form", {"digest": "x"}),
        ("boundary_map_has_shapes_and_author", {"shapes": {}}),
        ("boundary_map_has_shapes_and_author", {"by": ""}),
    ],
)
def test_a_map_that_is_none_is_refused(name, given):
    outlines()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        outlines(**given)


def test_every_constraint_has_its_test():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid::regclass::text LIKE 'roster_%%'"
            " AND (contype IN ('c', 'x') OR conname = 'tenure_single_holder_as_its_post')"
        )
        names = {name for (name,) in cursor.fetchall()}
    tested = Path(__file__).read_text(encoding="utf-8")
    assert {name for name in names if name not in tested} == set()


def test_two_imports_never_run_side_by_side():
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
        with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
            admit({"official": [{"code": "A", "name": "甲"}]}, by="a", now=NOW, source="test")
    finally:
        other.close()
    admit({"official": [{"code": "A", "name": "甲"}]}, by="a", now=NOW, source="test")
