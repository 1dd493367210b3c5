"""Leads are few where marks are honest, and find what was planted."""

import numpy as np
import pytest

from hengjian.calibration.careless import hasty, straight_lines
from hengjian.calibration.favour import Team, blocs, mutual_of, reciprocal_pairs
from hengjian.calibration.fitting import Method, fit
from hengjian.calibration.marks import Column, Marks
from hengjian.calibration.ordinal import ordinal_of
from hengjian.calibration.screening import false_discovery, leads_at


def teams_of(seed: int, count: int = 60, n: int = 8, favour: float = 0.0, pairs: int = 0):
    """Teams with genuine mutual liking; in some, one pair trades favours."""
    draw = np.random.default_rng(seed)
    found, planted = [], []
    for at in range(count):
        liking = np.triu(draw.normal(0, 1.0, (n, n)), 1)
        marks = 80 + draw.normal(0, 3, n)[:, None] + draw.normal(0, 4, n) + liking + liking.T
        marks = marks + draw.normal(0, 1.5, (n, n))
        names = tuple(f"t{at}p{who}" for who in range(n))
        if at < pairs:
            marks[0, 1] += favour
            marks[1, 0] += favour
            planted.append((names[0], names[1]))
        found.append(Team(names, marks))
    return found, set(planted)


def test_benjamini_hochberg():
    rates = false_discovery([0.01, 0.04, 0.03, 0.5])
    assert rates.tolist() == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])
    assert false_discovery([]).size == 0


def test_no_more_than_one_honest_city_in_ten_sees_a_mutual_favour():
    raised = [bool(leads_at(reciprocal_pairs(teams_of(seed)[0]), 0.10)) for seed in range(100)]
    assert np.mean(raised) <= 0.10 + 2 * 0.03


def test_strong_favours_are_found_and_weak_ones_hardly():
    power = {}
    for favour in (1.5, 3.0, 8.0):
        hit = 0
        for seed in range(20):
            teams, planted = teams_of(seed, favour=favour, pairs=12)
            leads = leads_at(reciprocal_pairs(teams), 0.10)
            hit += len(planted & {lead.who for lead in leads})
        power[favour] = hit / (20 * 12)
    assert power[1.5] < power[3.0] < power[8.0]
    assert power[8.0] > 0.85


def test_mutual_liking_has_one_scale_in_teams_of_any_size():
    small, _ = teams_of(1, count=400, n=5)
    large, _ = teams_of(2, count=60, n=14)
    found = mutual_of([*small, *large])
    is_small = found.team < 400
    ratio = found.standing[is_small].std() / found.standing[~is_small].std()
    assert 0.9 < ratio < 1.1


def test_bloc_is_found_and_shuffles_are_not():
    teams, _ = teams_of(3, count=20, n=9)
    for i in range(4):
        for j in range(4):
            teams[0].marks[i, j] += 7.0
    leads = leads_at(blocs(teams, seed=1), 0.10)
    assert leads
    assert set(leads[0].who) >= {"t0p0", "t0p1", "t0p2"}
    assert blocs(teams, seed=1) == blocs(teams, seed=1)
    honest = [bool(leads_at(blocs(teams_of(seed, count=20)[0], seed=1), 0.10)) for seed in range(20)]
    assert np.mean(honest) <= 0.25


def mostly_tens(lazy: int, seed: int = 0):
    """Nine marks in ten are tens; some raters give tens or fives without looking."""
    draw = np.random.default_rng(seed)
    officials, raters = 30, 200
    rater = np.repeat(np.arange(raters), 12)
    official = np.concatenate([draw.permutation(officials)[:12] for _ in range(raters)])
    hidden = draw.normal(0, 0.6, officials)[official] + draw.normal(0, 0.8, raters)[rater]
    hidden += draw.normal(0, 1, rater.size)
    value = np.array([6, 7, 8, 9, 10])[np.searchsorted([-5, -3.6, -2.7, -1.9], hidden)]
    value[rater < lazy] = 8
    return Marks(value.astype(np.int64), Column.numbered(official), Column.numbered(rater))


def straight(marks):
    ratios = fit(marks, method=Method(bound=None)).components.ratios
    ratios = {"official": 0.36, "rater": 0.64} | {k: v for k, v in ratios.items() if k == "service"}
    return straight_lines(marks, ordinal_of(marks, ratios), ratios)


def test_tens_for_everybody_are_no_lead_where_tens_are_usual():
    marks = mostly_tens(0)
    assert (marks.value == 10).mean() > 0.85
    leads = straight(marks)
    assert len(leads) > 0.3 * 200  # so many honest raters show no variance
    assert len(leads_at(leads, 0.10)) <= 2


def test_the_same_unusual_mark_throughout_is_a_lead():
    found = leads_at(straight(mostly_tens(5)), 0.10)
    assert {lead.who[0] for lead in found} >= {str(at) for at in range(5)}
    assert all(lead.evidence["mark"] == 8.0 for lead in found[:5])
    assert len(found) <= 7


def test_impossible_speed():
    draw = np.random.default_rng(1)
    seconds = np.exp(draw.normal(3.0, 0.4, 60)) * 10
    names = [f"r{at}" for at in range(60)]
    count = np.full(60, 10.0)
    assert not leads_at(hasty(names, seconds, count, 2.0), 0.01)
    seconds[7] = 5.0
    found = leads_at(hasty(names, seconds, count, 2.0), 0.10)
    assert found[0].who == ("r7",)
    assert found[0].evidence["seconds_a_mark"] == 0.5
    few = hasty(names[:5], seconds[:5], count[:5], 2.0)
    assert not leads_at(few, 0.10)  # too few to compare, none below the limit
