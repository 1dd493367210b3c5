"""A ballot comes in once, by a token that holds, and is there with its leaf; everything else is refused."""

import asyncio
import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.db import connection

from hengjian.notary.models import Commitment
from hengjian.proof.blind_keys import SecretKey
from hengjian.ratings.ballots import operations, queries
from hengjian.ratings.ballots.box import BallotBox, Limits
from hengjian.ratings.ballots.errors import BallotRefused, Busy, KeyRefused, ReceiptRefused
from hengjian.ratings.ballots.models import Arrival, ArrivalNote, Ballot, Due, Release, Reply, SetAside
from hengjian.ratings.ballots.receipts import new_code
from hengjian.ratings.ballots.role import REDEEMER, redeeming
from hengjian.ratings.ballots.tokens import Draft, Said, Token
from hengjian.ratings.ballots.writing import store
from tests.unit.ratings.ballots.making import DAY, HALF, accept, night_after, said, token_of


@pytest.mark.django_db
def test_a_ballot_comes_in_with_its_leaf(issuer, rules) -> None:
    accept(issuer)
    operations.cast(token_of(issuer), said(9, tags=("kind", "clear"), comment=" 谢谢 "), rules, DAY)
    assert night_after() == 1
    (held,) = Ballot.objects.all()
    assert (held.mark, held.tags, held.comment, held.on) == (9, ["clear", "kind"], "谢谢", DAY)
    assert Commitment.objects.filter(kind="ballots.ballot", key=str(held.pk), on=DAY).count() == 1


@pytest.mark.django_db
def test_a_token_serves_once(issuer, rules) -> None:
    accept(issuer)
    token = token_of(issuer)
    operations.cast(token, said(2), rules, DAY)
    with pytest.raises(BallotRefused) as caught:
        operations.cast(token, said(9), rules, DAY)
    assert caught.value.code == "ballots.token_used"
    night_after()
    with pytest.raises(BallotRefused) as caught:
        operations.cast(token, said(9), rules, DAY + timedelta(days=1))
    assert caught.value.code == "ballots.token_used"
    assert night_after(DAY + timedelta(days=1)) == 0
    assert [held.mark for held in Ballot.objects.all()] == [2]


@pytest.mark.django_db
def test_a_key_belongs_to_one_seat_and_half_year(issuer) -> None:
    assert accept(issuer) == accept(issuer)
    for changed in ({"official": "G2"}, {"post": "S2"}, {"period": "2026-H2"}, {"period": "2026-Q1"}):
        with pytest.raises(KeyRefused):
            accept(issuer, **changed)
    with pytest.raises(KeyRefused):
        operations.accept_key(b"no key", issuer.public.variant.name, "G1", "S1", HALF, DAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "held"),
    [(date(2025, 12, 31), 0), (date(2026, 1, 1), 1), (date(2026, 7, 14), 1), (date(2026, 7, 15), 0)],
)
def test_tokens_expire(issuer, rules, day: date, held: int) -> None:
    accept(issuer)
    draft = token_of(issuer)
    if held:
        operations.cast(draft, said(), rules, day)
    else:
        with pytest.raises(BallotRefused, match="有效期"):
            operations.cast(draft, said(), rules, day)
    assert night_after(day) == held


JUNK = [
    None,
    True,
    0,
    -1,
    1.5,
    11,
    2**70,
    "",
    "8",
    [],
    {},
    "\0",
    "\ud800",
    "ff" * 4000,
    ["slow", "slow"],
    ["x"],
]


