"""Fixed sentences of the pure core, which knows no gettext: named here so that they are translated.

Sentences with figures in them stay in Chinese.
"""

from django.utils.translation import gettext_noop as said

RULES = (
    said("Σ（权重 × 计入得分）÷ Σ 权重 ＋ 加减分；缺项不计入，其权重由其他指标按比例分担"),
    said("Σ（权重 × 计入得分）÷ Σ 权重"),
    said("计入得分 = 指标得分 × 成本—收益系数"),
    said("计入得分 = 指标得分"),
    said("取原值"),
    said("取本单位本周期的数值"),
    said("本单位本周期没有数值"),
    said("各项比率按权重平均；没有可计案件的比率不计入"),
    said("符合的案件数 ÷ 计入的案件数；未到期、无结论的不计入"),
    said("各政府投资项目的系数按财政资金加权平均；没有项目为 1"),
    said("1 − 扣减率 × max(0, 债务率 − max(上限, 任职时债务率))，不低于 0"),
    said("各评价主体得分按权重平均；没有足够有效评分的主体不计入，其权重由其他主体按比例分担"),
    said("本项评分换算为百分制后取平均"),
    said("总体评分换算为百分制后取平均"),
)
