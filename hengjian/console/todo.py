"""What waits for a person today, drawn from every room's own queries; each entry leads to where it is done.

The first deadline stands first; what has none comes last.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hengjian.access import permissions
from hengjian.access.leaks.queries import rows as leaks_open
from hengjian.console import followup_desk, overdue, panel_desk, public_ratings
from hengjian.console.people import viewer
from hengjian.console.rights import Rights, rights, today
from hengjian.cycles.shapes import CycleRow
from hengjian.evidence.queries import quarantine_counts, to_check
from hengjian.exchange.queries import undelivered, undrawn, unsigned
from hengjian.ratings.followups.queries import cases, decisions, reports
from hengjian.ratings.panels import filling, progress
from hengjian.ratings.panels.rolls import code_of
from hengjian.retention.queries import waiting_for
from hengjian.terms.errors import Refused

SOON = timedelta(days=3)
OPEN_SHEETS = {"open", "saved", "issued", "declare"}


@dataclass(frozen=True)
class Task:
    """One thing to do: what, why, by when, and the page where it is done."""

    mark: str
    what: str
    why: str
    act: str
    url: str
    due: date | None = None
    tone: str = "hj-tag-accent"


NEXT: dict[str, tuple[str, Promise, Promise]] = {
    "open": ("freeze", gettext_lazy("核对缺项后冻结数据"), gettext_lazy("去冻结")),
    "frozen": ("score", gettext_lazy("按制度计分"), gettext_lazy("去计分")),
    "scored": ("review", gettext_lazy("由计分经办人以外的人审核"), gettext_lazy("去审核")),
    "reviewed": ("publish", gettext_lazy("公布结果并生成结果包"), gettext_lazy("去公布")),
}


def todo(request: HttpRequest, cycles: Iterable[CycleRow]) -> list[Task]:
    """Everything that waits for whoever is signed in, the first deadline first."""
    may = rights(request)
    found = _steps(cycles, may)
    for source in SOURCES:
        try:
            found += source(request, may)
        except Refused as fault:  # no policy in force says the terms: that is to be mended first
            url = reverse("console:policies" if may.policies else "console:home")
            found.append(Task(_("制度"), fault.what, fault.do, _("查看"), url, tone="hj-tag-bad"))
    return sorted(found, key=lambda task: task.due or date.max)


def _tone(due: date | None) -> str:
    if due is None:
        return "hj-tag-accent"
    left = due - today()
    return "hj-tag-bad" if left < timedelta(0) else "hj-tag-warn" if left <= SOON else "hj-tag-accent"


def _first(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _cases(request: HttpRequest, may: Rights) -> list[Task]:
    """Low marks that wait for follow-up staff."""
    if not may.followups or not (found := cases.waiting(viewer(request), today())).open:
        return []
    what = ngettext("%(n)d 件低分回访未办结", "%(n)d 件低分回访未办结", found.open) % {"n": found.open}
    why = ngettext("%(n)d 件已超期", "%(n)d 件已超期", found.late) % {"n": found.late} if found.late else ""
    url = reverse("console:followups")
    return [Task(_("回访办理"), what, why, _("去办理"), url, found.due_on, _tone(found.due_on))]


def _contests(request: HttpRequest, may: Rights) -> list[Task]:
    """Contests that wait for a reviewer's opinion; what the reviewer filed is another's to decide."""
    if not may.decide:
        return []
    rows = decisions.contests(viewer(request), today(), followup_desk.clocks())
    found = [row for row in rows if not row.outcome and not row.own]
    if not found:
        return []
    due = _first(row.due_on for row in found)
    what = ngettext("%(n)d 件评价异议等待复核", "%(n)d 件评价异议等待复核", len(found)) % {"n": len(found)}
    url = reverse("console:contests")
    return [Task(_("评价异议"), what, "", _("去复核"), url, due, _tone(due))]


def _reports(request: HttpRequest, may: Rights) -> list[Task]:
    """Sealed reports with a clock that runs."""
    found = reports.rows(viewer(request), today(), followup_desk.clocks()) if may.reports else []
    if not found:
        return []
    due = _first(row.due_on for row in found)
    what = ngettext("%(n)d 件举报未办结", "%(n)d 件举报未办结", len(found)) % {"n": len(found)}
    return [Task(_("举报办理"), what, "", _("去办理"), reverse("console:reports"), due, _tone(due))]


def _rounds(_request: HttpRequest, may: Rights) -> list[Task]:
    """Rolls to sign before marking begins, rounds whose days are over."""
    if not (may.sign_panels or may.manage_panels):
        return []
    made = []
    for one in progress.work(today()):
        url = reverse("console:panels-round", args=[one.round.pk])
        if may.sign_panels and one.unsigned:
            due, n = one.round.opens_on, {"n": one.unsigned}
            what = ngettext("%(n)d 份评价团名单等待签署", "%(n)d 份评价团名单等待签署", one.unsigned) % n
            made.append(Task(_("评价团"), what, one.round.title, _("去签署"), url, due, _tone(due)))
        if may.manage_panels and one.over:
            due = one.round.closes_on
            what = _("评价已到截止日，请结束本轮评价")
            made.append(Task(_("评价团"), what, one.round.title, _("去结束"), url, due, _tone(due)))
    return made


def _sheets(request: HttpRequest, may: Rights) -> list[Task]:
    """Forms of a panel that this official has to fill."""
    made = []
    for asked in (one for official in may.own for one in progress.asked_for(official)):
        try:
            found = filling.tasks(asked, panel_desk.desk(request, code_of(asked)))
        except Refused:  # the page of the forms says what is wrong
            continue
        left, url = [task for task in found if task.state in OPEN_SHEETS], reverse("console:forms")
        if left:
            self_first = any(task.own for task in left)
            due = asked.round.self_by if self_first else asked.round.closes_on
            what = ngettext("%(n)d 份评价表待填", "%(n)d 份评价表待填", len(left)) % {"n": len(left)}
            made.append(Task(_("我的评价"), what, asked.round.title, _("去填写"), url, due, _tone(due)))
    return made


def _themes(request: HttpRequest, may: Rights) -> list[Task]:
    """Problems that an official has to put right, and releases that may still be contested."""
    if not may.own:
        return []
    who, on, clocks = viewer(request), today(), followup_desk.clocks()
    asks = [one for one in cases.own_themes(who, on, clocks) if one.asks]
    made, url = [], reverse("console:contests")
    if asks:
        due = _first(one.due_on for one in asks)
        what = ngettext("%(n)d 个问题等待提交整改情况", "%(n)d 个问题等待提交整改情况", len(asks))
        made.append(Task(_("问题整改"), what % {"n": len(asks)}, "", _("去提交"), url, due, _tone(due)))
    for one in decisions.targets(who, on, clocks):
        what = _("第 %(n)d 批评价已公布，如有异议可以提出") % {"n": one.number}
        made.append(Task(_("评价异议"), what, "", _("查看"), url, one.until))
    return made


def _quarantine(request: HttpRequest, may: Rights) -> list[Task]:
    """Refused records: to be put right, to be checked, or to be known of."""
    if not may.quarantine:
        return []
    if may.check:
        return _checks(request)
    power = "correct_quarantine" if may.correct else "read_quarantine"
    counts = quarantine_counts(permissions.scopes(request.user, today(), power))
    count = sum(one["waiting"] for one in counts)
    if not count:
        return []
    what = ngettext("%(n)d 条待核记录等待处理", "%(n)d 条待核记录等待处理", count) % {"n": count}
    why = _("未处理的记录不计入考核，单位得分可能因此缺项。")
    act = _("去处理") if may.correct else _("查看")
    return [Task(_("核查"), what, why, act, reverse("console:quarantine"), tone="hj-tag-bad")]


def _checks(request: HttpRequest) -> list[Task]:
    """Refused records about which this inspector has said nothing yet."""
    scopes = permissions.scopes(request.user, today(), "check_quarantine")
    count = to_check(request.user.get_username(), scopes)
    if not count:
        return []
    what = ngettext("%(n)d 条待核记录等待核查", "%(n)d 条待核记录等待核查", count) % {"n": count}
    why = _("核实以后写明结论，考核办据此更正、接收或不予接收。")
    return [Task(_("核查"), what, why, _("去核查"), reverse("console:quarantine"), tone="hj-tag-warn")]


def _overdue(_request: HttpRequest, may: Rights) -> list[Task]:
    """What was not done in time one level below."""
    url = reverse("console:home-overdue")
    return [
        Task(
            _("督办"),
            ngettext("%(n)d 件%(kind)s逾期未办", "%(n)d 件%(kind)s逾期未办", one.count)
            % {"n": one.count, "kind": one.kind},
            _("由%(whose)s办理，已超期 %(days)d 天") % {"whose": one.whose, "days": one.days},
            _("去督办"),
            url,
            one.first,
            "hj-tag-bad",
        )
        for one in overdue.late(may)
    ]


def _keeping(request: HttpRequest, may: Rights) -> list[Task]:
    """Data whose term is over, lists that wait for approval, requests of persons, leaks to report."""
    made, url = [], reverse("console:retention")
    if may.retention:
        classes, lists, first, asked = waiting_for(viewer(request), today())
        word = _("保存期限与销毁")
        if classes:
            what = ngettext("%(n)d 类数据保存期满", "%(n)d 类数据保存期满", classes) % {"n": classes}
            made.append(Task(word, what, _("请核对后拟定销毁清单"), _("去拟定"), url))
        if lists:
            what = ngettext("%(n)d 份销毁清单等待审批", "%(n)d 份销毁清单等待审批", lists) % {"n": lists}
            made.append(Task(word, what, _("销毁以后不能恢复"), _("去审批"), url))
        if asked:
            what = ngettext("%(n)d 件个人信息请求待答复", "%(n)d 件个人信息请求待答复", asked) % {"n": asked}
            made.append(Task(word, what, "", _("去答复"), url, first, _tone(first)))
    if may.leaks and (waits := [one.leak.report_by for one in leaks_open() if one.waits]):
        n, due, url = {"n": len(waits)}, localdate(min(waits)), reverse("console:leaks")
        what = ngettext("%(n)d 起泄露事件待报告", "%(n)d 起泄露事件待报告", len(waits)) % n
        made.append(Task(_("泄露事件"), what, "", _("去处置"), url, due, "hj-tag-bad"))
    return made


def _late_events(request: HttpRequest, may: Rights) -> list[Task]:
    """Events that came late in the last days, for whoever answers for what is handed over."""
    if not may.correct:
        return []
    scopes = permissions.scopes(request.user, today(), "correct_quarantine")
    made, url = [], reverse("console:public-sources")
    for one in public_ratings.behind(today(), scopes):
        what = ngettext("%(name)s 迟报 %(n)d 件事项", "%(name)s 迟报 %(n)d 件事项", one.behind)
        why = _("近十四日内办结；次日以后才报送的，当事人已不能在 24 小时内收到评价邀请。请查明原因。")
        what = what % {"name": one.name, "n": one.behind}
        made.append(Task(_("随时评"), what, why, _("查看"), url, tone="hj-tag-warn"))
    return made


def _keys(request: HttpRequest, _may: Rights) -> list[Task]:
    """Keys of the interface that were approved for this account and not drawn yet."""
    found = undrawn(viewer(request), today()).count()
    if not found:
        return []
    what = ngettext("%(n)d 个接口密钥待领取", "%(n)d 个接口密钥待领取", found) % {"n": found}
    return [Task(_("接口密钥"), what, _("密钥只显示一次。"), _("去领取"), reverse("console:keys-own"))]


def _pushes(request: HttpRequest, _may: Rights) -> list[Task]:
    """Subscriptions that were approved for this account and tell nothing before their secret is drawn."""
    found = unsigned(viewer(request), today()).count()
    if not found:
        return []
    what = ngettext("%(n)d 个推送订阅待领取密钥", "%(n)d 个推送订阅待领取密钥", found) % {"n": found}
    why = _("领取签名密钥后才开始推送。")
    return [Task(_("事项推送"), what, why, _("去领取"), reverse("console:pushes-own"))]


def _undelivered(request: HttpRequest, _may: Rights) -> list[Task]:
    """Notices that were given up, for whoever approves where they go."""
    found = undelivered(today()) if permissions.can_manage_access(request.user, today()) else 0
    if not found:
        return []
    what = ngettext("%(n)d 条推送没有送达", "%(n)d 条推送没有送达", found) % {"n": found}
    why = _("已多次重试。请与平台核对接收地址，恢复后重发，或停用订阅。")
    return [Task(_("事项推送"), what, why, _("查看"), reverse("console:pushes"), tone="hj-tag-warn")]


SOURCES: tuple[Callable[[HttpRequest, Rights], list[Task]], ...] = (
    _cases, _contests, _reports, _rounds, _sheets, _themes, _quarantine, _keeping, _overdue, _late_events,
    _keys, _pushes, _undelivered,
)  # fmt: skip


def _steps(cycles: Iterable[CycleRow], may: Rights) -> list[Task]:
    tasks = []
    for row in cycles:
        verb, why, act = NEXT.get(row.state, ("", "", ""))
        if verb and may.may(verb):
            url = reverse("console:cycles-cycle", args=[row.id])
            tasks.append(Task(_("考核周期"), row.title, str(why), str(act), url))
    return tasks