def _wrong(random: Random, tokens: list[Token], other: SecretKey) -> tuple[object, object]:
    """A request that must not be accepted: one thing in it is wrong."""
    good = random.choice(tokens)
    token = {"key": good.key_id, "message": good.prepared.hex(), "signature": good.signature.hex()}
    ballot: dict[str, object] = {"mark": 8, "tags": [], "comment": "", "receipt": "ab" * 32}
    kind = random.randrange(6)
    if kind == 0:  # a field of the token: garbage
        token[random.choice(sorted(token))] = random.choice(JUNK)  # type: ignore[assignment]
    elif kind == 1:  # one bit of message or signature
        name = random.choice(["message", "signature"])
        raw = bytearray.fromhex(token[name])
        raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
        token[name] = raw.hex()
    elif kind == 2:  # another key
        token["key"] = random.choice([other.public.key_id.hex(), random.randbytes(32).hex()])
    elif kind == 3:  # parts of two tokens
        token["signature"] = random.choice([t for t in tokens if t is not good]).signature.hex()
    elif kind == 4:  # a field too many or too few
        held = random.choice([token, ballot])
        held.pop(random.choice(["mark", "receipt"] if held is ballot else sorted(held)))  # type: ignore[call-overload]
        held["x"] = 1  # type: ignore[index]
    else:
        ballot[random.choice(["mark", "how", "receipt"])] = random.choice([j for j in JUNK if j != 8])
    return token, ballot


@pytest.mark.django_db
def test_ten_thousand_wrong_requests_leave_nothing(issuer, rules) -> None:
    random, keys = Random(20260305), operations.Keys()
    accept(issuer)
    keys.load()
    other = SecretKey.generated(bits=2048)
    tokens, used = [token_of(issuer) for _ in range(5)], token_of(issuer)
    operations.cast(used, said(5), rules, DAY)
    before = Commitment.objects.count()
    refused = 0
    for _ in range(9_800):
        token, ballot = _wrong(random, tokens, other)
        try:
            read, _spoken = Token.read(token), operations.checked(Said.read(ballot), rules)
            keys.verify(read, rules, DAY)
        except BallotRefused:
            refused += 1
    assert refused == 9_800
    replays = [Draft(used.key_id, used.digest, said(n % 10 + 1), DAY) for n in range(200)]
    assert {refusal.code for refusal in store(replays) if refusal} == {"ballots.token_used"}
    assert (Arrival.objects.count(), ArrivalNote.objects.count(), Commitment.objects.count()) == (
        1,
        0,
        before,
    )
    for token in tokens:  # none of the fuzzing used a token up
        operations.cast(token, said(), rules, DAY)
    assert night_after() == 6


@pytest.mark.django_db
def test_a_poison_row_goes_alone(issuer, rules) -> None:
    key = accept(issuer)
    drafts = [Draft(key, secrets.token_hex(32), said(n), DAY) for n in range(1, 9)]
    drafts[3] = replace(drafts[3], said=replace(drafts[3].said, comment="with \0 inside"))
    drafts[5] = replace(drafts[5], said=replace(drafts[5].said, mark=11))
    codes = [refusal and refusal.code for refusal in store(drafts)]
    assert codes == [None, None, None, "ballots.set_aside", None, "ballots.set_aside", None, None]
    assert night_after() == 6
    assert not ArrivalNote.objects.exists()
    assert sorted(Ballot.objects.values_list("mark", flat=True)) == [1, 2, 3, 5, 7, 8]
    assert SetAside.objects.exclude(reason="").count() == 2
    assert Commitment.objects.filter(kind="ballots.setaside").count() == 2


