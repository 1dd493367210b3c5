"""Whoever holds the whole database cannot tell which anonymous sheet is whose."""

import random
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from hengjian.ratings.panels import closing, reviewing
from hengjian.ratings.panels.models import BlindSheet, Member, TokenIssue, Voucher
from hengjian.ratings.panels.rolls import code_of
from tests.unit.panels import marking, team
from tests.unit.panels.team import DEPUTIES, MIDDLES, office

pytestmark = pytest.mark.django_db


def in_dump(table: str, columns: str) -> list[tuple[Any, ...]]:
    """The rows as a dump has them: in their order on the disk."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_indexscan = off")
        cursor.execute(f"SELECT {columns} FROM {table} ORDER BY ctid")
        return cursor.fetchall()


@pytest.fixture
def marked() -> tuple[Any, dict[str, str]]:
    """A roll marked by peers and subordinates one after the other; who really gave which sheet."""
    held = team.drawn()
    roll = team.roll_of(held)
    reviewing.sign_roll(roll, office(), make=team.keys())
    truth, raters = {}, [*DEPUTIES, *MIDDLES]
    random.Random(5).shuffle(raters)
    for code in raters:
        truth[marking.mark_blind(team.member(roll, code)).digest] = code
    return held, truth


def test_rows_lie_in_the_order_of_their_random_numbers(marked):
    for table in ("panels_blindsheet", "panels_tokenissue"):
        found = [row[0] for row in in_dump(table, "id")]
        assert len(found) == 12
        assert found == sorted(found), f"{table} shows in which order its rows came"


def test_pairing_by_the_order_of_two_tables_is_no_better_than_chance(marked):
    _held, truth = marked
    raters = {
        voucher: code_of(Member.objects.get(pk=voucher).asked)
        for voucher in Voucher.objects.values_list("pk", flat=True)
    }
    issued = [raters[row[0]] for row in in_dump("panels_tokenissue", "voucher_id")]
    sheets = [truth[row[0]] for row in in_dump("panels_blindsheet", "token")]
    right = sum(one == other for one, other in zip(issued, sheets, strict=True))
    # by chance one of twelve is right; five or more happen once in 230 random orders
    assert right < 5


def test_before_the_closing_nothing_of_either_table_is_a_leaf_with_a_place(marked):
    from hengjian.notary.protected import kinds

    named = {one.kind for one in kinds()}
    assert not named & {"panels.blindsheet", "panels.tokenissue", "panels.linkopening"}


def test_neither_table_has_a_moment_or_a_number_that_grows():
    for name in ("BlindSheet", "TokenIssue"):
        for field in apps.get_model("panels", name)._meta.concrete_fields:
            assert not isinstance(field, (models.DateField, models.TimeField, models.AutoField)), field


def test_no_way_leads_from_a_sheet_to_a_member_but_through_a_whole_group(marked):
    members = set(Member.objects.values_list("pk", flat=True))
    assert members
    sheets = BlindSheet.objects.values_list("key")
    for (key,) in sheets:
        assert Voucher.objects.filter(key=key).count() >= 5
    targets = {f.related_model for f in BlindSheet._meta.concrete_fields if f.related_model}
    assert targets == {apps.get_model("panels", "TokenKey")}
    assert TokenIssue.objects.count() == 12


def test_the_signer_cannot_recognise_what_it_signed(marked):
    _held, truth = marked
    blinded = set(TokenIssue.objects.values_list("blinded_hash", flat=True))
    assert not blinded & set(truth)


def test_marks_of_a_closed_round_stand_in_the_order_of_what_they_say(marked):
    held, _truth = marked
    closing.close_round(held, office(team.AFTER))
    digests = [row[0] for row in in_dump("panels_mark", "digest")]
    assert digests == sorted(digests)
