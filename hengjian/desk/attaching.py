"""Attach files in versions, withdraw, hand out. Whoever calls checks permission first."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.access.models import User
from hengjian.desk import shelf
from hengjian.desk.contents import looked_through
from hengjian.desk.models import (
    REASON,
    TITLE,
    About,
    Attachment,
    Fetch,
    StoredFile,
    Version,
    Withdrawal,
)
from hengjian.notary.recording import notarise
from hengjian.terms.errors import NotPermitted, Refused

MOST_VERSIONS = 50  # about one thing, all attachments together


def attach(about: About, key: str, title: str, name: str, data: bytes, *, by: User, now: datetime) -> Version:
    """Attach a file under a title; a title that stands already gets its next version.

    Clause: SPEC T-E9
    Raises: Refused for no title, a file that is refused, the same bytes again, too many, no room.
    """
    title = _line(title, TITLE, _("请写附件名称（不超过 %s 字）"), "desk.no_title")
    sound = looked_through(name, data)
    with transaction.atomic():
        shelf.in_turn()
        there = Version.objects.filter(attachment__about=about, attachment__key=key)
        if there.count() >= MOST_VERSIONS:
            raise Refused(_("这件事的附件已满"), do=_("请把材料合成一个文件"), code="desk.too_many_files")
        held, rows = _attachment(about, key, title, by, now)
        newest = held.versions.order_by("-number").first()
        digest, new = shelf.put(data)
        try:
            made = _version(held, newest, digest, sound.form, sound.name, len(data), by, now)
            notarise(now, *rows, made)
        except BaseException:
            if new:
                shelf.drop(digest)
            raise
    return made


def _attachment(
    about: About, key: str, title: str, by: User, now: datetime
) -> tuple[Attachment, list[Attachment]]:
    """The attachment of this title that stands, or a new one; and what is new."""
    held = Attachment.objects.filter(about=about, key=key, title=title, withdrawal=None).first()
    if held is not None:
        return held, []
    made = Attachment.objects.create(about=about, key=key, title=title, by=by, at=now)
    return made, [made]


def _version(
    held: Attachment, newest: Version | None, digest: str, form: str, name: str, size: int,
    by: User, now: datetime,
) -> Version:  # fmt: skip
    if newest is not None and newest.digest == digest:
        raise Refused(_("与第 %s 版的内容相同") % newest.number, do=_("不必再传"), code="desk.same_file")
    made = Version.objects.create(
        attachment=held, number=newest.number + 1 if newest else 1, name=name, form=form, size=size,
        digest=digest, by=by, at=now,
    )  # fmt: skip
    StoredFile.objects.create(version=made)
    return made


def withdraw(held: Attachment, reason: str, *, by: User, now: datetime) -> Withdrawal:
    """Withdraw an attachment with all its versions; only whoever made it, with a reason.

    Raises: NotPermitted for another; Refused without a reason, or when it is withdrawn.
    """
    reason = _line(reason, REASON, _("请写撤回理由（不超过 %s 字）"), "desk.no_reason")
    if held.by_id != by.pk:
        raise NotPermitted(_("只有上传人可以撤回附件"), code="desk.not_author")
    with transaction.atomic():
        shelf.in_turn()
        if Withdrawal.objects.filter(pk=held.pk).exists():
            raise Refused(_("附件已撤回"), do=_("请刷新页面"), code="desk.withdrawn")
        made = Withdrawal.objects.create(attachment=held, reason=reason, by=by, at=now)
        notarise(now, made)
    return made


def hand_out(version: Version, *, by: User, now: datetime) -> bytes:
    """The bytes of a version, after it is written down who takes them.

    Clause: SPEC F4
    Raises: Refused when it is withdrawn or destroyed; Tampered when the bytes are not those that were sent.
    """
    with transaction.atomic():
        if not is_kept(version):
            raise Refused(_("附件已撤回或已依规销毁"), do=_("请看附件清单"), code="desk.not_kept")
        made = Fetch.objects.create(version=version, by=by, at=now)
        notarise(now, made)
        return shelf.take(version)


def is_kept(version: Version) -> bool:
    """Whether a version can still be had."""
    withdrawn = Withdrawal.objects.filter(pk=version.attachment_id).exists()
    return not withdrawn and StoredFile.objects.filter(pk=version.pk).exists()


def _line(text: str, longest: int, what: str, code: str) -> str:
    said = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if not said or len(said) > longest:
        raise Refused(what % longest, do=_("请改短或补充"), code=code)
    return said
