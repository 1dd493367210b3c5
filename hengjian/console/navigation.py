"""The console's navigation: by what people come to do."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hengjian.console.rights import rights


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation; ``current`` marks the part where the reader is."""

    label: Promise | str
    url: str
    current: bool


def entries(request: HttpRequest) -> list[Entry]:
    """The entries that this person may open, in the order of the work."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return []
    match = request.resolver_match
    here = match.url_name.split("-")[0] if match and match.url_name else ""
    may = rights(request)
    offered = [
        (_("本周要办"), "home", True),
        (_("考核周期"), "cycles", may.results),
        (_("评价团"), "panels", may.panels),
        (_("我的评价"), "forms", bool(may.own)),
        (_("随时评"), "public", may.results),
        (_("核查"), "quarantine", may.quarantine),
        (_("回访办理"), "followups" if may.followups else "followups-reminders", may.followups or may.manage),
        (_("评价异议"), "contests", may.decide or bool(may.own)),
        (_("举报办理"), "reports", may.reports),
        (_("模板与导入"), "imports", may.manage),
        (_("制度"), "policies", may.policies),
        (_("存证"), "log", may.log),
        (_("谁看过我"), "looks", bool(may.own)),
        (_("查询留痕"), "trail", may.trail),
        (_("账号与授权"), "accounts", may.accounts),
    ]
    return [
        Entry(label, reverse(f"console:{name}"), current=here == name.split("-")[0])
        for label, name, allowed in offered
        if allowed
    ]
