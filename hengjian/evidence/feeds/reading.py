"""Read a feed's file chunk by chunk: rows of text with their numbers, nothing interpreted yet."""

import csv
import fnmatch
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from hengjian.evidence.errors import FileRefused
from hengjian.evidence.faults import Fault
from hengjian.evidence.feeds.declaration import Feed
from hengjian.roster.sheets.reading import tables_of

CHUNK = 10_000
NARROW = 131_072


@dataclass
class Chunk:
    """Rows in columns: ``columns[name][i]`` is the text of row ``rows[i]``; faults by position."""

    rows: list[int]
    columns: dict[str, list[str]]
    faults: dict[int, list[Fault]] = field(default_factory=dict)

    def raw(self, i: int) -> dict[str, str]:
        """One row as it stood in the wanted columns."""
        return {name: values[i].replace("\0", "�") for name, values in self.columns.items()}


def digest_of_file(path: Path) -> str:
    """SHA-256 of the file as it lies on the disk."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise FileRefused("读不到文件", where=str(path), do="请核对路径和权限", code="file.absent") from error


def _check_kind(feed: Feed, path: Path) -> None:
    """Refuse a workbook where the feed declares text: its bytes would be read as one broken row."""
    if feed.file.format != "xlsx" and path.suffix.lower() in {".xlsx", ".xls"}:
        raise FileRefused(
            f"文件是 .xlsx 表格，feed.yaml 写的却是 {feed.file.format}",
            where=str(path),
            do="请在 feed.yaml 写 file: {format: xlsx}，或交 .csv 文件",
            code="file.kind",
        )


def read_chunks(feed: Feed, path: Path) -> Iterator[Chunk]:
    """All rows of the file, in chunks of bounded size.

    Raises: FileRefused when the file is not what the feed declares, before anything is written.
    """
    _check_kind(feed, path)
    try:
        rows = _ROWS[feed.file.format](feed, path)
        header = next(rows, (0, []))[1]
        places = _places(feed, header, path)
        width = len(header)
        while block := list(islice(rows, CHUNK)):
            yield _chunk(block, places, width)
    except UnicodeError as error:
        raise FileRefused(
            f"文件不是 {feed.file.encoding} 编码", where=str(path), code="file.encoding",
            do="请在 feed.yaml 的 file.encoding 写明编码；由 Excel 另存的中文文件多为 gb18030",
        ) from error  # fmt: skip
    except (OSError, EOFError, zipfile.BadZipFile, csv.Error, zipfile.LargeZipFile) as error:
        raise FileRefused(
            f"文件读到中途出错：{error}", where=str(path), do="文件可能不完整，请重新取得",
            code="file.broken",
        ) from error  # fmt: skip


def chunks_of(feed: Feed, rows: Sequence[Mapping[str, str]], where: str) -> Iterator[Chunk]:
    """Rows that come by name instead of in a file: a name that is left out is empty.

    Raises: FileRefused for a name that is neither wanted nor ignored.
    """
    unknown = sorted({name for row in rows for name in row} - set(feed.wanted) - feed.ignored)
    if unknown:
        raise FileRefused(
            f"列“{unknown[0]}”既没有对应，也没有列入 ignored", where=where, code="file.header",
            do=f"这个来源的列是：{'、'.join(feed.wanted)}",
        )  # fmt: skip
    places = {name: place for place, name in enumerate(feed.wanted)}
    for start in range(0, len(rows), CHUNK):
        block = [
            (number, [row.get(name, "") for name in feed.wanted])
            for number, row in enumerate(rows[start : start + CHUNK], start=start + 1)
        ]
        yield _chunk(block, places, len(places))


def _places(feed: Feed, header: list[str], path: Path) -> dict[str, int]:
    where = f"{path} 第 {feed.file.header_row} 行"
    names = [name.strip() for name in header]
    twice = sorted({n for n in names if n and names.count(n) > 1 and n in feed.wanted})
    if twice:
        raise FileRefused(f"表头“{twice[0]}”出现多次", where=where, do="请改名", code="file.header")
    lacking = [name for name in feed.wanted if name not in names]
    if lacking:
        raise FileRefused(
            f"文件没有列：{'、'.join(lacking)}", where=where, code="file.header",
            do=f"文件的列是：{'、'.join(names)}。请核对 feed.yaml 的 columns、分隔符和编码",
        )  # fmt: skip
    unknown = [n for n in names if n and n not in feed.wanted and n not in feed.ignored]
    if unknown:
        raise FileRefused(
            f"列“{unknown[0]}”既没有对应，也没有列入 ignored", where=where, code="file.header",
            do=f"请在 feed.yaml 中写明：对应到字段，或列入 ignored（一共 {len(unknown)} 列）",
        )  # fmt: skip
    return {name: names.index(name) for name in feed.wanted}


def _chunk(block: list[tuple[int, list[str]]], places: dict[str, int], width: int) -> Chunk:
    chunk = Chunk([n for n, _ in block], {name: [] for name in places})
    for i, (_, found) in enumerate(block):
        if len(found) != width:
            odd = Fault("width", value=str(len(found)), more=str(width))
            chunk.faults[i] = [odd if found else Fault("not_an_object")]
        cells = found + [""] * (width - len(found))
        for name, place in places.items():
            text = cells[place].strip()
            chunk.columns[name].append(text)
            if "\0" in text:
                chunk.faults.setdefault(i, []).append(Fault("bad_character", name))
    return chunk


@contextmanager
def _opened(feed: Feed, path: Path) -> Iterator[IO[bytes]]:
    shape = feed.file
    if shape.inside == "gz":
        with gzip.open(path, "rb") as stream:
            yield stream  # type: ignore[misc]
    elif shape.inside == "zip":
        with zipfile.ZipFile(path) as archive, archive.open(_member(feed, archive, path)) as stream:
            yield stream
    else:
        with path.open("rb") as stream:
            yield stream


def _member(feed: Feed, archive: zipfile.ZipFile, path: Path) -> str:
    pattern = feed.file.member or "*"
    names = [n for n in archive.namelist() if not n.endswith("/") and not n.startswith("__MACOSX")]
    found = [n for n in names if fnmatch.fnmatch(n, pattern)]
    if len(found) != 1:
        raise FileRefused(
            f"压缩包里与“{pattern}”相符的文件有 {len(found)} 个，应为 1 个", where=str(path),
            do=f"包里有：{'、'.join(names[:9])}。请在 feed.yaml 写 file.member", code="file.member",
        )  # fmt: skip
    return found[0]


def _csv_rows(feed: Feed, path: Path) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(NARROW)
    encoding = (
        "utf-8-sig"
        if feed.file.encoding.lower().replace("_", "-") in ("utf-8", "utf8")
        else feed.file.encoding
    )
    with _opened(feed, path) as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="")
        for number, cells in enumerate(csv.reader(text, delimiter=feed.file.delimiter), start=1):
            if number >= feed.file.header_row and cells:
                yield number, cells


def _xlsx_rows(feed: Feed, path: Path) -> Iterator[tuple[int, list[str]]]:
    """A workbook, opened by the same careful hands as the roster's (bombs, disguises, damage)."""
    with _opened(feed, path) as stream:
        name = path.name if not feed.file.inside else f"{path.name}.xlsx"
        tables = {table.name: table for table in tables_of(stream.read(), name)}
    alone = len(tables) == 1 and path.suffix.lower() != ".xlsx"  # a text file has no name for its one sheet
    wanted = next(iter(tables), "") if alone or not feed.file.sheet else feed.file.sheet
    if wanted not in tables:
        raise FileRefused(
            f"没有工作表“{wanted}”", where=str(path), code="file.sheet",
            do=f"工作簿里有：{'、'.join(tables)}。请核对 file.sheet",
        )  # fmt: skip
    table = tables[wanted]
    yield table.header_row, list(table.header)
    width = len(table.header)
    for number, cells in table.rows:
        texts = [_text(cell) for cell in cells]
        while len(texts) > width and not texts[-1]:
            texts.pop()
        yield number, texts + [""] * (width - len(texts))


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return str(cell)


def _json_rows(feed: Feed, path: Path) -> Iterator[tuple[int, list[str]]]:
    """JSON lines have no header: the wanted columns are the header, other keys must be ignored."""
    names = list(feed.wanted)
    yield 0, names
    with _opened(feed, path) as stream:
        text = io.TextIOWrapper(stream, encoding=feed.file.encoding, errors="strict")
        for number, line in enumerate(text, start=1):
            if line.strip():
                yield number, _cells(line, names)


def _cells(line: str, names: list[str]) -> list[str]:
    try:
        found = json.loads(line, parse_float=str, parse_int=str)
    except ValueError:
        found = None
    if not isinstance(found, dict) or any(isinstance(v, (list, dict)) for v in found.values()):
        return []
    return [_text(found.get(name)) for name in names]


_ROWS = {"csv": _csv_rows, "xlsx": _xlsx_rows, "jsonl": _json_rows}
