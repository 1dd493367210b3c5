"""The container of a bundle: a zip file with fixed bytes going in, and distrust coming out.

Writing: entries in order, stored, one date for all, so that the same parts give the same bytes on
any machine. The file appears whole, by a rename after fsync, or not at all.

Reading distrusts everything: sizes are bounded before a byte is expanded, names must be plain
relative paths, each may stand once. What is merely damaged is noted and read all the same, so
that a verifier can still say which figures changed.
"""

import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from hengjian.terms.errors import Refused

LARGEST = 1 << 30
MOST = 2000
DAY = (1980, 1, 1, 0, 0, 0)
ASK_AGAIN = "请向发布单位重新索取文件"


@dataclass(frozen=True)
class Damage:
    """Something wrong with an entry of the container.

    Clause: SPEC F3
    """

    part: str
    what: str


@dataclass(frozen=True)
class Contents:
    """Entries of a container by name, and what is wrong with it.

    Clause: SPEC F3
    """

    parts: Mapping[str, bytes]
    damages: tuple[Damage, ...]


def pack(path: Path, parts: Mapping[str, bytes]) -> None:
    """Write the parts into one file, whole or not at all.

    Clause: SPEC F3
    Raises: Refused when the place cannot be written to.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise Refused(
            f"不能写入文件夹：{_why(error)}",
            where=str(path.parent),
            do="请换一个文件夹",
            code="bundle.folder",
        ) from None
    try:
        with os.fdopen(handle, "wb") as out:
            _write(out, parts)
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
        _sync(path.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _why(error: OSError) -> str:
    known = {
        FileNotFoundError: "不存在",
        IsADirectoryError: "是文件夹",
        NotADirectoryError: "上级不是文件夹",
        PermissionError: "没有权限",
    }
    return known.get(type(error), error.strerror or str(error))


def _write(out: IO[bytes], parts: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for part in sorted(parts):
            info = zipfile.ZipInfo(part, DAY)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            made.writestr(info, parts[part])


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unpack(path: Path) -> Contents:
    """Read all entries of a file that nobody vouches for.

    Clause: SPEC F3
    Raises: Refused for what is not a whole zip file, is too large or has too many entries.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as held:
            entries = held.infolist()
            _bounded(path, entries)
            return _read(file, entries)
    except (zipfile.BadZipFile, struct.error, EOFError, NotImplementedError, ValueError):
        raise Refused(
            "不是完整的结果包（文件被截断或不是 zip）", where=str(path), do=ASK_AGAIN, code="bundle.not_zip"
        ) from None
    except OSError as error:
        raise Refused(
            f"无法读取文件：{_why(error)}", where=str(path), do="请核对路径", code="bundle.unreadable"
        ) from None


def _bounded(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MOST or size > LARGEST:
        raise Refused(
            f"结果包过大：{len(entries)} 个部分，展开后 {size} 字节",
            where=str(path),
            do=f"上限为 {MOST} 个部分、{LARGEST} 字节",
            code="bundle.too_large",
        )


def _read(file: IO[bytes], entries: list[zipfile.ZipInfo]) -> Contents:
    parts: dict[str, bytes] = {}
    damages: list[Damage] = []
    for entry in entries:
        name = entry.filename
        if not plain(entry):
            damages.append(Damage(name, "名称不是普通的相对路径"))
            continue
        if name in parts:
            damages.append(Damage(name, "在文件中出现两次"))
            continue
        data, fault = _entry(file, entry)
        parts[name] = data
        if fault:
            damages.append(Damage(name, fault))
    return Contents(parts, tuple(damages))


def plain(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry's name is a relative path without tricks.

    Clause: SPEC F3
    """
    name = entry.orig_filename
    steps = PurePosixPath(name).parts
    return (
        name == entry.filename
        and bool(steps)
        and "/".join(steps) == name
        and not {"..", ".", "/"} & set(steps)
        and "\\" not in name
        and ":" not in name
        and name.isprintable()
    )


def _entry(file: IO[bytes], entry: zipfile.ZipInfo) -> tuple[bytes, str]:
    """The bytes of an entry, and what is wrong with them."""
    file.seek(entry.header_offset)
    header = struct.unpack("<4s5H3L2H", file.read(30))
    if header[0] != b"PK\x03\x04" or entry.flag_bits & 1:
        return b"", "已加密或位置不对"
    file.seek(header[9] + header[10], os.SEEK_CUR)
    held = file.read(entry.compress_size)
    if entry.compress_type == zipfile.ZIP_DEFLATED:
        try:
            held = zlib.decompressobj(-15).decompress(held, entry.file_size + 1)
        except zlib.error:
            return b"", "压缩数据损坏"
    elif entry.compress_type != zipfile.ZIP_STORED:
        return b"", "用了不支持的压缩方法"
    if len(held) != entry.file_size:
        return held[: entry.file_size], "长度与目录不符"
    return held, "" if zlib.crc32(held) == entry.CRC else "校验码不符，内容被改动过"
