"""The assessment: from a frozen snapshot and a policy to a score sheet. Pure and repeatable."""

from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.computing import work
from hengjian.scoring.engine.scoring import Engine
from hengjian.scoring.rules import PolicyLike, rules_of
from hengjian.scoring.sheet import ScoreSheet
from hengjian.scoring.sheeting import sheet_of
from hengjian.scoring.snapshot import Snapshot


def assess(
    snapshot: Snapshot,
    policy: PolicyLike,
    engine: Engine = "reference",
    calibration: CalibrationTable | None = None,
) -> ScoreSheet:
    """Score every seat of a snapshot under a policy.

    Clause: SPEC A2, SPEC A3, SPEC A5, SPEC A9, SPEC B1, SPEC B3
    ``calibration``: a stated table that was checked already; fitted from the snapshot otherwise.
    Returns: the sheet with values, ranks, proposed grades and named gaps; its root is the same
    for any order of the snapshot's records and on either engine.
    Raises: Refused when the facts contradict the policy; the message names seat and record.
    """
    return sheet_of(work(snapshot, rules_of(policy, snapshot.seats), engine, calibration))
