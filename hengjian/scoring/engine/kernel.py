"""The kernel engine: Numba behind the same function. An optional extra, loaded when first used."""

import threading

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.averaging import effective_weights
from hengjian.scoring.engine.cells import Cells, Stages
from hengjian.scoring.engine.fitting import Fitted
from hengjian.scoring.engine.packing import Packing
from hengjian.scoring.engine.plan import Plan
from hengjian.scoring.engine.reference import levels_of, run_reference
from hengjian.terms.errors import Refused

Floats = NDArray[np.float64]
PARTS_A_THREAD = 4
ONE_AT_A_TIME = threading.Lock()  # Numba's own thread pool must not be entered twice at once


def numba_or_refuse() -> int:
    """The number of threads that Numba may use.

    Clause: SPEC A9
    Raises: Refused when Numba is not installed.
    """
    try:
        import numba
    except ImportError as error:
        raise Refused(
            "没有安装 Numba，不能使用 kernel 引擎",
            do="请安装 hengjian[kernel]，或改用 reference 引擎（结果相同）",
            code="engine.no_numba",
        ) from error
    return int(numba.get_num_threads())


def run_kernel(
    plan: Plan, cells: Cells, fitted: tuple[Fitted, ...], *, workings: bool
) -> tuple[Floats, Stages | None]:
    """Score by the kernel.

    Clause: SPEC A9
    Returns: levels (n, nodes) and the stages when asked for.
    Raises: Refused as the reference does, which is asked for the words.
    """
    threads = numba_or_refuse()
    from hengjian.scoring.engine import loops

    pairwise = any(node.mean == "copeland" for node in plan.nodes)
    keep = workings or pairwise
    packing = Packing(plan, cells, fitted, keep=keep)
    n, leaves = cells.count, len(plan.leaves)
    kept = np.empty((5, leaves, n) if keep else (0, 0, 0))
    states = np.empty((leaves, n) if keep else (0, 0), dtype=np.uint8)
    levels = np.empty((len(plan.nodes), n))
    with ONE_AT_A_TIME:
        parts = _parts(n, threads * PARTS_A_THREAD, loops.BLOCK)
        given = (packing.facts(), packing.steps, packing.figures, packing.tree)
        bad = loops.run_all(parts, *given, kept, states, levels)
    if bool(np.any(bad)):
        return run_reference(plan, cells, fitted, workings=workings)
    found = levels_of(plan, cells, list(kept[4])) if pairwise else levels.T
    if not workings:
        return found, None
    state = states.T
    weights = effective_weights(plan, cells, state, found)
    return found, Stages(
        kept[0].T, kept[1].T, kept[2].T, kept[3].T, kept[4].T, state=state, effective=weights
    )


def _parts(n: int, wanted: int, block: int) -> NDArray[np.int64]:
    blocks = -(-n // block)
    edges = np.unique(np.linspace(0, blocks, min(wanted, blocks) + 1).astype(np.int64)) * block
    return np.minimum(edges, n)
