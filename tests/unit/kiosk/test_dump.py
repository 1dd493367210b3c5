"""Whoever holds a full dump of both sides, the log and the web server's logs pairs nobody with a ballot.

The day is the worst that can be: raters come one after the other, each rates as soon as the token is there.
"""

import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from hengjian.ratings.ballots import collecting
from hengjian.ratings.ballots.receipts import digest, new_code
from hengjian.ratings.invitations import operations
from tests.unit.kiosk.attackers import Rating, advantage, dump
from tests.unit.kiosk.running import random

MANY, FEW = 100, 30
BOTH = ("G1", "S1"), ("G2", "S2")


def _day(town, count: int, *, between=lambda: None) -> list[list[Rating]]:
    """So many raters of each of two officials, one by one, in an order of chance."""
    links = []
    for official, post in BOTH:
        people = [f"{official} {secrets.token_hex(6)}" for _ in range(count)]
        for number in town.events(*people, official=official, post=post):
            links.append((official, str(number), operations.hand_over(number, "窗口一", datetime.now(UTC))))
    town.publish()
    secrets.SystemRandom().shuffle(links)
    held: dict[str, list[Rating]] = {official: [] for official, _post in BOTH}
    for official, invitation, secret in links:
        receipt = digest(new_code(random))
        ballot = {"mark": 1 + secrets.randbelow(10), "receipt": receipt, "comment": "谢谢"}
        answer = town.cast.post("/cast/ballot", token=town.token(secret), ballot=ballot)
        assert answer.status == 200, answer.body
        held[official].append(Rating(official, invitation, receipt))
        between()
    return list(held.values())


def test_a_full_dump_pairs_nobody(town) -> None:
    learn, judge = _day(town, MANY)
    town.night()
    text = dump(town.name)
    said, how = advantage(learn, judge, text)
    assert said <= 0.05, how
    said, how = advantage(judge, learn, text)
    assert said <= 0.05, how
    # nothing that is drawn at random stands on both sides
    ours = ("ballots_", "invitations_")
    values: list[set[str]] = []
    for side in ours:
        begins = f"INSERT INTO public.{side}"
        lines = "\n".join(line for line in text.splitlines() if line.startswith(begins))
        values.append(set(re.findall(r"[0-9a-f]{32,}|[0-9a-f-]{36}", lines)))
    assert min(map(len, values)) > 4 * MANY
    assert values[0] & values[1] == set()
    # and the web servers' logs say nothing of anybody
    traces = [one.invitation for one in learn + judge] + [one.receipt for one in learn + judge]
    for process in (town.issue, town.cast):
        log = process.log.read_text(encoding="utf-8")
        assert len(log.splitlines()) == 1
        assert not any(trace in log for trace in traces)


def test_before_the_night_nothing_of_a_ballot_is_in_the_log(town) -> None:
    from hengjian.notary.models import Commitment
    from hengjian.ratings.ballots.models import Arrival, Ballot

    boxed, leaves = Ballot.objects.count(), Commitment.objects.filter(kind="ballots.ballot").count()
    town.rated(5)
    assert Arrival.objects.count() >= 1
    assert Ballot.objects.count() == boxed
    assert Commitment.objects.filter(kind="ballots.ballot").count() == leaves
    town.night()
    assert not Arrival.objects.exists()
    assert Ballot.objects.count() == Commitment.objects.filter(kind="ballots.ballot").count() > boxed


def test_without_the_night_the_order_of_transactions_would_pair_all(town) -> None:
    """The protection taken out: each ballot goes into the box and the log as it comes."""
    town.night()

    def at_once() -> None:
        collecting.take_in(datetime.now(UTC) + timedelta(days=1))

    learn, judge = _day(town, FEW, between=at_once)
    town.night()
    said, how = advantage(learn, judge, dump(town.name))
    assert said >= 0.9, how


def test_without_the_order_of_random_numbers_the_place_on_the_disk_would_pair_most(
    town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The protection taken out: the night takes the ballots as they stand."""
    town.night()
    as_they_stand = collecting._MOVE.replace("FROM ballots_arrival", "FROM ballots_arrival a")
    monkeypatch.setattr(collecting, "_MOVE", as_they_stand.replace("ORDER BY id", "ORDER BY a.ctid"))
    learn, judge = _day(town, FEW)
    town.night()
    said, how = advantage(learn, judge, dump(town.name))
    assert said >= 0.4, how  # two writers have pages of their own: not quite all


def test_what_the_night_emptied_leaves_no_trace_in_the_table(town) -> None:
    """Deleted rows would stay legible in their pages until they are given back."""
    from django.db import connection

    town.rated(5)
    town.night()
    with connection.cursor() as cursor:
        for table in collecting.DAY:
            cursor.execute("SELECT pg_relation_size(%s::regclass)", [table])
            assert cursor.fetchone() == (0,), table
