"""Steps from the points of the lines to total, parts, adjustments and rank."""

from hengjian.policy.model import Scorecard
from hengjian.scoring.computing import Assessment
from hengjian.scoring.engine.ranks import keys_of
from hengjian.scoring.normalising import Inputs
from hengjian.scoring.ranges import Rows
from hengjian.scoring.record import record_of
from hengjian.scoring.sheet import Working
from hengjian.scoring.sheeting import some
from hengjian.scoring.snapshot import Adjustment
from hengjian.scoring.sourcing import SourceSteps


class TotalSteps:
    """Writes the upper steps of a seat's tree."""

    def __init__(self, found: Assessment, source: SourceSteps) -> None:
        self.found, self.facts, self.source = found, found.facts, source
        self.keys = list(self.facts.rules.cards)
        self.card = self.facts.card.tolist()
        self.weights = self.facts.cards.tolist()
        self.scored, self.points = Rows(found.scored), Rows(found.points)
        self.totals, self.parts = found.total.tolist(), Rows(found.parts)
        self.effective, self.contribution = Rows(found.effective), Rows(found.contribution)
        self.adjustment = found.adjustment.tolist()
        self.records: dict[str, list[Adjustment]] = {}
        for record in sorted(self.facts.snapshot.adjustments, key=lambda held: held.record):
            self.records.setdefault(record.seat, []).append(record)
        self.steps = keys_of(found.total, self.facts.rules.comparison.step)

    def _card(self, row: int) -> Scorecard:
        return self.facts.rules.cards[self.keys[self.card[row]]]

    def total(self, row: int) -> Working:
        """The total of a seat and everything below it.

        Clause: SPEC A2
        """
        card = self._card(row)
        codes = [line.indicator for line in card.lines]
        on_card = dict.fromkeys(line.part for line in card.lines)
        children = [self._part(row, part, card) for part in on_card]
        children += [_adjusted(record) for record in self.records.get(self.facts.seats[row].id, ())]
        inputs = self._weighted(row, codes)
        inputs["adjustment"] = self.adjustment[row]
        return Working(
            key="seat.total",
            label="总分",
            rule="Σ（权重 × 计入得分）÷ Σ 权重 ＋ 加减分；缺项不计入，其权重由其他指标按比例分担",
            clause=card.provenance.clause,
            result=some(self.totals[row]),
            unit="分",
            inputs=inputs,
            children=tuple(children),
        )

    def _weighted(self, row: int, codes: list[str]) -> Inputs:
        scored, weights = self.scored[row], self.weights[self.card[row]]
        here = [self.facts.column[code] for code in codes]
        here = sorted(at for at in here if scored[at] == scored[at])
        inputs: Inputs = {}
        for at in here:
            code = self.facts.indicators[at]
            inputs[f"weight.{code}"] = weights[at]
            inputs[f"scored.{code}"] = scored[at]
        return inputs

    def _part(self, row: int, part: str, card: Scorecard) -> Working:
        codes = [line.indicator for line in card.lines if line.part == part]
        return Working(
            key="seat.part",
            label=card.parts.get(part) or part,
            rule="Σ（权重 × 计入得分）÷ Σ 权重",
            clause=card.provenance.clause,
            result=some(self.parts[row][self.facts.parts.index(part)]),
            unit="分",
            inputs=self._weighted(row, codes),
            children=tuple(self._line(row, code, part) for code in codes),
        )

    def _line(self, row: int, code: str, part: str) -> Working:
        at = self.facts.column[code]
        indicator = self.facts.rules.indicators[code]
        rule = self.facts.rules.cost
        factored = rule is not None and rule.part == part
        inputs: Inputs = {"points": some(self.points[row][at])}
        children = [self.source.points(row, code)]
        if factored:
            inputs["factor"] = self.source.factor[row]
            children.append(self.source.cost(row))
        inputs["weight"] = self.weights[self.card[row]][at]
        inputs["effective_weight"] = self.effective[row][at]
        inputs["contribution"] = some(self.contribution[row][at])
        return Working(
            key="line.points",
            label=indicator.name,
            rule="计入得分 = 指标得分 × 成本—收益系数" if factored else "计入得分 = 指标得分",
            clause=rule.provenance.clause if factored and rule else indicator.provenance.clause,
            result=some(self.scored[row][at]),
            unit="分",
            inputs=inputs,
            children=tuple(children),
        )

    def rank(self, row: int) -> Working:
        """The rank of a seat inside its comparable group.

        Clause: SPEC A3
        """
        comparison = self.facts.rules.comparison
        mates = self.facts.group == self.facts.group[row]
        better = int((mates & (self.steps > self.steps[row])).sum())
        rank = int(self.found.rank[row])
        return Working(
            key="seat.rank",
            label="名次",
            rule=f"可比组内总分（取到 {comparison.step:g} 分）高于本人的人数加一；同分并列，取最好名次",
            clause=comparison.provenance.clause,
            result=float(rank) if rank else None,
            unit="名",
            inputs={
                "group": self.facts.groups[int(self.facts.group[row])],
                "total": some(self.totals[row]),
                "better": float(better),
                "of": float(self.found.of[row]),
            },
        )


def _adjusted(record: Adjustment) -> Working:
    return Working(
        key="seat.adjustment",
        label=f"加减分：{record.reason}",
        rule=f"由 {record.author} 于 {record.on} 决定",
        clause=record.clause,
        result=record.points,
        unit="分",
        inputs={"points": record.points},
        records=(record_of(record),),
    )
