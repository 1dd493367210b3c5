"""Steps from the records to the points of an indicator: metrics, cases, cost-benefit factor."""

import math
from collections.abc import Mapping

import numpy as np

from hengjian.policy.model import Indicator
from hengjian.scoring.computing import Assessment
from hengjian.scoring.cost import benefit_of
from hengjian.scoring.engine.cells import CARRIED, IMPUTED, MEASURED, NEUTRAL, NOT_APPLICABLE
from hengjian.scoring.measures import MEASURES, cases_by_place, verdicts
from hengjian.scoring.normalising import CONSTANT, Inputs, inputs_of, rule_text
from hengjian.scoring.panelling import PanelSteps
from hengjian.scoring.ranges import Pool, Rows
from hengjian.scoring.record import record_of
from hengjian.scoring.sheet import Working
from hengjian.scoring.sheeting import some
from hengjian.scoring.snapshot import Project
from hengjian.terms.numbers import DECIMALS, quantise_one

SHARES = {
    "on_time": "按期办结率",
    "closed": "办结率",
    "not_reopened": "未重复投诉率",
    "satisfied": "满意率",
}


class SourceSteps:
    """Writes the steps below the points of an indicator."""

    def __init__(self, found: Assessment, pools: Mapping[str, Mapping[int, Pool]], panel: PanelSteps) -> None:
        self.found, self.facts, self.pools, self.panel = found, found.facts, pools, panel
        values = found.values
        self.value, self.target = Rows(values.value), Rows(values.target)
        self.denominator, self.treated = Rows(values.denominator), Rows(found.treated)
        self.point, self.state = Rows(found.points), Rows(found.state)
        self.factor = found.costs.factor.tolist()
        self.group = self.facts.group.tolist()
        self.organisation = self.facts.organisation.tolist()
        self.reasons = {(r.seat, r.indicator): r.reason for r in self.facts.snapshot.not_applicable}
        self.previous = {(r.seat, r.indicator): r for r in self.facts.snapshot.previous}
        self.benefit = benefit_of(self.facts, found.points)
        self.cases = cases_by_place(self.facts)
        self._cost: tuple[int, Working | None] = (-1, None)  # of the seat that was asked for last
        self._shares: dict[tuple[str, int], tuple[Working, ...]] = {}  # one organisation, many seats

    def points(self, row: int, code: str) -> Working:
        """The points of an indicator, or why there are none.

        Clause: SPEC A9
        """
        at = self.facts.column[code]
        indicator = self.facts.rules.indicators[code]
        state = self.state[row][at]
        if state in (MEASURED, IMPUTED):
            return self._normalised(row, at, indicator)
        if state == CARRIED:
            return self._carried(row, at, indicator)
        value = () if state == NOT_APPLICABLE else (self._value(row, at, indicator),)
        neutral = state == NEUTRAL
        return Working(
            key="indicator.neutral" if neutral else "indicator.missing",
            label=f"{indicator.name}得分",
            rule=self._why_missing(row, code, state),
            clause=indicator.provenance.clause,
            result=some(self.point[row][at]),
            unit="分",
            inputs={"neutral": indicator.neutral} if neutral else {},
            children=value,
        )

    def _why_missing(self, row: int, code: str, state: int) -> str:
        if state == NEUTRAL:
            return "没有数据，按制度取中性分"
        if state == NOT_APPLICABLE:
            reason = self.reasons[(self.facts.seats[row].id, code)]
            return f"不适用（{reason}），权重由其他指标按比例分担"
        return "没有数据，权重由其他指标按比例分担"

    def _carried(self, row: int, at: int, indicator: Indicator) -> Working:
        held = self.previous[(self.facts.seats[row].id, indicator.code)]
        return Working(
            key="indicator.carried",
            label=f"{indicator.name}得分",
            rule=f"没有数据，按制度沿用 {held.cycle} 的得分",
            clause=indicator.provenance.clause,
            result=some(self.point[row][at]),
            unit="分",
            inputs={"points": held.points, "cycle": held.cycle},
            children=(self._value(row, at, indicator),),
            records=(record_of(held),),
        )

    def _normalised(self, row: int, at: int, indicator: Indicator) -> Working:
        rule = indicator.normalisation
        group = self.group[row] if rule.within_group else 0
        treated = self.treated[row][at]
        pool = self.pools[indicator.code].get(group)
        inputs = inputs_of(indicator, treated, self.target[row][at], pool)
        text = CONSTANT if "constant" in inputs else rule_text(rule, indicator.direction)
        stepped = bool(indicator.steps)
        child = self._treated(row, at, indicator) if stepped else self._value(row, at, indicator)
        return Working(
            key="indicator.points",
            label=f"{indicator.name}得分",
            rule=text,
            clause=indicator.provenance.clause,
            result=some(self.point[row][at]),
            unit="分",
            inputs=inputs,
            children=(child,),
        )

    def _treated(self, row: int, at: int, indicator: Indicator) -> Working:
        words: list[str] = []
        inputs: Inputs = {"value": some(self.value[row][at])}
        treated = self.treated[row][at]
        if "denominate" in indicator.steps:
            inputs["denominator"] = some(self.denominator[row][at])
            words.append("数值 ÷ 分母")
        if self.state[row][at] == IMPUTED:
            inputs = {"value": None, "imputed": treated}
            words.append("没有数据，按制度插补")
        if "treat" in indicator.steps:
            inputs |= self._limits(at, indicator, treated, inputs)
            words.append("按制度处理极端值")
        return Working(
            key="indicator.treated",
            label=f"{indicator.name}计算值",
            rule="；".join(words) or "取原值",
            clause=indicator.provenance.clause,
            result=treated,
            unit=indicator.unit,
            inputs=inputs,
            children=(self._value(row, at, indicator),),
        )

    def _limits(self, at: int, indicator: Indicator, treated: float, inputs: Inputs) -> Inputs:
        """The ends to which extremes were drawn in; the engine's own rule found them."""
        step = indicator.steps["treat"]
        if step.method == "ln":
            return {"shift": float(step.options.get("shift", 0.0))}  # type: ignore[arg-type]
        if step.method == "limits":
            return {k: float(step.options[k]) for k in ("low", "high") if k in step.options}  # type: ignore[arg-type]
        held = self.found.treated[:, at]
        ends = {"low": float(np.nanmin(held)), "high": float(np.nanmax(held))}
        value = inputs.get("value")
        raw = treated if value is None else float(value) / float(inputs.get("denominator") or 1.0)
        if math.isclose(min(max(raw, ends["low"]), ends["high"]), treated, rel_tol=1e-9):
            return {k: v for k, v in ends.items() if (raw < v) == (k == "low") and raw != v}
        return {"shift": math.exp(treated) - raw}

    def _value(self, row: int, at: int, indicator: Indicator) -> Working:
        kind = indicator.source.kind
        if kind == "panel":
            return self.panel.value(row, indicator)
        if kind == "cases":
            return self._cases(row, at, indicator)
        column = self.found.values.metrics.column[indicator.source.metric]
        record = self.found.values.metrics.record.get((self.organisation[row], column))
        inputs: Inputs = {
            "value": some(self.value[row][at]),
            "organisation": self.facts.seats[row].organisation,
        }
        if record is not None:
            inputs |= {"value": record.value, "period": record.period, "target": record.target}
        return Working(
            key="metric.value",
            label=f"{indicator.name}数值",
            rule="取本单位本周期的数值" if record is not None else "本单位本周期没有数值",
            clause=indicator.provenance.clause,
            result=None if record is None else some(self._quantised(row, indicator)),
            unit=indicator.unit if record is None else record.unit,
            inputs=inputs,
            records=() if record is None else (record.record,),
        )

    def _quantised(self, row: int, indicator: Indicator) -> float:
        metrics = self.found.values.metrics
        return float(metrics.value[self.organisation[row], metrics.column[indicator.source.metric]])

    def _cases(self, row: int, at: int, indicator: Indicator) -> Working:
        cases, feed = self.found.values.cases, indicator.source.feed
        org, number = self.organisation[row], self.found.values.cases.feeds[indicator.source.feed]
        share = cases.share[number][org].tolist()
        weights = indicator.source.measures
        named = [(k, name) for k, name in enumerate(MEASURES) if name in weights]
        inputs: Inputs = {}
        for k, name in named:
            if share[k] == share[k]:
                inputs |= {f"weight.{name}": weights[name], f"share.{name}": share[k]}
        if (indicator.code, org) not in self._shares:
            held = self.cases.get((feed, org), ())
            told = tuple(self._share(indicator, number, org, k, held) for k, _ in named)
            self._shares[indicator.code, org] = told
        return Working(
            key="cases.value",
            label=f"{indicator.name}数值",
            rule="各项比率按权重平均；没有可计案件的比率不计入",
            clause=indicator.provenance.clause,
            result=some(self.value[row][at]),
            unit="%",
            inputs=inputs,
            children=self._shares[indicator.code, org],
        )

    def _share(self, indicator: Indicator, number: int, org: int, k: int, held: tuple) -> Working:  # type: ignore[type-arg]
        cases = self.found.values.cases
        counted = int(cases.counted[number][org, k])
        return Working(
            key="cases.share",
            label=SHARES[MEASURES[k]],
            rule="符合的案件数 ÷ 计入的案件数；未到期、无结论的不计入",
            clause=indicator.provenance.clause,
            result=some(float(cases.share[number][org, k])),
            unit="%",
            inputs={"yes": float(cases.yes[number][org, k]), "counted": float(counted)},
            records=tuple(case.record for case in held if verdicts(case)[k] is not None),
        )

    def cost(self, row: int) -> Working:
        """The cost-benefit factor of a seat, project by project.

        Clause: SPEC A5
        """
        held, found = self._cost
        if found is None or held != row:
            found = self._costed(row)
            self._cost = (row, found)
        return found

    def _costed(self, row: int) -> Working:
        costs, rule = self.found.costs, self.facts.rules.cost
        clause = rule.provenance.clause if rule else ""
        pairs = range(int(costs.start[row]), int(costs.start[row + 1]))
        inputs: Inputs = {}
        for at, pair in enumerate(pairs, start=1):
            code = f"{at} {costs.projects[int(costs.project[pair])].code}"
            inputs[f"weight.{code}"] = float(costs.weight[pair])
            inputs[f"factor.{code}"] = float(costs.project_factor[pair])
        return Working(
            key="cost.factor",
            label="成本—收益系数",
            rule="各政府投资项目的系数按财政资金加权平均；没有项目为 1",
            clause=clause,
            result=self.factor[row],
            unit="",
            inputs=inputs,
            children=(*(self._project(pair, clause) for pair in pairs), *self._alike(row, len(pairs))),
        )

    def _alike(self, row: int, projects: int) -> tuple[Working, ...]:
        """Where the seat stands by debt among those of its comparable group with the same benefit."""
        rule = self.facts.rules.cost
        own = float(self.benefit[row])
        if rule is None or rule.band is None or not projects or math.isnan(own):
            return ()
        apart = np.round(np.abs(self.benefit - own), DECIMALS)  # differences of figures to 6 decimals
        alike = (self.facts.group == self.facts.group[row]) & (apart <= rule.band)
        better = alike & (self.found.costs.factor > self.found.costs.factor[row])
        return (
            Working(
                key="cost.alike",
                label="收益相同者中的名次",
                rule=f"可比组内扣减前得分相差不超过 {rule.band:g} 分的视为收益相同，"
                "其中系数高于本人的人数加一；只列示，不计分",
                clause="NORMS X17",
                result=float(better.sum()) + 1.0,
                unit="名",
                inputs={
                    "benefit": own,
                    "band": rule.band,
                    "of": float(alike.sum()),
                    "better": float(better.sum()),
                },
            ),
        )

    def _project(self, pair: int, clause: str) -> Working:
        costs, rule = self.found.costs, self.facts.rules.cost
        project = costs.projects[int(costs.project[pair])]
        inputs: Inputs = {
            "debt_ratio": project.debt_ratio,
            "debt_cap": float(costs.cap[pair]),
            "excess": float(costs.excess[pair]),
            "penalty": rule.penalty if rule else 0.0,
        }
        if costs.opening[pair] == costs.opening[pair]:
            inputs["opening"] = float(costs.opening[pair])
        base = "max(上限, 任职时债务率)" if "opening" in inputs else "上限"
        inputs |= _told_beside(project, float(costs.cap[pair]))
        return Working(
            key="cost.project",
            label=f"项目 {project.code}",
            rule=f"1 − 扣减率 × max(0, 债务率 − {base})，不低于 0",
            clause=clause,
            result=float(costs.project_factor[pair]),
            unit="",
            inputs=inputs,
            records=(project.record,),
        )


def _told_beside(project: Project, cap: float) -> Inputs:
    """What each project carries beside its factor; told, not scored (SPEC A5)."""
    told: Inputs = {}
    if project.fiscal_money > 0.0:
        told["leverage"] = quantise_one(project.total_investment / project.fiscal_money)
    if cap > 0.0:
        told["debt_risk"] = quantise_one(project.debt_ratio / cap)
    if project.whole_life_cost is not None:
        told["whole_life_cost"] = project.whole_life_cost
    return told
