"""Leads are kept beside the sheet, for a person; they change nothing and are never published."""

import zipfile
from pathlib import Path
from random import Random

import pytest

SALT = b"secret"


def people():
    from tests.unit.cycles.small_city import PEOPLE

    return [(f"{m.official}@{m.post}", m) for m in PEOPLE]


def signed_peers(favour: float) -> list:
    """Everybody marks everybody of the own team and signs; the first two favour each other."""
    from hengjian.ratings.panels.marks import rater_key
    from hengjian.ratings.panels.rows import RatedMark
    from tests.unit.cycles.small_city import PERIOD

    draw, rows = Random(4), []
    for place, one in people():
        for other_place, other in people():
            if place == other_place or one.town != other.town:
                continue
            pair = {place, other_place} == {people()[0][0], people()[1][0]}
            mark = 5.0 + draw.gauss(0, 0.5) + (favour if pair else 0.0)
            key = rater_key(SALT, PERIOD.text, one.official)
            rows.append(RatedMark(other.official, other.post, "", "peers", "", "ten_point", "c", mark, key))
    return rows


@pytest.fixture
def frozen(city: None):
    from hengjian.cycles import operations, storing
    from hengjian.cycles.models import Cycle
    from tests.unit.cycles.small_city import audit

    operations.freeze("t-2026-h1", audit())
    return storing.newest_snapshot(Cycle.objects.get())


def found(frozen, salt: bytes = b""):
    from hengjian.cycles import leads, storing
    from hengjian.scoring.assess import assess

    facts, policy = storing.snapshot_of(frozen), storing.policy_of(frozen)
    return leads.found_in(facts, policy, assess(facts, policy), salt)


def test_leads_are_stored_with_the_sheet_and_stand_in_no_bundle(frozen, tmp_path: Path) -> None:
    from hengjian.cycles import operations, queries
    from tests.unit.cycles.small_city import audit

    operations.score("t-2026-h1", audit(hours=1))
    kept = queries.calibration_leads("t-2026-h1")
    assert sorted(kept, key=str) == sorted(found(frozen), key=str)
    assert {lead.kind for lead in kept} >= {"outlier"}
    operations.review("t-2026-h1", audit("leader", "已核对", 2))
    made = operations.publish("t-2026-h1", audit(hours=3), tmp_path)
    with zipfile.ZipFile(made.path) as bundle:
        assert not [name for name in bundle.namelist() if "lead" in name]
    assert queries.calibration_of("t-2026-h1") is not None
    (fitted,) = queries.calibration_fits("t-2026-h1")
    assert fitted.found.joint.full().shape == (12, 12)


def test_mutual_favours_are_found_among_those_who_sign_and_only_with_the_key(frozen, monkeypatch) -> None:
    from hengjian.cycles import leads

    pair = {people()[0][0], people()[1][0]}
    monkeypatch.setattr(leads, "rated_marks", lambda *_: signed_peers(4.0))
    mutual = [lead for lead in found(frozen, SALT) if lead.kind == "reciprocal"]
    assert [set(lead.seats) for lead in mutual] == [pair]
    assert mutual[0].rate <= 0.10
    assert not [lead for lead in found(frozen) if lead.kind == "reciprocal"]
    assert not [lead for lead in found(frozen, b"another") if lead.kind == "reciprocal"]
    monkeypatch.setattr(leads, "rated_marks", lambda *_: signed_peers(0.0))
    assert not [lead for lead in found(frozen, SALT) if lead.kind == "reciprocal"]


def test_a_team_in_which_somebody_did_not_mark_is_not_judged(city: None) -> None:
    from hengjian.cycles.collect import seats_of
    from hengjian.cycles.leads import teams_of
    from hengjian.cycles.models import Cycle
    from hengjian.ratings.panels.marks import rater_key
    from tests.unit.cycles.small_city import PERIOD

    seats = seats_of(Cycle.objects.get())
    keys = {rater_key(SALT, PERIOD.text, seat.official): seat for seat in seats}
    rows = signed_peers(0.0)
    assert [len(team.names) for team in teams_of(rows, keys)] == [6, 6]
    assert [len(team.names) for team in teams_of(rows[1:], keys)] == [6]


def test_a_sheet_filled_in_faster_than_it_can_be_read(frozen, monkeypatch) -> None:
    from hengjian.cycles import leads
    from hengjian.ratings.panels.rows import SheetTrace

    seat, one = people()[0]
    answers = tuple((f"i{at}", 8.0) for at in range(6))
    traces = [
        SheetTrace(one.official, one.post, "peers", "", "c", None, answers, seconds)
        for seconds in (6, *range(90, 150, 2))
    ]
    monkeypatch.setattr(leads, "sheet_traces", lambda *_: traces)
    (hasty,) = [lead for lead in found(frozen) if lead.kind == "hasty"]
    assert (hasty.seats, hasty.raters, hasty.evidence["seconds_a_mark"]) == ((seat,), (), 1.0)
    assert hasty.evidence["least"] == 2.0
