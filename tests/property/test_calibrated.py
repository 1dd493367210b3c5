"""What the calibrated marks on a sheet promise, by generated teams, through the wired path."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from hengjian.scoring.calibrated import fitting
from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.snapshot import Snapshot
from tests.unit.scoring.calibrated.teams import changed, rule, table, teams, with_marks

SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=12, deadline=None)


def afresh(snapshot: Snapshot, how=None) -> CalibrationTable:
    """Fitted anew, not remembered."""
    fitting._fits.cache_clear()
    fitting._table.cache_clear()
    return table(snapshot, how)


@FEW
@given(SEEDS, st.integers(2, 5), st.booleans(), st.randoms(use_true_random=False))
def test_order_of_rows_never_matters(seed: int, units: int, linked: bool, order) -> None:
    snapshot = teams(units=units, seed=seed, linked=linked)
    rated, seats, marks = list(snapshot.rated), list(snapshot.seats), list(snapshot.marks)
    for rows in (rated, seats, marks):
        order.shuffle(rows)
    other = replace(snapshot, rated=tuple(rated), seats=tuple(seats), marks=tuple(marks))
    assert afresh(snapshot) == afresh(other)


@settings(max_examples=4, deadline=None)
@given(SEEDS)
def test_threads_never_matter(seed: int) -> None:
    snapshot = teams(seed=seed)
    with threadpool_limits(1):
        one = afresh(snapshot)
    with threadpool_limits(2):
        assert afresh(snapshot) == one


@FEW
@given(SEEDS, st.integers(1, 3), st.integers(-20, 20))
def test_constant_added_by_one_rater_changes_no_calibrated_rank(seed: int, who: int, constant: int) -> None:
    """Raters as free constants; signed marks on a scale of a hundred that has room at both ends."""
    how = rule(groups=("superiors",), linking=(), bound=1000.0, fixed=True, reliability=0.0)
    base = teams(seed=seed)
    signed = tuple(
        replace(row, instrument="hundred", marks=tuple(30.0 + 4.0 * mark for mark in row.marks))
        for row in base.rated
        if row.group == "superiors"
    )
    added = tuple(
        replace(row, marks=tuple(mark + constant for mark in row.marks)) if row.rater == who else row
        for row in signed
    )
    plain = table(with_marks(replace(base, rated=signed)), how)
    moved = table(with_marks(replace(base, rated=added)), how)
    assert [row.rank for row in moved.seats] == [row.rank for row in plain.seats]
    before, after = (np.array([row.calibrated for row in held.groups]) for held in (plain, moved))
    assert np.abs((after - after.mean()) - (before - before.mean())).max() < 1e-5


@FEW
@given(SEEDS, st.data())
def test_better_mark_never_lowers_its_official(seed: int, data) -> None:
    snapshot = teams(seed=seed)
    rows = [at for at, row in enumerate(snapshot.rated) if min(row.marks) < 10.0]
    at = data.draw(st.sampled_from(rows))
    marks = sorted(snapshot.rated[at].marks)
    marks[0] += 1.0
    seat = snapshot.rated[at].seat
    before, after = table(snapshot), table(changed(snapshot, at, *marks))
    assert after.seat(seat).adjusted >= before.seat(seat).adjusted - 1e-6
    if snapshot.rated[at].group == "peers":
        (a,), (b,) = before.marks_of(seat), after.marks_of(seat)
        assert b.calibrated >= a.calibrated - 1e-6
