"""Any-time ratings in a cycle: the release counts, once, and the sheet says so."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from hengjian.cycles import operations, queries
from hengjian.cycles.models import StoredSnapshot
from hengjian.cycles.public_marks import marks_of
from hengjian.policy import load, shipped
from hengjian.ratings.ballots.collecting import take_in
from hengjian.ratings.ballots.operations import accept_key
from hengjian.ratings.ballots.receipts import digest
from hengjian.ratings.ballots.releases import release_due
from hengjian.ratings.ballots.rules import rules_of
from hengjian.ratings.ballots.tokens import Draft, Said
from hengjian.ratings.ballots.writing import store
from hengjian.scoring.bundle import read_bundle
from hengjian.scoring.verify import verify_bundle
from hengjian.scoring.workings import flat
from tests.unit.cycles import small_city as small

DAY = date(2026, 5, 6)
POLICY = load(shipped()["seed"]).in_force(date(2026, 6, 30))
OUT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def issuer():
    from hengjian.proof.blind_keys import SecretKey

    return SecretKey.generated(bits=2048)


def _released(issuer, number: int = 0, marks: tuple[int, ...] = (9,) * 30 + (6,) * 10) -> None:
    """Ballots on a person, and their release."""
    one = small.PEOPLE[number]
    public = issuer.public
    key = accept_key(public.spki, public.variant.name, one.official, one.post, "2026-H1", DAY)
    said = [Said(mark, (), "", "self", digest(f"{number}-{n}")) for n, mark in enumerate(marks)]
    tokens = [digest(f"t{number}-{n}") for n in range(len(marks))]
    assert store([Draft(key, t, s, DAY) for t, s in zip(tokens, said, strict=True)]) == [None] * len(marks)
    take_in(OUT)
    release_due(OUT, replace(rules_of(POLICY), hold=0), lambda _n: 0)


def _group(path_seat: str, number: str = "t-2026-h1"):
    steps = flat(queries.working_tree(number, path_seat))
    return next(s for s in steps if s.key == "panel.group" and "群众" in s.label)


@pytest.mark.usefixtures("city")
def test_a_release_counts_instead_of_the_file(issuer) -> None:
    _released(issuer)
    operations.freeze("t-2026-h1", small.audit())
    operations.score("t-2026-h1", small.audit(hours=1))
    group = _group(small.seat())
    masses = next(s for s in group.children if s.label == "群众与服务对象")
    assert masses.inputs["marks.ten_point"] == "8.3×40"  # (30 × 9 + 10 × 6) / 40 = 8.25, half up
    assert masses.inputs["count"] == 40
    assert "随时评第 1 批（2026-06-01 公布）" in masses.rule
    assert masses.rule.endswith("另有导入的同层评分不重复计入")
    other = next(s for s in _group(small.seat(1)).children if s.label == "群众与服务对象")
    assert "随时评" not in other.rule
    # the deputies' stratum of the file still counts beside
    assert {s.label for s in group.children} == {"两代表一委员", "群众与服务对象"}
    assert group.inputs["prior"] == 75


@pytest.mark.usefixtures("city")
def test_nobody_counts_twice(issuer) -> None:
    _released(issuer)
    seats = [s for s in _seats() if s.id == small.seat()]
    marks, releases = marks_of(small.PERIOD, small.CUT_OFF, seats, POLICY)
    masses = [m for m in marks if (m.group, m.stratum) == ("public", "masses")]
    assert [len(m.marks) for m in masses] == [40]
    assert [(r.count, r.mean, r.batch, r.instead) for r in releases] == [(40, 8.3, 1, True)]
    before, none = marks_of(small.PERIOD, OUT - timedelta(days=1), seats, POLICY)
    assert none == ()  # nothing was released then, and nothing was imported then
    assert not [m for m in before if m.group == "public"]


@pytest.mark.usefixtures("city")
def test_few_marks_of_a_file_stand_beside_a_release(issuer) -> None:
    _released(issuer)
    seats = [s for s in _seats() if s.id == small.seat()]
    place = (seats[0].id, "public", "masses")
    few = {n: len(_of_file(seats, {place: n}, "delegates")) for n in (0, 19, 20, 40)}
    assert few == {0: 0, 19: 0, 20: 10, 40: 10}  # thirty in all, those of ten deputies among them
    assert not _of_file(seats, {place: 40}, "masses")


def _of_file(seats, elsewhere, stratum: str) -> tuple[float, ...]:
    from hengjian.ratings.panels.queries import marks_for

    found = marks_for(small.PERIOD, small.CUT_OFF, seats, POLICY, elsewhere)
    return next((m.marks for m in found if (m.group, m.stratum) == ("public", stratum)), ())


@pytest.mark.usefixtures("city")
def test_a_quarter_never_weighs(issuer) -> None:
    from hengjian.terms.period import Period

    _released(issuer)
    marks, releases = marks_of(Period("2026-Q2"), small.CUT_OFF, _seats(), POLICY)
    assert releases == ()
    assert not [m for m in marks if m.group == "public"]


@pytest.mark.usefixtures("city")
def test_a_bundle_with_a_release_is_recomputed(issuer, tmp_path) -> None:
    _released(issuer)
    small.to_published("t-2026-h1", tmp_path)
    path = next(tmp_path.glob("*.hjb"))
    assert verify_bundle(path).ok
    held = read_bundle(path)
    assert [r.seat for r in held.snapshot.releases] == [small.seat()]
    assert held.snapshot == _stored()
    # another mean in the release's record is another snapshot
    assert replace(held.snapshot.releases[0], mean=9.9) not in held.snapshot.releases


def _stored():
    from hengjian.cycles.storing import snapshot_of

    return snapshot_of(StoredSnapshot.objects.get())


def _seats():
    from hengjian.cycles.collect import seats_of
    from hengjian.cycles.models import Cycle

    return seats_of(Cycle.objects.get(pk="t-2026-h1"))
