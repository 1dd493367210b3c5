"""Steps from single marks to a panel value: strata, groups, weights."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hengjian.policy.model import Indicator, PanelGroup
from hengjian.scoring.calibrated.table import GroupRow, sentence
from hengjian.scoring.computing import Assessment
from hengjian.scoring.normalising import Inputs
from hengjian.scoring.panel import ABSENT, NOT_ASKED, PRESENT, Panel, StratumKey
from hengjian.scoring.ranges import Rows
from hengjian.scoring.record import record_of
from hengjian.scoring.sheet import Working
from hengjian.scoring.sheeting import some
from hengjian.scoring.snapshot import Marks, Released

VALUE = "各评价主体得分按权重平均；没有足够有效评分的主体不计入，其权重由其他主体按比例分担"


class PanelSteps:
    """Writes the steps below a panel indicator's value."""

    def __init__(self, found: Assessment) -> None:
        panel = found.values.panel
        self.facts, self.panel = found.facts, panel
        self.instruments = self.facts.rules.instruments
        self.status, self.mark = Rows(panel.status), Rows(panel.group_mark)
        self.count, self.value_of = Rows(panel.group_count), Rows(panel.value)
        self.mean, self.size, self.overall = Rows(panel.mean), Rows(panel.count), Rows(panel.overall)
        self.inside = [
            [(s, key) for s, key in enumerate(panel.strata) if key.group == g]
            for g in range(len(panel.groups))
        ]
        self.own, self.shift = Rows(_own(panel)), Rows(panel.shift)
        found_rows = self.facts.calibration.groups if self.facts.calibration else ()
        self.calibrations = {(held.seat, held.group): held for held in found_rows}
        self.pooled = {panel.groups[key.group].code for key in panel.strata if not key.code}
        self.records: dict[tuple[str, str, str, str], list[Marks]] = {}
        for held in self.facts.snapshot.marks:
            stratum = "" if held.group in self.pooled else held.stratum
            key = (held.seat, held.indicator, held.group, stratum)
            self.records.setdefault(key, []).append(held)
        self.releases = {(r.seat, r.group, r.stratum): r for r in self.facts.snapshot.releases}
        outside = "".join(f"；{_outside_rule(group)}" for group in panel.groups if group.outside)
        self.rule = f"{VALUE}{outside}"
        # overall marks count on every indicator: their steps are written once for a seat
        self._row = -1
        self._strata: dict[int, Working] = {}
        self._groups: dict[int, Working] = {}

    def value(self, row: int, indicator: Indicator) -> Working:
        """The panel's value on one indicator.

        Clause: SPEC B1
        """
        if row != self._row:  # the last seat's shared steps are not needed any more
            self._row, self._strata, self._groups = row, {}, {}
        at = self.panel.column[indicator.code]
        status = self.status[row][at]
        inputs: Inputs = {}
        for g, group in enumerate(self.panel.groups):
            if status[g] == PRESENT:
                inputs[f"{'outside' if group.outside else 'weight'}.{group.code}"] = (
                    group.outside or group.weight
                )
                inputs[f"mark.{group.code}"] = self.mark[row][at][g]
        return Working(
            key="panel.value",
            label=f"{indicator.name}评价",
            rule=self.rule,
            clause="SPEC B1",
            result=some(self.value_of[row][at]),
            unit="分",
            inputs=inputs,
            children=tuple(
                self._group(row, at, g, group)
                for g, group in enumerate(self.panel.groups)
                if status[g] != NOT_ASKED
            ),
        )

    def _group(self, row: int, at: int, g: int, group: PanelGroup) -> Working:
        if self.own[row][at][g]:
            return self._grouped(row, at, g, group)
        if g not in self._groups:
            self._groups[g] = self._grouped(row, at, g, group)
        return self._groups[g]

    def _grouped(self, row: int, at: int, g: int, group: PanelGroup) -> Working:
        status = self.status[row][at][g]
        present = [(s, key) for s, key in self.inside[g] if self.size[row][at][s] > 0]
        inputs: Inputs = {}
        for s, key in present:
            name = key.code or group.code
            inputs[f"weight.{name}"] = key.weight
            inputs[f"mean.{name}"] = self.mean[row][at][s]
        inputs["count"] = float(self.count[row][at][g])
        inputs["minimum"] = float(group.minimum)
        if group.prior is not None and group.strength > 0.0:
            inputs |= {"prior": group.prior, "strength": group.strength}
        if status != PRESENT:
            inputs["counts"] = "no"
        shift = self.shift[row][g]
        if shift:
            inputs["leniency"] = shift
        calibration = self.calibrations.get((self.facts.seats[row].id, group.code))
        steps = [] if calibration is None else [self._calibrated(calibration, group)]
        return Working(
            key="panel.group",
            label=group.name,
            rule=_group_rule(group, status, calibrated=bool(shift)),
            clause=group.provenance.clause,
            result=some(self.mark[row][at][g]) if status == PRESENT else None,
            unit="分",
            inputs=inputs,
            children=(*(self._stratum(row, at, s, key, group) for s, key in present), *steps),
        )

    def _calibrated(self, row: GroupRow, group: PanelGroup) -> Working:
        """What calibration took off, with the four marks side by side.

        Clause: SPEC B3, NORMS L19
        """
        table, rule = self.facts.calibration, self.facts.rules.calibration
        part = table.part_of(row.seat) if table else None
        inputs: Inputs = {
            "count": float(row.n),
            "mean": row.mean,
            "median": row.median,
            "trimmed": row.trimmed,
            "calibrated": row.calibrated,
            "leniency": row.leniency,
            "bound": rule.bound if rule else 0.0,
        }
        return Working(
            key="panel.calibration",
            label=f"{group.name}校准",
            rule=sentence(row, part) if part else "",
            clause="SPEC B3",
            result=row.shift,
            unit="分",
            inputs=inputs,
        )

    def _stratum(self, row: int, at: int, s: int, key: StratumKey, group: PanelGroup) -> Working:
        if not self.overall[row][at][s]:
            return self._marked(row, at, s, key, group)
        if s not in self._strata:
            self._strata[s] = self._marked(row, at, s, key, group)
        return self._strata[s]

    def _marked(self, row: int, at: int, s: int, key: StratumKey, group: PanelGroup) -> Working:
        overall = self.overall[row][at][s]
        indicator = "" if overall else self.panel.indicators[at]
        seat = self.facts.seats[row].id
        records = self.records[(seat, indicator, group.code, key.code)]
        release = self.releases.get((seat, group.code, key.code)) if overall else None
        inputs: Inputs = {"count": float(self.size[row][at][s]), "trim": group.trim}
        inputs |= self._marks(records)
        trimmed = f"，两端各去掉 {group.trim:g}%（按比例）" if group.trim else ""
        return Working(
            key="panel.stratum",
            label=key.name,
            rule=f"{'总体评分' if overall else '本项评分'}换算为百分制{trimmed}后取平均{_source(release)}",
            clause=group.provenance.clause,
            result=some(self.mean[row][at][s]),
            unit="分",
            inputs=inputs,
            records=tuple(sorted(record_of(one) for one in (*records, *([release] if release else [])))),
        )

    def _marks(self, records: Sequence[Marks]) -> Inputs:
        inputs: Inputs = {}
        for code in sorted({record.instrument for record in records}):
            marks: Counter[float] = Counter()
            for record in records:
                if record.instrument == code:
                    marks.update(record.marks)
            scale = self.instruments[code]
            inputs[f"scale.{code}"] = f"{scale.lowest!r}–{scale.highest!r}"
            inputs[f"marks.{code}"] = "；".join(f"{mark!r}×{marks[mark]}" for mark in sorted(marks))
        return inputs