@pytest.mark.django_db
def test_what_belongs_to_a_ballot_that_is_set_aside_is_set_aside_with_it(issuer, rules) -> None:
    """A token that came in twice around midnight, amended and answered on the same day: the night goes on."""
    key = accept(issuer)
    store([Draft(key, "ab" * 32, said(9), DAY)])
    night_after()
    later, code, other = DAY + timedelta(days=1), new_code(secrets.token_bytes), new_code(secrets.token_bytes)
    store([Draft(key, "cd" * 32, said(2, code), later), Draft(key, "ef" * 32, said(3, other), later)])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE ballots_arrival SET digest = %s WHERE mark = 2", [bytes.fromhex("ab" * 32)])
        cursor.execute("SET LOCAL session_replication_role = origin")
    for given in (code, other):
        operations.amend(given, said(4), rules, later)
        operations.amend(given, said(5), rules, later)
        operations.answer(given, "请回复", later)
    assert night_after(later) == 3
    connection.check_constraints()
    assert sorted(Ballot.objects.values_list("mark", flat=True)) == [3, 4, 5, 9]
    assert sorted(SetAside.objects.values_list("reason", flat=True)) == [
        "amends what was amended or set aside", "amends what was amended or set aside",
        "answers what was set aside", "stands in the box already",
    ]  # fmt: skip
    assert Reply.objects.count() == 1
    assert not Arrival.objects.exists()
    assert not ArrivalNote.objects.exists()
    assert Commitment.objects.filter(kind="ballots.setaside").count() == 4


@pytest.mark.django_db
def test_a_batch_written_again_counts_once(issuer) -> None:
    key = accept(issuer)
    drafts = [Draft(key, secrets.token_hex(32), said(), DAY) for _ in range(5)]
    assert store(drafts[:3]) == [None] * 3  # the commit stood, the answer was lost
    assert store(drafts) == [None] * 5
    assert night_after() == 5
    assert store(drafts) == [None] * 5  # and still after the night
    assert night_after() == 0
    assert Ballot.objects.count() == 5
    assert Commitment.objects.filter(kind="ballots.ballot").count() == 5


@pytest.mark.django_db
def test_nothing_finer_than_a_day_is_stored() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type, column_default FROM information_schema.columns "
            "WHERE table_name LIKE 'ballots_%' "
            "AND table_name NOT IN ('ballots_due', 'ballots_release', 'ballots_releaselevels')"
        )
        columns = cursor.fetchall()
    assert len(columns) > 15
    assert [
        c for c in columns if c[2].startswith(("time", "serial", "big")) or "nextval" in (c[3] or "")
    ] == []
    assert [c for c in columns if c[2] == "inet"] == []


@pytest.mark.django_db
def test_amended_by_receipt_within_the_window(issuer, rules) -> None:
    accept(issuer)
    code = new_code(secrets.token_bytes)
    operations.cast(token_of(issuer), said(2, code), rules, DAY)
    operations.amend(code.lower().replace("-", " "), said(7, comment="误评"), rules, DAY + timedelta(days=3))
    operations.amend(code, said(8), rules, DAY + timedelta(days=7))
    with pytest.raises(ReceiptRefused):
        operations.amend(code, said(9), rules, DAY + timedelta(days=8))
    with pytest.raises(ReceiptRefused):
        operations.amend(new_code(secrets.token_bytes), said(9), rules, DAY)
    assert night_after(DAY + timedelta(days=7)) == 3
    current = {day: [b.mark for b in queries.valid(DAY + timedelta(days=day))] for day in (1, 4, 8)}
    assert current == {1: [2], 4: [7], 8: [8]}


@pytest.mark.django_db
def test_a_receipt_shows_what_was_done_and_takes_an_answer(issuer, rules) -> None:
    accept(issuer)
    code = new_code(secrets.token_bytes)
    operations.cast(token_of(issuer), said(2, code), rules, DAY)
    operations.answer(code, "请回复", DAY)
    night_after()
    operations.reply(str(Ballot.objects.get().pk), "窗口已调整", "督查组", DAY + timedelta(days=4))
    operations.answer(code, "已解决", DAY + timedelta(days=5))
    view = queries.receipt(code, rules)
    assert view is not None
    assert [(side, text) for side, _on, text in view.replies] == [
        ("rater", "请回复"),
        ("staff", "窗口已调整"),
        ("rater", "已解决"),
    ]
    night_after(DAY + timedelta(days=5))
    assert queries.receipt(code, rules) == view
    assert list(Reply.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]
    assert Commitment.objects.filter(kind="ballots.reply").count() == 3
    assert (view.cast_on, view.amend_until, view.released) == (DAY, DAY + timedelta(days=7), False)
    assert not hasattr(view, "mark")
    assert queries.receipt(new_code(secrets.token_bytes), rules) is None
    with pytest.raises(ReceiptRefused):
        operations.answer("AAAAA-AAAAA-AAAAA-AAAAA", "x", DAY)
    assert code.replace("-", "") not in str(list(Ballot.objects.values())) + str(list(Reply.objects.values()))


