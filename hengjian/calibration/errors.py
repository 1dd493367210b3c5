"""What calibration refuses."""

from collections.abc import Sequence

from hengjian.terms.errors import Refused


class NotComparable(Refused):
    """The marks cannot tell a unit's merit from its raters' leniency, so there is no common rank.

    Clause: SPEC B3, NORMS X8

    ``share`` is the share of bridging marks, ``least`` what is asked for, ``parts`` the units that
    hang together, part by part.
    """

    def __init__(self, share: float, least: float, parts: Sequence[Sequence[str]]) -> None:
        super().__init__(
            f"各单位之间的共同评分只占 {share:.1%}（至少须 {least:.1%}），"
            "分不清是评分人宽严还是干部优劣，不能统一排名",
            where=f"{len(parts)} 部分互不相连" if len(parts) > 1 else "",
            do="请安排跨单位评分（以全部评分的 5% 为目标），或只在各部分内部校准",
            code="calibration.not_comparable",
        )
        self.share = share
        self.least = least
        self.parts = tuple(tuple(part) for part in parts)


class NotSettled(Refused):
    """The variances could not be found from these marks.

    Clause: SPEC B3
    """

    def __init__(self, why: str) -> None:
        super().__init__(
            f"校准计算没有收敛：{why}",
            do="请检查评分数量是否足够，或使用上一周期公布的方差",
            code="calibration.not_settled",
        )
