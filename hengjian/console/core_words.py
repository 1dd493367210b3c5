# ruff: noqa: E501 (a sentence and its English stand beside each other)
"""The sentences of the pure core, which knows no gettext, in English: each with its figures in place.

A template's ``{n}`` takes a figure or a code and keeps it; ``{name}`` takes a name that the policy knows in
English; ``{text}`` takes what a person wrote and keeps it; ``{rest}`` takes a sentence of this list. A text
of several sentences (；) is rendered one by one. What has no template is shown as it is, marked as Chinese.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString

from hengjian.console.writing import in_english

CHINESE = re.compile(r"[\u3400-\u9fff]")
SLOTS = {
    "n": r"[-+0-9.,eE/]+",
    "name": r"[^：；（]+?",
    "code": r"[^，；：]+?",
    "text": r".+?",
    "rest": r".+?",
}
HOLE = re.compile(r"\{(n|name|code|text|rest)(\d?)\}")

# fmt: off
SENTENCES = (
    # totals and ranks
    ("总分", "Total"),
    ("名次", "Rank"),
    ("Σ（权重 × 计入得分）÷ Σ 权重 ＋ 加减分", "Σ (weight × points counted) ÷ Σ weight + adjustment"),
    ("缺项不计入，其权重由其他指标按比例分担", "gaps do not count, the others share their weight in proportion"),
    ("Σ（权重 × 计入得分）÷ Σ 权重", "Σ (weight × points counted) ÷ Σ weight"),
    ("计入得分 = 指标得分 × 成本—收益系数", "points counted = points of the indicator × cost-benefit factor"),
    ("计入得分 = 指标得分", "points counted = points of the indicator"),
    ("可比组内总分（取到 {n} 分）高于本人的人数加一", "one plus the number of the comparable group with a higher total (to {n} points)"),
    ("同分并列，取最好名次", "equals share the best rank"),
    ("由 {text} 于 {n} 决定", "decided by {text} on {n}"),
    ("加减分：{text}", "Adjustment: {text}"),
    # what calibration did
    ("打分的人比其他评分人平均偏宽 {n} 分，从截尾平均 {n1} 中减去 {n2} 分，得 {n3}。", "these raters mark {n} higher than others on average; {n2} is taken off the trimmed mean {n1}, which gives {n3}."),
    ("打分的人比其他评分人平均偏严 {n} 分，从截尾平均 {n1} 中加上 {n2} 分，得 {n3}。", "these raters mark {n} lower than others on average; {n2} is added to the trimmed mean {n1}, which gives {n3}."),
    ("打分的人比其他评分人平均偏宽 {n} 分，从截尾平均 {n1} 中减去 {n2} 分，得 {n3}（已到制度规定的幅度上限）。", "these raters mark {n} higher than others on average; {n2}, the most that the policy allows, is taken off the trimmed mean {n1}, which gives {n3}."),
    ("打分的人比其他评分人平均偏严 {n} 分，从截尾平均 {n1} 中加上 {n2} 分，得 {n3}（已到制度规定的幅度上限）。", "these raters mark {n} lower than others on average; {n2}, the most that the policy allows, is added to the trimmed mean {n1}, which gives {n3}."),
    ("打分的人比其他评分人平均偏宽 {n} 分，从截尾平均 {n1} 中减去 {n2} 分，得 {n3}（得分限于 0 至 100 分）。", "these raters mark {n} higher than others on average; {n2} is taken off the trimmed mean {n1}, which gives {n3} (marks are held between 0 and 100)."),
    ("打分的人比其他评分人平均偏严 {n} 分，从截尾平均 {n1} 中加上 {n2} 分，得 {n3}（得分限于 0 至 100 分）。", "these raters mark {n} lower than others on average; {n2} is added to the trimmed mean {n1}, which gives {n3} (marks are held between 0 and 100)."),
    ("与其他单位的共同评分人不足，无从判断偏宽还是偏严，未作校准，按截尾平均 {n} 计分。", "too few raters mark here and elsewhere, so leniency cannot be told from merit: not calibrated, the trimmed mean {n} counts."),
    ("未校准（{text}），按截尾平均 {n} 计分。", "not calibrated ({text}): the trimmed mean {n} counts."),
    ("与其他评分人相比没有发现偏宽或偏严，按截尾平均 {n} 计分。", "no leniency or strictness was found beside other raters: the trimmed mean {n} counts."),
    # points of an indicator
    ("没有数据，按制度取中性分", "no data: the policy's neutral points"),
    ("没有数据，权重由其他指标按比例分担", "no data: the other indicators share the weight in proportion"),
    ("没有数据，沿用上一周期得分", "no data: the points of the previous cycle are carried forward"),
    ("没有数据，按制度沿用 {code} 的得分", "no data: the policy carries the points of {code} forward"),
    ("没有数据，按制度插补", "no data: imputed as the policy says"),
    ("不适用（{text}），权重由其他指标按比例分担", "not applicable ({text}): the other indicators share the weight in proportion"),
    ("数值 ÷ 分母", "value ÷ denominator"),
    ("按制度处理极端值", "extremes treated as the policy says"),
    ("取原值", "the value as it is"),
    ("取本单位本周期的数值", "the value of the unit in this cycle"),
    ("本单位本周期没有数值", "the unit has no value in this cycle"),
    # normalisation
    ("{rest}（在可比组内）", "{rest} (inside the comparable group)"),
    ("完成率 = 数值 ÷ 目标，按满分折算", "completion = value ÷ target, scaled to full points"),
    ("（数值 − 最差值）÷（最好值 − 最差值），按满分折算", "(value − worst) ÷ (best − worst), scaled to full points"),
    ("按制度规定的两端折算", "scaled between the two ends that the policy sets"),
    ("限于制度规定的两端之间，再按两端折算", "held between the two ends that the policy sets, then scaled between them"),
    ("（数值 − 均值）÷ 标准差 × 规定离差 + 规定均值", "(value − mean) ÷ standard deviation × the policy's spread + the policy's mean"),
    ("不如本数值的个数 ÷（总数 − 1），按满分折算", "number of worse values ÷ (number − 1), scaled to full points"),
    ("不如本数值的个数加一 ÷ 总数，按满分折算", "one plus the number of worse values ÷ number, scaled to full points"),
    ("距最差值的距离 ÷（目标 − 最差值），按满分折算", "distance from the worst ÷ (target − worst), scaled to full points"),
    ("距最差值的距离 ÷（最好值 − 最差值），按满分折算", "distance from the worst ÷ (best − worst), scaled to full points"),
    ("距最差值的距离 ÷（参照值 − 最差值），按满分折算", "distance from the worst ÷ (reference − worst), scaled to full points"),
    ("数值 ÷ 最大值，按满分折算", "value ÷ maximum, scaled to full points"),
    ("按分档表取分", "points by the table of bands"),
    ("按分档表在两档之间取直线", "points on the straight line between two bands"),
    ("越少越好", "less is better"),
    ("先取自然对数", "natural logarithm first"),
    ("最低 {n} 分", "at least {n} points"),
    ("最高 {n} 分", "at most {n} points"),
    ("可比组内没有差异，取制度规定的中性分", "no difference inside the comparable group: the policy's neutral points"),
    # cases
    ("各项比率按权重平均", "the shares averaged by weight"),
    ("没有可计案件的比率不计入", "a share without countable cases does not count"),
    ("符合的案件数 ÷ 计入的案件数", "cases that comply ÷ cases that count"),
    ("未到期、无结论的不计入", "cases not yet due or without a verdict do not count"),
    ("按期办结率", "closed on time"),
    ("办结率", "closed"),
    ("未重复投诉率", "not reopened"),
    ("满意率", "satisfied"),
    # cost and benefit
    ("成本—收益系数", "Cost-benefit factor"),
    ("各政府投资项目的系数按财政资金加权平均", "mean of the factors of the government investment projects, weighted by fiscal money"),
    ("没有项目为 1", "1 without a project"),
    ("1 − 扣减率 × max(0, 债务率 − max(上限, 任职时债务率))，不低于 0", "1 − penalty × max(0, debt ratio − max(cap, debt ratio when taking office)), not below 0"),
    ("1 − 扣减率 × max(0, 债务率 − 上限)，不低于 0", "1 − penalty × max(0, debt ratio − cap), not below 0"),
    ("项目 {text}", "Project {text}"),
    ("收益相同者中的名次", "Rank among those with the same benefit"),
    ("可比组内扣减前得分相差不超过 {n} 分的视为收益相同，其中系数高于本人的人数加一", "in the comparable group, points before the factor that differ by no more than {n} are the same benefit; one plus the number of those with a higher factor"),
    ("只列示，不计分", "shown, not scored"),
    # the panel
    ("各评价主体得分按权重平均", "the groups' marks averaged by weight"),
    ("没有足够有效评分的主体不计入，其权重由其他主体按比例分担", "a group without enough valid marks does not count, the others share its weight in proportion"),
    ("{name}在百分之外加减：{n} ×（得分 − 50）÷ 50，加减后限于 0 至 100 分", "{name} adds or takes outside the hundred: {n} × (mark − 50) ÷ 50, the sum held between 0 and 100"),
    ("没有有效评分，不计入，其权重由其他主体按比例分担", "no valid marks: does not count, the others share its weight in proportion"),
    ("有效评分少于 {n} 份，不计入，其权重由其他主体按比例分担", "fewer than {n} valid marks: does not count, the others share its weight in proportion"),
    ("没有经核实的事件，不加不减", "no verified event: nothing added or taken"),
    ("有效评分少于 {n} 份，不加不减", "fewer than {n} valid marks: nothing added or taken"),
    ("只计经核实的事件：{rest}", "verified events only: {rest}"),
    ("各层次先分别平均，再按层次权重平均", "each stratum averaged by itself, then by the weights of the strata"),
    ("有效评分的平均", "mean of the valid marks"),
    ("有效评分的平均，再减去评分人平均偏宽（校准），限于 0 至 100 分", "mean of the valid marks, less the raters' mean leniency (calibration), held between 0 and 100"),
    ("各层次先分别平均，再按层次权重平均，再减去评分人平均偏宽（校准），限于 0 至 100 分", "each stratum averaged by itself, then by the weights of the strata, less the raters' mean leniency (calibration), held between 0 and 100"),
    ("{name}校准", "Calibration: {name}"),
    ("样本少时向先验分收缩：n/(n+强度) × 平均 ＋ (1 − n/(n+强度)) × 先验分", "few marks are drawn towards the prior: n/(n+strength) × mean + (1 − n/(n+strength)) × prior"),
    ("本项评分换算为百分制后取平均", "marks on this indicator put on a scale of 100 and averaged"),
    ("总体评分换算为百分制后取平均", "overall marks put on a scale of 100 and averaged"),
    ("随时评第 {n} 批（{n2} 公布），每份有效评价按公布的平均分 {n3} 计", "any-time ratings, batch {n} (released on {n2}): each valid rating counts with the released mean {n3}"),
    ("另有导入的同层评分不重复计入", "imported marks of the same stratum are not counted again"),
    ("本项评分换算为百分制，两端各去掉 {n}%（按比例）后取平均", "marks on this indicator put on a scale of 100, {n}% (in proportion) cut from each end, then averaged"),
    ("总体评分换算为百分制，两端各去掉 {n}%（按比例）后取平均", "overall marks put on a scale of 100, {n}% (in proportion) cut from each end, then averaged"),
    ("{name}得分", "Points: {name}"),
    ("{name}计算值", "Computed value: {name}"),
    ("{name}数值", "Value: {name}"),
    ("{name}评价", "Panel: {name}"),
    # gaps and caveats
    ("{name}：{rest}", "{name}: {rest}"),
    ("{name}在“{name2}”上{rest}", "{name}, on “{name2}”: {rest}"),
    ("{name}该岗位不直接面向群众，没有评分，其权重由其他评价主体按比例分担", "{name}: the post does not serve the public directly, no marks; the other groups share the weight in proportion"),
    ("该岗位不直接面向群众，没有评分，其权重由其他评价主体按比例分担", "the post does not serve the public directly, no marks; the other groups share the weight in proportion"),
    ("{name}没有有效评分，其权重由其他评价主体按比例分担", "{name}: no valid marks; the other groups share the weight in proportion"),
    ("没有有效评分，其权重由其他评价主体按比例分担", "no valid marks; the other groups share the weight in proportion"),
    ("{name}有效评分 {n} 份，少于 {n2} 份，不计分，其权重由其他评价主体按比例分担", "{name}: {n} valid marks, fewer than {n2}; not scored, the other groups share the weight in proportion"),
    ("有效评分 {n} 份，少于 {n2} 份，不计分，其权重由其他评价主体按比例分担", "{n} valid marks, fewer than {n2}; not scored, the other groups share the weight in proportion"),
    ("{name}有效评分少于 {n} 份，不计分，其权重由其他评价主体按比例分担", "{name}: fewer than {n} valid marks; not scored, the other groups share the weight in proportion"),
    ("有效评分少于 {n} 份，不计分，其权重由其他评价主体按比例分担", "fewer than {n} valid marks; not scored, the other groups share the weight in proportion"),
    ("{name}没有经核实的事件，不加不减", "{name}: no verified event, nothing added or taken"),
    ("{name}有效评分少于 {n} 份，不加不减", "{name}: fewer than {n} valid marks, nothing added or taken"),
    ("可比组仅 {n} 人，少于 {n2} 人，名次只供参考", "only {n} in the comparable group, fewer than {n2}: the rank is for reference only"),
    ("各单位之间的共同评分占 {n}%，最少的单位 {n1}%（至少须 {n2}%），分 {n3} 部分分别校准，互评校准分不作统一排名", "bridging marks between units: {n}%, the least of any unit {n1}% (at least {n2}% is asked): calibrated in {n3} parts, no common rank of calibrated peer marks"),
    ("{n} 人的互评校准分可靠性不足，暂不排名", "{n} calibrated peer marks are not reliable enough to be ranked yet"),
    # refusals
    ("您没有权限：{rest}", "You are not permitted: {rest}"),
    ("请联系安全管理员核对授权", "ask the security administrator to check your grants"),
    ("建立、停用账号和重置密码", "make and close accounts, reset passwords"),
    ("授权、撤销授权和绑定单点登录", "grant and revoke roles, bind single sign-on"),
    ("查看账号与授权", "see accounts and grants"),
    ("查看登录记录", "see sign-ins"),
    ("拟定业务数据的销毁清单", "draw up lists of records to destroy"),
    ("审批业务数据的销毁清单", "approve lists of records to destroy"),
    ("拟定查询留痕和登录记录的销毁清单", "draw up lists of looks and sign-ins to destroy"),
    ("审批查询留痕和登录记录的销毁清单", "approve lists of looks and sign-ins to destroy"),
    ("查看保存期限与销毁", "see retention and destruction"),
    ("暂缓销毁和解除暂缓", "hold data back from destruction, and end that"),
    ("登记和答复个人信息请求", "note and answer requests about personal data"),
    ("登记和处置泄露事件", "record leaks and deal with them"),
    ("查看泄露事件", "see leaks"),
    ("查看存证", "read the log"),
    ("核对凭证与评价票", "hold tokens against ballots"),
    ("不能给自己授权", "nobody grants anything to himself"),
    ("请由另一位安全管理员办理", "another security administrator has to do it"),
    ("系统管理员、安全管理员、审计管理员三员分立，一个账号只能担任其一，也不能再有其他角色", "system, security and audit administrators are apart: an account is one of them or has other roles, never both"),
    ("请另建账号", "make another account"),
    ("没有写理由", "no reason was given"),
    ("请写明授权或撤销的理由", "say why the role is given or taken"),
    ("请写明绑定或解除的理由", "say why the identity is bound or released"),
    ("这个平台用户已绑定账号", "this person of the provider is bound to an account already"),
    ("请先解除原绑定", "release the old binding first"),
    ("这个平台用户没有绑定本账号", "this person of the provider is not bound to this account"),
    ("没有这个登录会话，或它已经结束", "there is no such sign-in, or it is over"),
    ("请刷新页面核对", "load the page again and check"),
    ("这项授权已经撤销", "this role was already taken back"),
    ("不用再撤销", "nothing to take back"),
    ("“干部本人”的授权要写明是哪位干部，其他角色不写", "the role of an official names the official; others name none"),
    ("请填写或去掉干部编号", "fill in or leave out the official's number"),
    ("登录名“{text}”已有人使用", "somebody uses the sign-in name “{text}” already"),
    ("请换一个登录名", "choose another sign-in name"),
    ("账号不合规：{rest}", "the account does not keep the rules: {rest}"),
    ("登录名只用字母、数字和 @ . + - _，显示名不能为空", "a sign-in name holds letters, digits and @ . + - _; the display name may not be empty"),
    ("截止日 {text} 早于开始日 {text2}", "the last day {text} is before the first {text2}"),
    ("请改正日期", "correct the dates"),
    ("对评价提出异议", "contest ratings"),
    ("办理低分回访", "follow up low marks"),
    ("复核评价异议和异常", "review contests and flags about ratings"),
    ("办理举报", "handle reports"),
    ("决定是否停职", "decide on a suspension"),
    ("组织评价团（拟定名单、发放链接、结束评价）", "run the panel (draw up rolls, hand out links, close)"),
    ("签署评价团名单", "sign a panel's roll"),
    ("查看评价团名单与进度", "see a panel's rolls and progress"),
    ("维护机构与人员", "maintain organisations and people"),
    ("组织考核周期（导入、冻结、计分）", "run an assessment cycle (import, freeze, score)"),
    ("审核并签署考核结果", "review and sign results"),
    ("公布考核结果", "publish results"),
    ("查看考核结果", "see results"),
    ("查看该干部的得分表", "see this official's score sheet"),
    ("查看待核记录", "see the quarantine"),
    ("更正待核记录", "correct quarantined records"),
    ("报送归口数据", "hand in the rows of one's own feeds"),
    ("决定待核记录不予接收", "keep quarantined records out for good"),
    ("对待核记录提出核查意见", "say what was found about quarantined records"),
    ("查看考核制度", "read the policies"),
    ("查看干部个人信息", "look at personal data of officials"),
    ("封存查询记录", "seal looks"),
    ("查看查询留痕", "read the query trail"),
    ("“{text}”不是考核周期", "“{text}” is not a period"),
    ("请写成 2026、2026-H1、2026-Q3 或 2026-M07", "write 2026, 2026-H1, 2026-Q3 or 2026-M07"),
    ("制度包 {code} 在 {n} 尚未生效，最早自 {n2} 起", "policy {code} is not in force on {n}; the earliest day is {n2}"),
    ("制度包 {code} 在 {n} 尚未生效", "policy {code} is not in force on {n}"),
    ("请选用生效后的日期，或选用当时的制度包", "choose a day when it is in force, or the policy of that time"),
    ("指标 {name} 不允许缺失，但有 {n} 个任职没有数据：{text}", "indicator {name} must not be missing, but {n} seats have no data: {text}"),
    ("请补报数据后重新评分", "supply the data and score again"),
    ("记录指向快照中没有的任职：{text}", "records point to seats that are not in the snapshot: {text}"),
    ("请核对任职编号", "check the seat's number"),
    ("{text} 的 {code} 在 {code2} 有两条记录", "{text} has two records of {code} in {code2}"),
    ("同一单位同一周期只能有一个数值，请撤回其中一条", "a unit has one value in a cycle: withdraw one of them"),
    ("没有 {n} 年的节假日安排，不能按工作日计算期限", "no holiday calendar for {n}: due times in working days cannot be computed"),
    ("请在制度包 calendar 中补充国务院办公厅该年的放假通知", "add that year's holiday notice to the policy's calendar"),
)
# fmt: on


def rendered(text: str, names: Mapping[str, str]) -> str | None:
    """The English of a text of the core; ``names``: Chinese names to English ones. None: not known."""
    if not CHINESE.search(text):
        return text
    whole = _sentence(text, names)
    if whole is not None or "；" not in text:
        return whole
    found = [rendered(piece, names) for piece in text.split("；")]
    known = [piece for piece in found if piece is not None]
    return "; ".join(known) if len(known) == len(found) else None


def in_words(text: object, names: Mapping[str, str]) -> SafeString:
    """A text of the core in the reader's language; what has no English is marked as Chinese."""
    plain = str(text or "")
    if not in_english():
        return format_html("{}", plain)
    english = rendered(plain, names)
    if english is None:
        return format_html('<span lang="zh-Hans">{}</span>', plain)
    return format_html("{}", english[:1].upper() + english[1:])


def _sentence(text: str, names: Mapping[str, str]) -> str | None:
    for pattern, english in _patterns():
        match = pattern.fullmatch(text)
        values = None if match is None else _values(match.groupdict(), names)
        if values is not None:
            return HOLE.sub(lambda hole: values[hole[1] + hole[2]], english)  # noqa: B023 (used at once)
    return None


def _values(groups: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str] | None:
    values = {}
    for slot, text in groups.items():
        kind = slot.rstrip("0123456789")
        known = names.get(text) if kind == "name" else rendered(text, names) if kind == "rest" else text
        if known is None:
            return None
        values[slot] = known
    return values


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Fixed sentences first, then those with holes, as they stand."""
    ordered = sorted(SENTENCES, key=lambda pair: bool(HOLE.search(pair[0])))
    return tuple((re.compile(_pattern(chinese)), english) for chinese, english in ordered)


def _pattern(chinese: str) -> str:
    parts, at = [], 0
    for hole in HOLE.finditer(chinese):
        parts += [re.escape(chinese[at : hole.start()]), f"(?P<{hole[1]}{hole[2]}>{SLOTS[hole[1]]})"]
        at = hole.end()
    return "".join([*parts, re.escape(chinese[at:])])
