"""Systems of record: register one, give and revoke its keys, take in what it hands over.

Crash points: each operation is one transaction. Events and the answer to them are committed together: a
request that is repeated after a lost answer gets the same answer, and makes nothing twice.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hengjian.notary.recording import day_of, notarise
from hengjian.ratings.invitations.checks import KINDS, Scope
from hengjian.ratings.invitations.errors import KeyUnknown, SystemRefused
from hengjian.ratings.invitations.models import KeyRevocation, RecordSystem, SystemKey, SystemReceipt
from hengjian.ratings.invitations.operations import Office, admit_events
from hengjian.ratings.invitations.sheet import EventDraft, EventsReceipt
from hengjian.roster.queries import known_organisations, organisations_on
from hengjian.terms.canonical import digest_of

PREFIX = "hjs_"
LONGEST_CODE = 40


@dataclass(frozen=True)
class NewSystem:
    """What is registered: empty ``organisations`` or ``kinds`` mean all."""

    code: str
    name: str
    organisations: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


def register(new: NewSystem, office: Office) -> RecordSystem:
    """Register a system of record, or change its name and scope; in force at once.

    Clause: NORMS X14
    Raises: SystemRefused for a code, unit or kind that is none.
    """
    _check(new, office)
    with transaction.atomic():
        made = RecordSystem.objects.create(
            code=new.code, name=new.name, organisations=sorted(new.organisations), kinds=sorted(new.kinds),
            by=office.by, at=office.now,
        )  # fmt: skip
        notarise(office.now, made)
    return made


def _check(new: NewSystem, office: Office) -> None:
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    if not new.code or len(new.code) > LONGEST_CODE or set(new.code) - allowed or new.code[0] in "_-":
        raise SystemRefused(
            _("来源系统代码“%s”不合格式") % new.code, do=_("用字母、数字、横线，至多 40 字"),
            code="systems.code",
        )  # fmt: skip
    if not new.name.strip() or not office.by.strip():
        raise SystemRefused(_("缺少名称或登记人"), do=_("请补全"), code="systems.unsigned")
    known = known_organisations()
    strangers = [code for code in new.organisations if code not in known]
    rules = office.policy.in_force(day_of(office.now))
    strangers += [kind for kind in new.kinds if KINDS + kind not in rules.parameters]
    if strangers:
        raise SystemRefused(
            _("名册或制度里没有：%s") % "、".join(strangers), do=_("请核对机构代码和事项种类"),
            code="systems.scope",
        )  # fmt: skip


def systems() -> list[RecordSystem]:
    """The registered systems with the scope that holds now, by code."""
    return list(RecordSystem.objects.order_by("code", "-at").distinct("code"))


def new_key(system: str, by: str, now: datetime) -> str:
    """A key for a system, shown this once; only its hash is kept.

    Raises: SystemRefused for an unknown system.
    """
    if not by.strip() or not RecordSystem.objects.filter(code=system).exists():
        raise SystemRefused(_("没有登记来源系统“%s”") % system, do=_("请先登记"), code="systems.unknown")
    key = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        notarise(now, SystemKey.objects.create(system=system, hash=hash_of_key(key), by=by, at=now))
    return key


def revoke(key: SystemKey, reason: str, by: str, now: datetime) -> None:
    """From now on the key opens nothing.

    Raises: SystemRefused without a reason, or when it is revoked already.
    """
    if not reason.strip() or not by.strip():
        raise SystemRefused(_("吊销须写明理由和经手人"), do=_("请补全"), code="systems.unsigned")
    with transaction.atomic():
        SystemKey.objects.select_for_update().get(pk=key.pk)
        if KeyRevocation.objects.filter(pk=key.pk).exists():
            raise SystemRefused(_("密钥已经吊销"), do=_("无须再做"), code="systems.revoked")
        notarise(now, KeyRevocation.objects.create(key=key, reason=reason, by=by, at=now))


def hash_of_key(key: str) -> str:
    """What is kept of a key: 256 bits need no slow hash."""
    return hashlib.sha256(key.encode()).hexdigest()


def system_of(key: str) -> RecordSystem:
    """The system whose living key this is, with the scope that holds now.

    Raises: KeyUnknown; whether the key never was or is revoked is not told.
    """
    found = SystemKey.objects.filter(hash=hash_of_key(key), revocation__isnull=True).first()
    held = None if found is None else RecordSystem.objects.filter(code=found.system).order_by("-at").first()
    if held is None:
        raise KeyUnknown(_("密钥不对或已吊销"), do=_("请向考核办申领密钥"), code="systems.key")
    return held


def hand_in(system: RecordSystem, idempotency: str, drafts: Sequence[EventDraft], office: Office) -> Any:
    """Take in what a system of record hands over; again with the same key gives the same answer.

    ``office`` says when, under which policy and secret; source, author and scope are the system's.
    Clause: SPEC B2, NORMS X14
    Returns: the answer as plain JSON values, and whether it is a repeated one.
    Raises: SystemRefused when the idempotency key was used for something else.
    """
    whole = digest_of([[*draft.raw().values(), draft.contact, draft.person] for draft in drafts])
    content = office.secret.address_key(whole)  # keyed: a plain digest of few rows would give a number away
    scope = Scope(frozenset(system.kinds), _reach(system, office))
    narrowed = replace(office, by=f"api:{system.code}", sources=frozenset({system.code}), scope=scope)
    with transaction.atomic():
        with connection.cursor() as cursor:  # two requests with one key: the second waits for the first
            name = f"hengjian.events {system.code} {idempotency}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        earlier = SystemReceipt.objects.filter(system=system.code, idempotency=idempotency).first()
        if earlier is not None:
            if earlier.content != content:
                raise SystemRefused(
                    _("这个幂等键已用于别的内容"), where="Idempotency-Key", do=_("请换一个键"),
                    code="systems.idempotency",
                )  # fmt: skip
            return earlier.answer, True
        receipt = admit_events(drafts, narrowed, source=f"api:{system.code}")
        answer = _answer(receipt)
        SystemReceipt.objects.create(
            system=system.code, idempotency=idempotency, content=content, batch_id=receipt.batch,
            answer=answer, at=office.now,
        )  # fmt: skip
    return answer, False


def _reach(system: RecordSystem, office: Office) -> frozenset[str] | None:
    """The units of the scope and all below them; none: all."""
    if not system.organisations:
        return None
    rows = organisations_on(day_of(office.now), under=tuple(system.organisations))
    return frozenset(row.code for row in rows)


def _answer(receipt: EventsReceipt) -> dict[str, Any]:
    """Counts and refused cells; nothing of a person is in a reason."""
    return {
        "batch": str(receipt.batch),
        "read": receipt.read,
        "admitted": receipt.admitted,
        "repeated": receipt.repeated,
        "refused": receipt.refused,
        "report": [{"row": row, **_cell(asdict(reason))} for row, reason in receipt.report],
    }


def _cell(reason: dict[str, str]) -> dict[str, str]:
    return {"column": reason["column"], "code": reason["code"], "what": reason["what"], "do": reason["do"]}
