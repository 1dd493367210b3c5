"""What waits for this person."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from hengjian.console.people import viewer
from hengjian.console.rights import Rights, rights, today
from hengjian.cycles import queries
from hengjian.cycles.shapes import CycleRow
from hengjian.evidence.queries import quarantine_counts
from hengjian.ratings.followups.queries.cases import counts

SHOWN = 5


@dataclass(frozen=True)
class Task:
    """One thing to do: what, why, and the page where it is done."""

    mark: str
    tone: str
    what: str
    why: str
    act: str
    url: str


NEXT: dict[str, tuple[str, Promise, Promise]] = {
    "open": ("freeze", gettext_lazy("核对缺项后冻结数据"), gettext_lazy("去冻结")),
    "frozen": ("score", gettext_lazy("按制度计分"), gettext_lazy("去计分")),
    "scored": ("review", gettext_lazy("由计分经办人以外的人审核"), gettext_lazy("去审核")),
    "reviewed": ("publish", gettext_lazy("公布结果并生成结果包"), gettext_lazy("去公布")),
}


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The cycles that wait for a step, the quarantine, and an official's own results."""
    may = rights(request)
    cycles = queries.list_cycles() if may.results else []
    return render(
        request,
        "console/home.html",
        {
            "today": today(),
            "may": may,
            "cycles": cycles[:SHOWN],
            "tasks": [*_ratings(request, may), *_quarantine(may), *_steps(cycles, may)],
            "own": queries.own_seats(may.own) if may.own else (),
        },
    )


def _ratings(request: HttpRequest, may: Rights) -> list[Task]:
    """Low marks that wait for follow-up staff."""
    open_ones, late = counts(viewer(request), today()) if may.followups else (0, 0)
    if not open_ones:
        return []
    what = ngettext("%(n)d 件低分回访未办结", "%(n)d 件低分回访未办结", open_ones) % {"n": open_ones}
    why = ngettext("%(n)d 件已超期", "%(n)d 件已超期", late) % {"n": late} if late else ""
    tone = "hj-tag-bad" if late else "hj-tag-accent"
    return [Task(_("回访办理"), tone, what, why, _("去办理"), reverse("console:followups"))]


def _quarantine(may: Rights) -> list[Task]:
    count = sum(one["waiting"] for one in quarantine_counts()) if may.quarantine else 0
    if not count:
        return []
    what = ngettext("%(n)d 条待核记录等待处理", "%(n)d 条待核记录等待处理", count) % {"n": count}
    return [
        Task(
            _("核查"),
            "hj-tag-bad",
            what,
            _("未处理的记录不计入考核，单位得分可能因此缺项。"),
            _("去处理") if may.correct else _("查看"),
            reverse("console:quarantine"),
        )
    ]


def _steps(cycles: list[CycleRow], may: Rights) -> list[Task]:
    tasks = []
    for row in cycles:
        verb, why, act = NEXT.get(row.state, ("", "", ""))
        if verb and may.may(verb):
            url = reverse("console:cycles-cycle", args=[row.id])
            tasks.append(Task(_("考核周期"), "hj-tag-accent", row.title, str(why), str(act), url))
    return tasks
