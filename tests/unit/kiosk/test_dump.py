"""Whoever holds a full dump of both sides, the log and the web server's logs pairs nobody with a ballot.

The day is the worst that can be: raters come one after the other, each rates as soon as the token is there.
"""

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from hengjian.ratings.ballots import collecting
from hengjian.ratings.ballots.receipts import digest, new_code
from hengjian.ratings.invitations import operations
from tests.unit.kiosk.attackers import Rating, advantage, dump, of_sealed
from tests.unit.kiosk.running import random

MANY, FEW = 100, 30
LUCK = 0.2  # of thirty: more than five pairs beside the one that a guess would give
BOTH = ("G1", "S1"), ("G2", "S2")


def _day(town, count: int, *, between=lambda: None, after=lambda _code: None) -> list[list[Rating]]:
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
        code = new_code(random)
        receipt = digest(code)
        ballot = {"mark": 1 + secrets.randbelow(10), "receipt": receipt, "comment": "谢谢"}
        answer = town.cast.post("/cast/ballot", token=town.token(secret), ballot=ballot)
        assert answer.status == 200, answer.body
        held[official].append(Rating(official, invitation, receipt))
        after(code)
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

    _named(town)(town.rated(5))
    town.night()
    with connection.cursor() as cursor:
        for table in (*collecting.DAY, "followups_daybox"):
            cursor.execute("SELECT pg_relation_size(%s::regclass)", [table])
            assert cursor.fetchone() == (0,), table


def _named(town) -> Callable[[str], None]:
    def leave(code: str) -> None:
        left = {"code": code, "name": "", "reach": "13800138000"}
        assert town.cast.post("/cast/contact", **left).status == 200

    return leave


def _pressed(town, look) -> Callable[[str], None]:
    def tell(code: str) -> None:
        told = {"kind": "retaliation", "text": "停了低保", "code": code, "key": "", "name": "", "reach": ""}
        assert town.cast.post("/cast/report", **told).status == 200
        look()

    return tell


def test_whoever_chose_to_be_named_is_not_paired_either(town) -> None:
    """Each leaves a contact as soon as the ballot is there: the night moves them on in an order of chance."""
    learn, judge = _day(town, MANY, after=_named(town))
    town.night()
    text = dump(town.name)
    for one, other in ((learn, judge), (judge, learn)):
        said, how = advantage(one, other, text, of_sealed(text, "contact"))
        assert said <= 0.05, how


def test_contacts_that_did_not_wait_for_the_night_would_be_paired(town) -> None:
    """The protection taken out: each is moved on as it comes."""
    from hengjian.ratings.followups.collecting import take_contacts

    learn, judge = _day(
        town, FEW, after=_named(town), between=lambda: take_contacts(town.day + timedelta(days=2))
    )
    town.night()
    text = dump(town.name)
    said, how = advantage(learn, judge, text, of_sealed(text, "contact"))
    assert said >= 0.9, how


def test_reports_are_not_paired_by_a_dump_but_by_the_raw_files_of_who_looked_after_each(town) -> None:
    """They cannot wait: the worst case is a handler who looks after each one (docs/decisions/0016)."""
    from hengjian.ratings.followups.operations.reports import take_up

    learn, judge = _day(town, FEW, after=_pressed(town, take_up))
    town.night()
    text = dump(town.name)
    said, how = advantage(learn, judge, text, of_sealed(text, "retaliation", raw=False))
    assert said <= LUCK, how
    said, how = advantage(learn, judge, text, of_sealed(text, "retaliation"))
    assert said >= 0.9, how


def test_reports_of_one_look_are_not_paired_by_the_raw_files(town) -> None:
    learn, judge = _day(town, FEW, after=_pressed(town, lambda: None))
    town.night()
    text = dump(town.name)
    said, how = advantage(learn, judge, text, of_sealed(text, "retaliation"))
    assert said <= LUCK, how


def test_by_day_the_published_log_says_nothing_of_what_raters_do(town) -> None:
    """Neither a ballot, a contact, a report nor a look at it changes one published byte before the night."""
    from hengjian.ratings.followups.operations.reports import take_up

    links = [town.link(f"quiet {n}") for n in range(3)]
    town.publish()
    tokens = [town.token(link) for link in links]
    before = _published(town)
    for token in tokens:
        code = new_code(random)
        ballot = {"mark": 1, "receipt": digest(code), "comment": ""}
        assert town.cast.post("/cast/ballot", token=token, ballot=ballot).status == 200
        _named(town)(code)
        _pressed(town, take_up)(code)
        town.turn(datetime.now(UTC))
    assert _published(town) == before
    town.night()
    assert _published(town) != before


def _published(town) -> dict[str, bytes]:
    public = town.log.folder.public / "tile"
    files = [path for path in public.rglob("*") if path.is_file()]
    return {path.relative_to(public).as_posix(): path.read_bytes() for path in files}
