"""Recording a suspected leak, and what is done about it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.access import keeping
from hengjian.access.leaks.models import Leak, LeakStep, LeakVerb, Source
from hengjian.access.models import Ticket, User
from hengjian.notary.recording import day_of, notarise
from hengjian.terms.errors import Refused

LONGEST = 1_000
BEFORE_CLOSE = (LeakVerb.CONTAIN, LeakVerb.ASSESS)


def record(
    *, code: str, source: str, what: str, found_at: datetime, hours: int, by: User, now: datetime
) -> Leak:
    """Note a suspected leak; the clock of the report runs from the moment it was found.

    Clause: SPEC F4
    Raises: NotPermitted; Refused for a code that no look bears, or without a word of what happened.
    """
    keeping.check_can_record_leaks(by, day_of(now))
    plain = code.strip().upper().replace("-", "").replace(" ", "")
    if plain and not Ticket.objects.filter(code=plain).exists():
        raise Refused(
            _("没有这个查询编号"), do=_("请核对页脚的编号；没有编号的留空"), code="access.no_such_code"
        )
    if source not in Source.values:
        raise Refused(_("请选择情形"), do=_("请从清单中选一项"), code="access.leak_source")
    if found_at > now:
        raise Refused(_("发现时间不能在将来"), do=_("请填实际发现的时间"), code="access.leak_future")
    with transaction.atomic():
        made = Leak.objects.create(
            code=plain, source=source, what=_said(what), found_at=found_at,
            report_by=found_at + timedelta(hours=hours), by=by.get_username(), at=now,
        )  # fmt: skip
        notarise(now, made)
    return made


def step(leak: Leak, verb: str, text: str, by: User, now: datetime) -> LeakStep:
    """Note what was done; a leak is closed only after remedy and assessment.

    Clause: SPEC F4
    Raises: NotPermitted; Refused when it is closed, or may not be closed yet.
    """
    keeping.check_can_record_leaks(by, day_of(now))
    if verb not in LeakVerb.values:
        raise Refused(_("没有这个步骤"), do=_("请从清单中选一项"), code="access.leak_verb")
    with transaction.atomic():
        Leak.objects.select_for_update().get(pk=leak.pk)
        done = list(LeakStep.objects.filter(leak=leak).values_list("verb", flat=True))
        _check_order(verb, done)
        made = LeakStep.objects.create(
            leak=leak, number=len(done) + 1, verb=verb, text=_said(text), by=by.get_username(), at=now
        )
        notarise(now, made)
    return made


def _check_order(verb: str, done: list[str]) -> None:
    if LeakVerb.CLOSE in done:
        raise Refused(_("这起事件已办结"), do=_("如有新情况，请另行登记"), code="access.leak_closed")
    if verb == LeakVerb.CLOSE and not set(BEFORE_CLOSE) <= set(done):
        raise Refused(
            _("还没有采取补救措施和评估影响"), do=_("请先记录这两项"), code="access.leak_not_assessed"
        )


def _said(text: str) -> str:
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise Refused(
            _("请填写，且不超过 %s 字") % LONGEST, do=_("请写明情况，不写当事人姓名"), code="access.leak_text"
        )
    return said
