"""The steps that move a cycle on: what each is called, what it will do, who may take it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hengjian.access.queries import Person
from hengjian.console.rights import Rights, check_may
from hengjian.console.words import word
from hengjian.cycles import operations
from hengjian.cycles.shapes import CycleDetail
from hengjian.cycles.transitions import Audit
from hengjian.terms.errors import Refused


@dataclass(frozen=True)
class Act:
    """A step: ``back`` says how to undo it; without it ``final`` says why it cannot be undone."""

    code: str
    name: Promise
    title: Promise
    happens: tuple[Promise, ...]
    done: Promise
    back: Promise | str = ""
    final: Promise | str = ""
    reason: Promise | str = ""


ACTS = {
    "freeze": Act(
        "freeze",
        _("冻结数据"),
        _("冻结本周期的数据"),
        (
            _("把截止时间以前、通过核验的全部记录固定下来，并计算存证摘要。"),
            _("此后到达的数据不再进入本周期；待核记录不计入。"),
        ),
        _("数据已冻结。"),
        back=_("计分之前可以写明理由解冻，原冻结数据保留备查。"),
    ),
    "unfreeze": Act(
        "unfreeze",
        _("解冻"),
        _("解冻本周期的数据"),
        (
            _("周期回到收集阶段，可以补充数据；重新冻结时生成新的存证摘要。"),
            _("原冻结数据和本次理由保留备查。"),
        ),
        _("数据已解冻。"),
        back=_("补充数据后可以再次冻结。"),
        reason=_("解冻理由"),
    ),
    "score": Act(
        "score",
        _("计分"),
        _("按制度计分"),
        (
            _("按冻结数据和生效制度，计算每个任职的得分、名次、建议等次和计算过程。"),
            _("有人看到得分之后，数据不再解冻；发现错误的，公布更正结果。"),
        ),
        _("计分完成。"),
        final=_("计分后不能再解冻数据，更正须另立结果。"),
    ),
    "review": Act(
        "review",
        _("审核"),
        _("审核本次结果"),
        (_("由计分经办人以外的人审核缺项、调整和可比组，并写明意见。"), _("审核后可以公布。")),
        _("审核意见已记录。"),
        final=_("审核意见记入办理记录，不能删改。"),
        reason=_("审核意见"),
    ),
    "publish": Act(
        "publish",
        _("公布"),
        _("公布本次结果"),
        (
            _("生成结果包（冻结数据、制度、得分表）和根摘要，任何人可据以重新计算。"),
            _("干部本人可以查看自己的得分表。"),
            _("已公布的结果不能修改；更正须另立结果取代，原结果保留。"),
        ),
        _("结果已公布，结果包可以下载。"),
        final=_("公布后不能撤回，只能以更正结果取代。"),
    ),
}

RUNS: dict[str, Callable[[str, Audit], Any]] = {
    "freeze": operations.freeze,
    "unfreeze": operations.unfreeze,
    "score": operations.score,
    "review": operations.review,
    "publish": lambda cycle_id, audit: operations.publish(cycle_id, audit, bundles()),
}


@dataclass(frozen=True)
class StepView:
    """One step of the way from open to published."""

    name: str
    tone: str
    current: bool
    at: datetime | None


def steps(detail: CycleDetail) -> list[StepView]:
    """The way, what is behind and where the cycle stands; superseded counts as published."""
    way = ["open", "frozen", "scored", "reviewed", "published"]
    reached = {row.target: row.at for row in detail.audit}
    state = detail.row.state
    place = (
        way.index(state)
        if state in way
        else max((way.index(row.target) for row in detail.audit if row.target in way), default=0)
    )
    return [
        StepView(
            name=word("state", one),
            tone="done" if n < place else "last" if n == place == len(way) - 1 else "",
            current=n == place,
            at=reached.get(one) if n <= place else None,
        )
        for n, one in enumerate(way)
    ]


def bundles() -> Path:
    """Where published bundles lie: the same folder as the command line's."""
    return Path(settings.DATA) / "bundles"


def offered(detail: CycleDetail, may: Rights) -> list[Act]:
    """The steps that can be taken now, by this person; the way forward first."""
    acts = [ACTS[verb] for verb in detail.verbs if verb in ACTS and may.may(verb)]
    return sorted(acts, key=lambda act: act.code == "unfreeze")


def check(verb: str, user: Person) -> None:
    """Refuse a step that does not exist or that this person may not take."""
    if verb not in ACTS:
        raise Refused(str(_("没有这个步骤")), where=verb, code="console.no_act")
    check_may(user, verb)


def run(verb: str, cycle_id: str, user: Person, reason: str) -> None:
    """Take the step, in this person's name."""
    RUNS[verb](cycle_id, Audit(by=user.get_username(), at=timezone.now(), reason=reason))
