"""The console's navigation: nine words, by what people come to do, each with its pages.

A word leads to the first of its pages that this person may open; whoever may open none is not shown it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from hengjian.access import permissions
from hengjian.console.rights import Rights, rights, today

# pages that do not belong to the entry of their name's first word
ELSEWHERE = {
    **{one: one for one in ("home-calendar", "home-notices", "home-overdue", "officials-units")},
    **{one: one for one in ("results-ranking", "results-own")},
    "cycles-dashboard": "results",
    **dict.fromkeys(["keys-own", "pushes-own"], "account"),
    **dict.fromkeys(
        ["cycles-ranking", "cycles-seat", "cycles-certainty", "cycles-workings", "cycles-record",
         "cycles-record-proof", "cycles-compare", "cycles-calibration", "cycles-edit"],
        "results-ranking",
    ),
}  # fmt: skip
ENTRANCE = ("account_", "mfa_")  # password and second factor: the pages of the own account
Offer = tuple[Promise, str, bool]  # an entry, the name of its page, whether this person may open it


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation; ``current``: the reader is in it, ``exact``: on its very page."""

    label: Promise
    url: str
    current: bool
    exact: bool


@dataclass(frozen=True)
class Part:
    """One of the nine words; its ``pages`` stand below it while the reader is in it."""

    entry: Entry
    pages: tuple[Entry, ...]


def parts(request: HttpRequest) -> list[Part]:
    """The words behind which there is something for this person, in the order of the work."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return []
    match = request.resolver_match
    name, made = (match.url_name or "") if match else "", []
    for word, offers in _offered(request, rights(request)):
        pages = tuple(_entry(label, url, name) for label, url, may in offers if may)
        if pages:
            made.append(_part(word, pages))
    return made


def _part(word: Promise, pages: tuple[Entry, ...]) -> Part:
    current, alone = any(one.current for one in pages), len(pages) == 1
    entry = Entry(word, pages[0].url, current, exact=alone and pages[0].exact)
    return Part(entry, pages if current and not alone else ())


def _entry(label: Promise, url: str, name: str) -> Entry:
    return Entry(label, reverse(f"console:{url}"), owner(url) == owner(name), url == name)


def owner(name: str) -> str:
    """The entry under which a page stands, by the page's name."""
    if name.startswith(ENTRANCE):
        return "account"
    return ELSEWHERE.get(name, name.split("-", maxsplit=1)[0])


def _offered(request: HttpRequest, may: Rights) -> Iterator[tuple[Promise, list[Offer]]]:
    """The nine words of the work, each with its pages."""
    somewhere, own = bool(permissions.scopes(request.user, today(), "read_results")), bool(may.own)
    public = "public" if may.whole else "public-units" if may.results else "public-sources"
    public = public if may.results or may.quarantine else "public-audit"
    followups = "followups" if may.followups else "followups-reminders"
    yield (
        _("本周要办"),
        [
            (_("待办"), "home", True),
            (_("督办"), "home-overdue", may.manage or may.review),
            (_("期限日历"), "home-calendar", True),
            (_("通知"), "home-notices", True),
        ],
    )
    yield (
        _("考核周期"),
        [
            (pgettext_lazy("navigation", "周期"), "cycles", may.results),
            (_("模板与导入"), "imports", may.manage),
        ],
    )
    yield (
        pgettext_lazy("navigation", "干部"),
        [
            (_("干部名单"), "officials", somewhere),
            (pgettext_lazy("navigation", "机构"), "officials-units", somewhere),
        ],
    )
    yield (
        pgettext_lazy("navigation", "评价"),
        [
            (_("评价团"), "panels", may.panels),
            (_("我的评价"), "forms", own),
            (_("随时评"), public, may.results or may.quarantine or may.tallies),
        ],
    )
    yield (
        _("核查"),
        [
            (_("待核记录"), "quarantine", may.quarantine),
            (_("回访办理"), followups, may.followups or may.manage),
            (_("评价异议"), "contests", may.decide or own),
            (_("举报办理"), "reports", may.reports),
        ],
    )
    yield (
        pgettext_lazy("navigation", "结果"),
        [
            (_("看板"), "results", may.results),
            (_("排名"), "results-ranking", may.results),
            (_("本人结果"), "results-own", own),
        ],
    )
    yield _("制度"), [(_("制度"), "policies", may.policies)]
    yield _("存证"), [(_("日志与见证"), "log", may.log), (_("查询留痕"), "trail", may.trail)]
    yield (
        _("设置"),
        [
            (_("我的账号"), "account", True),
            (_("谁看过我"), "looks", own),
            (_("账号与授权"), "accounts", may.accounts),
            (_("保存期限与销毁"), "retention", may.retention),
            (_("接口密钥"), "keys", may.accounts),
            (_("事项推送"), "pushes", may.accounts),
            (_("泄露事件"), "leaks", may.leaks),
        ],
    )
