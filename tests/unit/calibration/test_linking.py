"""Merit and leniency can be told apart only where marks cross units."""

import numpy as np
import pytest

from hengjian.calibration.errors import NotComparable
from hengjian.calibration.fitting import Method, fit
from hengjian.calibration.linking import linking_of
from hengjian.calibration.marks import Column, Marks
from tests.unit.calibration import panels


def test_teams_that_only_mark_themselves_are_refused_with_the_share_shown():
    panel = panels.in_units(0.0, seed=1, units=5)
    with pytest.raises(NotComparable) as refused:
        fit(panel.marks, panel.units)
    assert refused.value.share == 0.0
    assert len(refused.value.parts) == 5
    assert "0.0%" in str(refused.value)


def test_too_few_bridging_marks_are_refused_though_all_hangs_together():
    panel = panels.in_units(0.004, seed=1, units=5)
    linking = linking_of(panel.marks, panel.units)
    assert len(linking.parts) == 1
    with pytest.raises(NotComparable):
        linking.require(0.02)
    assert not linking.reaches_aim


def test_one_unlinked_unit_is_named():
    panel = panels.in_units(0.2, seed=1, units=5)
    alone = np.char.equal(np.array(panel.units), "u4")[panel.marks.official.codes]
    own = panel.marks.group.codes == 4
    kept = panel.marks.where(alone == own)
    with pytest.raises(NotComparable) as refused:
        fit(kept, panel.units)
    assert ("u4",) in refused.value.parts


def test_bridging_at_five_percent_beats_the_raw_mean_by_far():
    ratio = []
    for seed in range(6):
        panel = panels.in_units(0.05, seed=seed)
        found = fit(panel.marks, panel.units, Method(bound=None)).officials

        def rmse(values, truth=panel.truth):
            return np.sqrt(((values - values.mean() - truth + truth.mean()) ** 2).mean())

        ratio.append(rmse(found.adjusted) / rmse(found.raw))
    assert max(ratio) <= 0.45


def test_shares_are_counted():
    marks = Marks(
        value=np.arange(6),
        official=Column.of(["a", "a", "b", "b", "b", "a"]),
        rater=Column.of(["r1", "r1", "r1", "r2", "r2", "r3"]),
    )
    linking = linking_of(marks, ["north", "south"])
    assert linking.share == pytest.approx(1 / 6)  # r1 marks mostly north, once south
    assert linking.parts == (("north", "south"),)
    assert linking.share_of.tolist() == pytest.approx([1 / 4, 1 / 3])


def test_anonymous_marks_without_a_group_link_nothing():
    marks = Marks(np.arange(4), Column.of(["a", "a", "b", "b"]), Column.of([None] * 4))
    assert len(linking_of(marks, ["north", "south"]).parts) == 2


def test_rater_groups_matter_more_than_rater_identity():
    """In simulation the issue gives RMSE 0.16 against 0.37: here in kind."""
    from dataclasses import replace

    panel = panels.in_units(0.05, seed=11)
    free = Method(bound=None)

    def rmse(marks):
        values, truth = fit(marks, method=free).officials.adjusted, panel.truth
        return np.sqrt(((values - values.mean() - truth + truth.mean()) ** 2).mean())

    whole = rmse(panel.marks)
    ungrouped = rmse(replace(panel.marks, group=None))
    nameless = Column(panel.marks.rater.names, np.full(panel.marks.size, -1))
    group_only = rmse(replace(panel.marks, rater=nameless))
    assert whole < 0.7 * ungrouped
    gain = (ungrouped - group_only) / (ungrouped - whole)
    assert gain > 0.8
