"""The auditor's page: tokens beside ballots of a whole half-year; what does not add up is named."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta

from django.test import Client

from hengjian.cycles.rating_audit import Audit, Wrong, audit
from hengjian.terms.period import Period

Browser = Callable[[str], Client]
HALF = Period("2026-H1")
WHOLE = HALF.end + timedelta(days=50)


def audited(today: date = WHOLE) -> Audit:
    from hengjian.console.public_ratings import policy_files

    return audit(HALF, today, policy_files().in_force(HALF.end))


def wrongs() -> set[Wrong]:
    return {one for line in audited().lines for one in line.wrong}


def put(key: object, count: int = 1, how: str = "self", on: date = HALF.end) -> None:
    from hengjian.ratings.ballots.models import Ballot

    for _ in range(count):
        drawn = uuid.uuid4().hex * 2
        Ballot.objects.create(key=key, token=drawn, receipt=drawn, mark=7, how=how, on=on)


def a_key(period: str = HALF.text) -> object:
    from hengjian.ratings.ballots.models import AcceptedKey

    return AcceptedKey.objects.filter(period=period).order_by("official").first()


def give(count: int, person: str = "", channel: str = "printed") -> None:
    """So many more tokens of the first official's key, to one person or to as many."""
    from hengjian.ratings.invitations.models import Invitation, Issue, ServiceEvent

    code = a_key().official  # type: ignore[attr-defined]
    old = Invitation.objects.filter(key__official__code=code, issue__isnull=False).first()
    for _ in range(count):
        event = ServiceEvent.objects.get(pk=old.event_id)
        event.pk, event.external, event._state.adding = uuid.uuid4(), uuid.uuid4().hex, True
        event.save(force_insert=True)
        one = Invitation.objects.create(
            event=event, key=old.key, person_key=person or uuid.uuid4().hex * 2, channel=channel,
            offered_at=old.offered_at, deadline=old.deadline, expires_on=old.expires_on,
        )  # fmt: skip
        Issue.objects.create(invitation=one, blinded_hash="0" * 64, on=HALF.end)


def test_the_demonstration_adds_up(city: str, db: None) -> None:
    found = audited()
    assert [line.cells for line in found.lines] == [(34, 34, 34, 34)] * 3
    assert (found.totals, found.persons, found.excluded, found.left) == ((102, 102, 102, 102), 102, 0, 0)
    assert found.wrong == 0


def test_nothing_is_told_before_the_half_year_is_whole(city: str, db: None) -> None:
    found = audited(WHOLE - timedelta(days=1))
    assert (found.lines, found.totals, found.whole_from) == ((), (0, 0, 0, 0), WHOLE)


def test_what_comes_after_that_day_changes_nothing(city: str, db: None) -> None:
    before = audited()
    put(a_key(), on=WHOLE)
    assert audited(WHOLE + timedelta(days=90)) == before


def test_a_key_that_nobody_issued_is_named(city: str, db: None) -> None:
    from hengjian.ratings.ballots.models import AcceptedKey

    made = AcceptedKey.objects.create(
        key_id="f" * 64, spki=b"", variant="", official="X", post="Y", period=HALF.text, on=HALF.start
    )
    put(made)
    assert wrongs() == {Wrong.FOREIGN}
    assert audited().lines[0].key == "f" * 64  # what is wrong stands first


def test_a_ballot_more_than_tokens_is_named(city: str, db: None) -> None:
    put(a_key())
    assert wrongs() == {Wrong.TOO_MANY}


def test_typed_ballots_without_typed_invitations_are_named(city: str, db: None) -> None:
    give(9)
    put(a_key(), 9, how="assisted")
    assert wrongs() == {Wrong.ASSISTED}


def test_more_tokens_for_one_person_than_the_policy_lets_count_are_named(city: str, db: None) -> None:
    give(3, person="e" * 64)
    assert wrongs() == set()
    give(1, person="e" * 64)
    assert wrongs() == {Wrong.MOST}


def test_a_release_that_the_ballots_do_not_give_again_is_named(city: str, db: None) -> None:
    give(1)
    put(a_key(), on=date(2026, 5, 20))  # slipped in under a day that the release counts
    assert Wrong.RELEASE in wrongs()


def test_few_and_what_would_give_them_away_are_hidden(city: str, db: None) -> None:
    give(9)
    put(a_key(), 2)
    first, *others = audited().lines
    assert first.cells == (43, 36, 36, None)  # two in no release
    assert (first.left, first.excluded) == (None, 0)
    assert [line.cells[3] for line in others].count(None) == 1  # or the sum would tell
    give(1, person="d" * 64)
    give(1, person="d" * 64)
    assert audited().lines[0].persons is None  # one person more than once


def test_no_sum_gives_the_one_hidden_number_away(city: str, db: None) -> None:
    give(9)
    put(a_key(), 2)
    found = audited()
    columns = [*zip(*(line.cells for line in found.lines), strict=True)]
    columns += [[line.excluded for line in found.lines], [line.left for line in found.lines]]
    hidden = [list(column).count(None) for column in columns]
    assert max(hidden) == 2
    assert 1 not in hidden


def test_of_a_single_key_the_sum_hides_what_the_line_hides(city: str, db: None) -> None:
    from hengjian.cycles.rating_audit import _sum

    assert (_sum([None], 2), _sum([None, None], 2), _sum([1, 1], 2)) == (None, 2, 2)


def test_what_is_left_over_is_told_when_it_is_not_few(city: str, db: None) -> None:
    give(9)
    put(a_key(), 9)
    (first, *_others) = audited().lines
    assert (first.cells, first.left) == ((43, 43, 43, 34), 9)


def test_the_page_tells_the_auditor_and_names_nobody(signed_in: Browser) -> None:
    from hengjian.demo.ratings import rated

    put(a_key())
    text = signed_in("auditor").get(f"/ratings/audit/?half={HALF.text}").content.decode()
    assert "1 把公钥对不上" in text
    assert "投出的票多于发放的凭证" in text
    assert text.count("相符</span>") == 2
    assert not any(one.member.name in text for one in rated())
    running = signed_in("auditor").get("/ratings/audit/?half=2026-H2").content.decode()
    assert "还没有收齐" in running
    assert "<tbody>" not in running


def test_the_audit_administrator_finds_it_from_the_navigation(signed_in: Browser) -> None:
    from hengjian.access import operations
    from hengjian.access.models import User
    from hengjian.access.roles import Role

    user = User.objects.get(username="nobody")
    operations.grant(user, Role.AUDIT, on=date(2026, 1, 1), by=None, reason="测试")
    client = signed_in("nobody")
    assert "/ratings/audit/" in client.get("/").content.decode()
    text = client.get(f"/ratings/audit/?half={HALF.text}").content.decode()
    assert "凭证核对" in text
    assert 'href="/ratings/units/"' not in text
