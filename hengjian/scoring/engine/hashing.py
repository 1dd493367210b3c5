"""The hash of a result: quantised to 6 decimals, written as integers, the same on any machine."""

import hashlib

import numpy as np

from hengjian.scoring.engine.cells import Result
from hengjian.scoring.engine.ranks import keys_of
from hengjian.terms.canonical import canonical


def result_hash(result: Result) -> str:
    """SHA-256 over the levels and ranks of a result.

    Clause: SPEC F3
    Returns: lower-case hexadecimal; the same for both engines and any number of threads.
    """
    plan = result.plan
    head = {
        "nodes": list(plan.node_codes),
        "ranked": sorted(result.ranks),
        "units": len(result.levels),
    }
    found = hashlib.sha256(canonical(head))
    for at in range(result.levels.shape[1]):
        keys = keys_of(np.ascontiguousarray(result.levels[:, at]), 0.000001)
        found.update(keys.astype("<i8").tobytes())
    for code in sorted(result.ranks):
        found.update(result.ranks[code].astype("<i8").tobytes())
    return found.hexdigest()
