"""What the pages about ratings share: the policy's numbers, whoever acts now, codes in words."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hengjian.console import laws
from hengjian.console.people import viewer
from hengjian.console.rights import today
from hengjian.console.writing import named
from hengjian.policy.policy import Policy
from hengjian.ratings.ballots.rules import Rules, rules_of
from hengjian.ratings.followups.boxes import Key, key_of
from hengjian.ratings.followups.clocks import Clocks, clocks_of
from hengjian.ratings.followups.models import FlagKind, Ground, Kind, Left, ReportState, State
from hengjian.ratings.followups.operations.cases import Act
from hengjian.terms.errors import Refused

NUMBERS = "followups.remind_days"
SYSTEM = (
    gettext_lazy("评分不高于低分线，自动建立回访单"),
    gettext_lazy("同一标签的低分达到规定人次，自动列入问题清单"),
    gettext_lazy("超过办理期限，自动升级督办"),
    gettext_lazy("节假日安排已公布，确定办理期限"),
    gettext_lazy("保存期满，销毁联系方式"),
    gettext_lazy("保存期满，销毁举报原文和联系方式"),
)
with translation.override("zh-hans"):
    WRITTEN = frozenset(str(one) for one in SYSTEM)
LABELS: Mapping[str, Mapping[str, str | Promise]] = {
    "case": dict(State.choices),
    "kind": dict(Kind.choices),
    "report": dict(ReportState.choices),
    "left": dict(Left.choices),
    "ground": dict(Ground.choices),
    "flag": dict(FlagKind.choices),
    "outcome": {
        "upheld": gettext_lazy("支持：有评价不再计入"),
        "rejected": gettext_lazy("不予支持"),
    },
    "deadline": {
        "bad": gettext_lazy("已超期"),
        "warn": gettext_lazy("即将到期"),
        "good": gettext_lazy("期限内"),
        "": "—",
    },
    "side": {"staff": gettext_lazy("办理单位"), "rater": gettext_lazy("评价人")},
}


def policy(on: date) -> Policy:
    """The policy in force that says how ratings are followed up.

    Raises: Refused when none does.
    """
    found = next((one for one in laws.all_policies(on) if NUMBERS in one.parameters), None)
    if found is None:
        raise Refused(
            _("生效的制度没有规定回访期限"), do=_("请补充 followups 各项"), code="console.no_policy"
        )
    return found


def clocks() -> Clocks:
    """The clocks in force today."""
    return clocks_of(policy(today()))


def known_until() -> int | None:
    """The last year whose holidays are known; clocks of working days end there. None without a policy."""
    try:
        return max(policy(today()).calendar().years, default=None)
    except Refused:
        return None


def rules() -> Rules:
    """The rules of ratings in force today."""
    return rules_of(policy(today()))


def key() -> Key:
    """What opens what is sealed: the console's alone."""
    return key_of(Path(settings.DATA))


def act(request: HttpRequest) -> Act:
    """Whoever is signed in, with what the form says, now."""
    return Act(viewer(request), request.POST.get("reason", ""), timezone.now())


def system_said(reason: str) -> str:
    """What the system itself wrote under a case, in the reader's language; it is stored in Chinese."""
    return _(reason) if reason in WRITTEN else reason


def label(code: object, kind: str) -> str:
    """A code in words."""
    return str(LABELS[kind].get(str(code), code))


def tag_name(code: str) -> str:
    """A tag of the policy in the reader's language."""
    return next((str(named(tag)) for tag in rules().tags if tag.code == code), code)