@pytest.mark.django_db
def test_a_receipt_says_released_only_when_a_release_surely_counts_the_ballot(rules, issuer) -> None:
    """A ballot is held for up to ``hold`` days of its own: a release within them may have left it out."""
    accept(issuer)
    code = new_code(secrets.token_bytes)
    operations.cast(token_of(issuer), said(8, code), rules, DAY)
    night_after()
    for number, (wait, known) in enumerate(((rules.hold, False), (rules.hold + 1, True)), start=1):
        day = DAY + timedelta(days=wait)
        due = Due.objects.create(
            official="G1", post="S1", period=HALF, number=number, found_on=day, release_on=day
        )
        at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        Release.objects.create(due=due, at=at, count=30 * number, mean=8, tags={})
        view = queries.receipt(code, rules)
        assert view is not None
        assert view.released is known


@pytest.mark.django_db
def test_the_redeemer_reaches_its_own_tables_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, p.kind FROM pg_class c, "
            "unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS p(kind) "
            "WHERE c.relkind IN ('r', 'v', 'm', 'p') AND c.relnamespace = 'public'::regnamespace "
            "AND has_table_privilege(%s, c.oid, p.kind)",
            [REDEEMER],
        )
        held = set(cursor.fetchall())
        cursor.execute("SELECT rolcanlogin, rolsuper FROM pg_roles WHERE rolname = %s", [REDEEMER])
        assert cursor.fetchone() == (False, False)
    assert {table for table, kind in held if kind == "SELECT"} == {
        "ballots_acceptedkey", "ballots_due", "ballots_release",
    }  # fmt: skip
    assert {table for table, kind in held if kind != "SELECT"} == {
        "ballots_arrival", "ballots_arrivalnote", "followups_daybox",
    }  # fmt: skip
    assert {kind for _table, kind in held} == {"SELECT", "INSERT"}


@pytest.mark.django_db
def test_of_ballots_the_redeemer_reads_what_finds_them_and_nothing_said() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE a.attnum > 0 AND c.relkind IN ('r', 'v') AND c.relnamespace = 'public'::regnamespace "
            "AND has_column_privilege(%s, c.oid, a.attnum, 'SELECT') "
            "AND NOT has_table_privilege(%s, c.oid, 'SELECT')",
            [REDEEMER, REDEEMER],
        )
        read = set(cursor.fetchall())
        cursor.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace "
            "AND p.prosecdef AND has_function_privilege(%s, p.oid, 'EXECUTE')",
            [REDEEMER],
        )
        called = [name for (name,) in cursor.fetchall()]
    assert {table for table, _column in read} == {
        "ballots_ballot", "ballots_arrival", "ballots_arrivalnote", "ballots_reply", "ballots_exclusion",
    }  # fmt: skip
    assert {column for _table, column in read} & {"mark", "tags", "comment", "by", "second", "raw"} == set()
    assert called == ["ballots_leaf(uuid)"]


@pytest.mark.django_db
def test_under_the_redeemer_an_invitation_cannot_be_read() -> None:
    from django.db.utils import ProgrammingError

    tables = ("invitations_invitation", "access_user", "roster_official", "notary_salt", "notary_commitment")
    for table in tables:
        with pytest.raises(ProgrammingError, match="permission denied"), redeeming() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
    with redeeming() as cursor:
        cursor.execute("SELECT count(id) FROM ballots_ballot")
    with pytest.raises(ProgrammingError, match="permission denied"), redeeming() as cursor:
        cursor.execute("SELECT mark FROM ballots_ballot")


