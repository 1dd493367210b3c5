"""``score``: the pure function from a plan and cells to levels, ranks and workings."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.cells import Cells, Result, check_cells
from hengjian.scoring.engine.fitting import fit
from hengjian.scoring.engine.observing import check_columns
from hengjian.scoring.engine.plan import Plan, refuse
from hengjian.scoring.engine.ranks import RankHistogram, competition_ranks, keys_of
from hengjian.scoring.engine.reference import run_reference
from hengjian.scoring.engine.statistics import Statistics, gather

Floats = NDArray[np.float64]
Engine = Literal["reference", "kernel"]


def score(
    plan: Plan,
    cells: Cells,
    engine: Engine = "reference",
    *,
    statistics: Statistics | None = None,
    workings: bool = True,
    rank: bool = True,
) -> Result:
    """Score the units.

    Clause: SPEC A9, SPEC A3
    ``statistics``: merged ones when these units are part of a whole; ``workings``: keep every
    stage; ``rank``: leave out for a part, whose ranks come from the merged histograms.
    Returns: levels (n, nodes), ranks, and the stages when asked for.
    Raises: Refused for cells that do not fit, constant indicators, gaps under ``fail``.
    """
    check_cells(plan, cells)
    check_columns(plan, cells)
    if statistics is not None and any(node.mean == "copeland" for node in plan.nodes):
        raise refuse("Copeland 法要两两比较全部单位，不能分片计算", "请一次给出全部单位", "copeland_parts")
    fitted = fit(plan, gather(plan, cells) if statistics is None else statistics)
    if engine == "kernel":
        from hengjian.scoring.engine.kernel import run_kernel

        levels, stages = run_kernel(plan, cells, fitted, workings=workings)
    elif engine == "reference":
        levels, stages = run_reference(plan, cells, fitted, workings=workings)
    else:
        raise refuse(f"没有名为 {engine} 的引擎", "可用 reference 或 kernel", "engine")
    return Result(plan, levels, _ranks(plan, cells, levels, engine) if rank else {}, stages)


def _ranks(plan: Plan, cells: Cells, levels: Floats, engine: Engine) -> dict[str, NDArray[np.int64]]:
    group = cells.group(plan.rank_within)
    found = {}
    for code in plan.ranked or (plan.node_codes[-1],):
        values = np.ascontiguousarray(levels[:, plan.node_codes.index(code)])
        if engine == "kernel":
            from hengjian.scoring.engine.kernel_ranks import ranks_of

            found[code] = ranks_of(values, group, plan.step)
        else:
            found[code] = competition_ranks(keys_of(values, plan.step), group)
    return found


def rank_keys(result: Result, code: str = "") -> NDArray[np.int64]:
    """The integers by which a node's values are ranked, to be counted and merged.

    Clause: SPEC A3
    """
    values = result.level(code) if code else result.total
    return keys_of(np.ascontiguousarray(values), result.plan.step)


def with_ranks(result: Result, cells: Cells, histograms: dict[str, RankHistogram]) -> Result:
    """A part's result with its ranks among all that the histograms counted.

    Clause: SPEC A3
    """
    group = cells.group(result.plan.rank_within)
    ranks = {code: held.ranks(rank_keys(result, code), group) for code, held in histograms.items()}
    return Result(result.plan, result.levels, ranks, result.stages)
