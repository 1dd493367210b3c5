"""The bytes of attachments: one file per digest in the data folder, outside the web root.

Crash points: killed while a file is written, a draft with a dot stays, which backups and reads pass over;
killed between file and row, a file without a row stays: :func:`strays` finds it, the same upload heals it.
"""

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from hengjian.database.folder import ATTACHMENTS
from hengjian.desk.models import StoredFile, Version
from hengjian.terms.errors import Refused, Tampered
from hengjian.terms.secret_files import write_over

_LOCK = 0x6465736B  # "desk"


def in_turn() -> None:
    """One who puts on the shelf or takes off it at a time, to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def put(data: bytes) -> tuple[str, bool]:
    """Put bytes on the shelf; their digest, and whether they are new there.

    Raises: Refused when the disk has no room; nothing half-written stays.
    """
    digest = hashlib.sha256(data).hexdigest()
    path = _path(digest)
    new = not path.exists()
    try:
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_over(path, data)
    except OSError as fault:
        raise Refused(
            _("附件写不成，没有保存"), do=_("请稍后再试；仍不成请系统管理员查看磁盘"), code="desk.no_room"
        ) from fault
    return digest, new


def take(version: Version) -> bytes:
    """The bytes of a version, held against its row.

    Raises: Tampered when they are gone or not those that were sent.
    """
    fault = _fault(version)
    if isinstance(fault, bytes):
        return fault
    raise Tampered(
        fault, where=f"{version.attachment_id}-{version.number}",
        do=_("请不要使用，报告系统管理员和安全审计员"), code="desk.file_altered",
    )  # fmt: skip


def faults() -> Iterator[tuple[Version, str]]:
    """Versions whose bytes should be here and are missing or altered, with what is wrong."""
    stored = StoredFile.objects.select_related("version").order_by("pk")
    for one in stored.iterator():
        fault = _fault(one.version)
        if isinstance(fault, str):
            yield one.version, fault


def strays() -> int:
    """How many files stand on the shelf without a row: an upload was cut off."""
    known = set(StoredFile.objects.values_list("version__digest", flat=True))
    return sum(path.name not in known for path in _folder().glob("??/*") if path.is_file())


def forget(keys: Collection[str]) -> None:
    """Delete the bytes of versions that are not kept any more, unless another version has the same."""
    in_turn()
    wanted = set(Version.objects.filter(pk__in=[int(key) for key in keys]).values_list("digest", flat=True))
    kept = StoredFile.objects.filter(version__digest__in=wanted).values_list("version__digest", flat=True)
    for digest in wanted - set(kept):
        drop(digest)


def drop(digest: str) -> None:
    """Take bytes off the shelf."""
    _path(digest).unlink(missing_ok=True)


def _fault(version: Version) -> bytes | str:
    try:
        data = _path(version.digest).read_bytes()
    except OSError:
        return _("附件的文件不在了")
    if hashlib.sha256(data).hexdigest() != version.digest:
        return _("附件的内容与上传时不符")
    return data


def _folder() -> Path:
    return Path(settings.DATA) / ATTACHMENTS


def _path(digest: str) -> Path:
    return _folder() / digest[:2] / digest