# -- the box -------------------------------------------------------------------------------------


def _end_sessions_but(ours: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid NOT IN (%s, pg_backend_pid())",
            [ours],
        )
        assert cursor.fetchone()[0] >= 1
    connection.close()


def test_many_at_once_in_few_commits(committed, issuer, rules) -> None:
    accept(issuer)
    tokens = [token_of(issuer) for _ in range(60)]

    async def run() -> list[BaseException | None]:
        box = BallotBox(lambda _day: rules)
        casts = [box.cast(token, said(), DAY) for token in [*tokens, tokens[0]]]
        outcomes = await asyncio.gather(*casts, return_exceptions=True)
        await box.close()
        return outcomes

    outcomes = asyncio.run(run())
    assert sum(outcome is None for outcome in outcomes) == 60
    assert [o.code for o in outcomes if isinstance(o, BallotRefused)] == ["ballots.token_used"]
    assert Arrival.objects.count() == 60
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM ballots_arrival")
        assert 0 < cursor.fetchone()[0] < 10


def test_a_fault_inside_is_logged_by_its_kind_and_quotes_no_ballot(
    committed, issuer, rules, monkeypatch, caplog
) -> None:
    accept(issuer)

    def failing(_drafts) -> list[None]:
        raise RuntimeError("DETAIL: Failing row contains (1, 意见)")

    monkeypatch.setattr("hengjian.ratings.ballots.box.store", failing)

    async def run() -> None:
        box = BallotBox(lambda _day: rules)
        with pytest.raises(Busy):
            await box.cast(token_of(issuer), said(), DAY)
        await box.close()

    asyncio.run(run())
    assert "RuntimeError" in caplog.text
    assert "意见" not in caplog.text


def test_a_full_box_says_so_and_keeps_nothing(committed, issuer, rules) -> None:
    accept(issuer)
    tokens = [token_of(issuer) for _ in range(12)]

    async def run() -> list[BaseException | None]:
        box = BallotBox(lambda _day: rules, Limits(bound=5))
        await box._look_for_keys(tokens[0].key_id)
        casts = [box.cast(token, said(), DAY) for token in tokens]
        outcomes = await asyncio.gather(*casts, return_exceptions=True)
        await box.close()
        return outcomes

    outcomes = asyncio.run(run())
    assert sum(outcome is None for outcome in outcomes) == 5 == Arrival.objects.count()
    turned = [outcome for outcome in outcomes if outcome is not None]
    assert all(isinstance(outcome, Busy) and outcome.http_status == 503 for outcome in turned)


def test_a_lost_connection_is_made_again(committed, issuer, rules) -> None:
    accept(issuer)
    first, second = token_of(issuer), token_of(issuer)
    ours = _session()

    async def run() -> None:
        box = BallotBox(lambda _day: rules)
        await box.cast(first, said(), DAY)
        await asyncio.to_thread(_end_sessions_but, ours)
        await box.cast(second, said(), DAY)
        await box.close()

    asyncio.run(run())
    assert Arrival.objects.count() == 2


def test_the_box_works_under_the_narrow_role(committed, issuer, rules) -> None:
    accept(issuer)
    ours, seen = _session(), []

    async def run() -> None:
        box = BallotBox(lambda _day: rules)
        for token in (token_of(issuer), token_of(issuer)):
            await box.cast(token, said(), DAY)
        for _writer in range(2):
            seen.append(await box._in_thread(_role))
        await asyncio.to_thread(_end_sessions_but, ours)
        await box.cast(token_of(issuer), said(), DAY)
        seen.append(await box._in_thread(_role))
        await box.close()

    asyncio.run(run())
    assert seen == [REDEEMER] * 3
    assert Arrival.objects.count() == 3


def _role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


def _session() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
