"""Unpack a zip that nobody has checked: no bombs, no doubles, no paths outside."""

import io
import zipfile
import zlib
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hengjian.roster.errors import FileRefused


@dataclass(frozen=True)
class Limits:
    """How much a file may hold before it is refused with a clear message."""

    file_bytes: int = 50_000_000
    unpacked_bytes: int = 400_000_000
    members: int = 2_000
    rows: int = 200_000
    columns: int = 200


def checked_members(data: bytes, filename: str, limits: Limits) -> dict[str, bytes]:
    """Every member unpacked, counted while unpacking: what the zip claims is not believed.

    Raises: FileRefused for what is not a zip, is damaged, encrypted, doubled or too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _check_listing(infos, filename, limits)
            return _unpacked(archive, infos, filename, limits)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
        raise FileRefused(
            _("内容不是表格文件，或已损坏"),
            where=filename,
            do=_("请用表格软件打开，另存为 .xlsx 再导入；不要只改扩展名"),
            code="sheets.disguised",
        ) from error


def _check_listing(infos: list[zipfile.ZipInfo], filename: str, limits: Limits) -> None:
    names = [info.filename for info in infos]
    if len(names) > limits.members or len(set(names)) != len(names):
        raise FileRefused(
            _("压缩包内部结构异常（成员过多或重名）"),
            where=filename,
            do=_("请用表格软件另存后再导入"),
            code="sheets.zip",
        )
    if any(info.flag_bits & 1 for info in infos):
        raise FileRefused(_("文件加了密码"), where=filename, do=_("请去掉密码再导入"), code="sheets.password")
    if sum(info.file_size for info in infos) > limits.unpacked_bytes:
        raise _bomb(filename, limits)


def _unpacked(
    archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], filename: str, limits: Limits
) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    room = limits.unpacked_bytes
    for info in infos:
        with archive.open(info) as stream:
            content = stream.read(room + 1)
        room -= len(content)
        if room < 0:
            raise _bomb(filename, limits)
        members[_name(info)] = content
    return members


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name; Chinese Windows writes it in GB 18030 without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _bomb(filename: str, limits: Limits) -> FileRefused:
    return FileRefused(
        _("解开后超过 {limit} MB").format(limit=limits.unpacked_bytes // 1_000_000),
        where=filename,
        do=_("请拆成几个文件分别导入；来路不明的文件不要打开"),
        code="sheets.bomb",
    )


def repacked(members: dict[str, bytes]) -> bytes:
    """The checked members as a zip again, so that the next reader sees these bytes and no others."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()