def _source(release: Released | None) -> str:
    """Where any-time ratings come from, and that imported ones stand back."""
    if release is None:
        return ""
    told = (
        f"；随时评第 {release.batch} 批（{release.on} 公布），每份有效评价按公布的平均分 {release.mean:g} 计"
    )
    return f"{told}；另有导入的同层评分不重复计入" if release.instead else told


def _own(panel: Panel) -> NDArray[np.bool_]:
    """Where a group has marks on the indicator itself: (seats, indicators, groups)."""
    given = (panel.count > 0) & ~panel.overall
    found = np.zeros(panel.status.shape, dtype=np.bool_)
    for s, key in enumerate(panel.strata):
        found[..., key.group] |= given[..., s]
    return found


def _outside_rule(group: PanelGroup) -> str:
    return f"{group.name}在百分之外加减：{group.outside:g} ×（得分 − 50）÷ 50，加减后限于 0 至 100 分"


def _group_rule(group: PanelGroup, status: int, *, calibrated: bool = False) -> str:
    if group.outside:
        return _outside_group_rule(group, status)
    if status == ABSENT:
        return "没有有效评分，不计入，其权重由其他主体按比例分担"
    if status != PRESENT:
        return f"有效评分少于 {group.minimum} 份，不计入，其权重由其他主体按比例分担"
    return _mean_rule(group, calibrated=calibrated)


def _outside_group_rule(group: PanelGroup, status: int) -> str:
    if status == ABSENT:
        return "没有经核实的事件，不加不减"
    if status != PRESENT:
        return f"有效评分少于 {group.minimum} 份，不加不减"
    return f"只计经核实的事件：{_mean_rule(group)}"


def _mean_rule(group: PanelGroup, *, calibrated: bool = False) -> str:
    text = "各层次先分别平均，再按层次权重平均" if group.strata else "有效评分的平均"
    if calibrated:
        text += "，再减去评分人平均偏宽（校准），限于 0 至 100 分"
    if group.prior is not None and group.strength > 0.0:
        text += "；样本少时向先验分收缩：n/(n+强度) × 平均 ＋ (1 − n/(n+强度)) × 先验分"
    return text
