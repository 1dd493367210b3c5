"""What the documents say: from the stored result of a cycle, in the words of the regulations. Chinese only:
an official document has one language.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from hengjian.console.papers.layout import Paper, Part, first, grid, text
from hengjian.cycles.shapes import CycleDetail, CycleRow, Ranking, RankingRow, SeatSheet
from hengjian.notary.recording import day_of
from hengjian.policy.policy import Policy
from hengjian.terms.numbers import shown

PUBLISHED = frozenset({"published", "superseded"})
HEADS = "一二三四五六七八九"
SMALLEST_CELL = "drawing.smallest_cell"


@dataclass(frozen=True)
class Wish:
    """What the office fills in: the issuing organ, number, addressees, day, whether with a red head."""

    organ: str
    on: date
    number: str = ""
    addressees: str = ""
    red: bool = False
    copies: str = ""
    due: date | None = None
    duties: str = ""


def marks_of(cycle: CycleRow) -> tuple[str, ...]:
    """What every page must say: made-up data, not published, superseded."""
    marks = ["合成数据"] if cycle.synthetic else []
    if cycle.state not in PUBLISHED:
        marks.append("草稿，不得作为依据")
    if cycle.state == "superseded":
        marks.append("已被更正结果取代")
    return tuple(marks)


# --- the notice of a cycle -------------------------------------------------------------------------
def notice(detail: CycleDetail, whole: Ranking, policy: Policy, wish: Wish) -> Paper:
    """考核结果通报: how the groups came out, without any person; small groups without figures."""
    cycle = detail.row
    least = _least(policy)
    opening = (
        f"根据《{policy.title}》，{cycle.period_title}干部考核工作已经完成。考核数据截止"
        f"{_day(day_of(cycle.cut_off))}，共考核任职{len(whole.rows)}个。{_standing(detail)}现将结果通报如下。"
    )
    parts = [text(opening), first("一、建议等次"), text(_grades(whole.rows))]
    parts += [first("二、各可比组得分"), text(f"得分只在可比组内比较。任职不足{least}个的组不列得分。")]
    parts.append(_groups(whole, least))
    parts += [first("三、结果的核验"), text(_proof(detail)), first("四、异议的提出"), text(_rights(policy))]
    title = f"关于{cycle.period_title}干部考核结果的通报"
    return _paper(title, tuple(parts), cycle, wish, "各有关单位：")


def _standing(detail: CycleDetail) -> str:
    if detail.publication is None:
        return "结果尚未公布。"
    return f"结果已经审核，于{_day(day_of(detail.publication.at))}公布。"


def _grades(rows: Sequence[RankingRow]) -> str:
    counts: dict[str, int] = {}
    for row in rows:
        name = row.grade_name if row.grade else "暂不提出等次"
        counts[name] = counts.get(name, 0) + 1
    said = "，".join(f"{name}{count}个" for name, count in counts.items())
    return f"系统按制度提出的建议等次为：{said}。建议等次供研究，由有权机关按规定程序决定。"


def _groups(whole: Ranking, least: int) -> Part:
    totals: dict[str, list[float]] = {}
    for row in whole.rows:
        if row.total is not None:
            totals.setdefault(row.group, []).append(row.total)
    rows: list[tuple[str, ...]] = [("可比组", "任职数", "最高", "中位", "最低")]
    for group in whole.groups:
        found = totals.get(group.key, [])
        enough = len(found) >= least
        figures = (max(found), median(found), min(found)) if enough else ()
        cells = tuple(shown(one) for one in figures) if enough else ("—", "—", "—")
        rows.append((group.title, str(group.seats), *cells))
    return grid(tuple(rows), (14, 4, 4, 4, 4))


def _proof(detail: CycleDetail) -> str:
    if detail.publication is None:
        return "结果公布后生成结果包，任何人可用公开的程序重新计算核对。"
    return (
        f"结果包摘要（SHA-256）为{detail.publication.bundle_digest}。任何人取得结果包，可用公开的程序"
        "（hengjian verify）重新计算，逐项核对是否与公布的一致。"
    )


# --- an official's own result ----------------------------------------------------------------------
def own_result(
    detail: CycleDetail, sheet: SeatSheet, policy: Policy, name: str, post: str, wish: Wish
) -> Paper:
    """个人考核结果告知书: the nine lines, the total, the proposed grade, and how to ask for a review.

    Clause: SPEC T-G13
    """
    cycle, row = sheet.cycle, sheet.row
    parts = [
        text(
            f"根据《{policy.title}》，现将您在{cycle.period_title}的考核结果告知如下。"
            f"考核岗位：{post or '（岗位按权限不显示）'}。"
            f"可比组：{sheet.group.title}，共{row.of or sheet.group.seats}个任职。"
        ),
        first("一、考核结果"),
        text(_result(row)),
        first("二、各指标得分"),
        _lines(sheet),
    ]
    number = 3
    if sheet.gaps:
        said = "、".join(dict.fromkeys(one.indicator for one in sheet.gaps if one.indicator))
        names = _names(sheet, said)
        parts += [first(f"{HEADS[number - 1]}、缺项"), text(f"以下指标数据不全，已按制度处理：{names}。")]
        number += 1
    parts += [first(f"{HEADS[number - 1]}、核对和复核"), text(_rights(policy))]
    parts.append(
        text("您可以在系统中逐项查看每个得分的计算过程和所依据的记录，也可以查看哪些人查阅过您的结果。")
    )
    parts.append(text(f"{_standing(detail)}签收不表示同意。签收人：＿＿＿＿＿＿　日期：＿＿＿＿＿＿"))
    addressed = wish.addressees or f"{name}同志："
    return _paper("个人考核结果告知书", tuple(parts), cycle, wish, addressed)


def _result(row: RankingRow) -> str:
    if row.total is None:
        return "因缺少必需的数据，本次没有总分，不排名，不提出建议等次。"
    said = f"总分{shown(row.total)}分"
    if row.adjustment:
        said += f"（含调整分{shown(row.adjustment)}分）"
    if row.rank is not None:
        said += f"，在可比组内{'并列' if row.tied else ''}第{row.rank}名"
    grade = f"系统提出的建议等次为“{row.grade_name}”。" if row.grade else "本次不提出建议等次。"
    return f"{said}。{grade}名次和建议等次供研究，不直接决定任何人事或薪酬事项。"


def _lines(sheet: SeatSheet) -> Part:
    rows = [("指标", "权重（%）", "得分", "计入总分")]
    for line in sheet.lines:
        score = line.score
        cells = (shown(score.effective_weight), shown(score.points), shown(score.contribution))
        rows.append((line.indicator.name, *cells))
    total = shown(sum(line.score.effective_weight for line in sheet.lines))
    rows.append(("合计（不含调整分）", total, "", shown(_sum(sheet))))
    return grid(tuple(rows), (12, 5, 5, 5))


def _sum(sheet: SeatSheet) -> float:
    return sum(line.score.contribution or 0.0 for line in sheet.lines)


def _names(sheet: SeatSheet, codes: str) -> str:
    named = {line.score.indicator: line.indicator.name for line in sheet.lines}
    return "、".join(named.get(code, code) for code in codes.split("、"))


# --- what is to be put right -----------------------------------------------------------------------
def rectification(
    sheet: SeatSheet, policy: Policy, addressed: str, chosen: Sequence[str], wish: Wish
) -> Paper:
    """整改通知: the indicators that somebody chose, with their points and the day to report by."""
    cycle = sheet.cycle
    lines = [line for line in sheet.lines if line.score.indicator in chosen]
    rows = [("指标", "权重（%）", "得分", "依据")]
    for line in lines:
        clause = line.indicator.provenance.clause
        rows.append(
            (line.indicator.name, shown(line.score.effective_weight), shown(line.score.points), clause)
        )
    due = f"{_day(wish.due)}前" if wish.due else "收到本通知后按规定时限"
    parts = [
        text(
            f"根据《{policy.title}》{cycle.period_title}考核结果，下列指标需要整改。请对照制度和记录查明原因，"
            f"制定措施，{due}书面报告整改情况。"
        ),
        first("一、需要整改的指标"),
        grid(tuple(rows), (9, 4, 4, 10)),
        first("二、整改要求"),
        text(wish.duties or "逐项说明问题、原因、措施、责任人和完成时间；涉及群众的，回访并附结果。"),
        first("三、核对和异议"),
        text(
            "对指标得分或者所依据的记录有异议的，可在整改期限内书面提出核对，核对期间不停止整改中无争议的部分。"
        ),
        text(_rights(policy)),
    ]
    return _paper("整改通知", tuple(parts), cycle, wish, wish.addressees or addressed)


def _rights(policy: Policy) -> str:
    """How to ask for a review, with the law's terms as the policy holds them."""
    said = "对考核数据或者计算有异议的，可以向本机关申请核对，本机关书面答复。"
    terms = [policy.parameters.get(f"statutory.{key}") for key in ("review_days", "appeal_days")]
    if not all(terms):
        return said
    review, appeal = (one.value for one in terms if one)
    return said + (
        "对有权机关依据考核作出的、法律规定可以申诉的人事处理不服的，可以自知道该处理之日起"
        f"{review}日内向原处理机关申请复核；对复核结果不服的，可以自接到复核决定之日起{appeal}日内提出申诉；"
        f"也可以不经复核，自知道该处理之日起{review}日内直接提出申诉。不因申请复核或者提出申诉而加重处理。"
    )


def _least(policy: Policy) -> int:
    held = policy.parameters.get(SMALLEST_CELL)
    return int(held.value) if held and isinstance(held.value, int) else 5


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _paper(title: str, parts: tuple[Part, ...], cycle: CycleRow, wish: Wish, addressees: str) -> Paper:
    return Paper(
        title=title,
        addressees=wish.addressees or addressees,
        parts=parts,
        signer=wish.organ,
        on=wish.on,
        head=f"{wish.organ}文件" if wish.red else "",
        number=wish.number,
        copies=wish.copies,
        printer=wish.organ if wish.copies else "",
        marks=marks_of(cycle),
    )
