"""What a spreadsheet nobody has checked may try, and what honest ones look like."""

import datetime as dt
import io
import struct
import zipfile
from decimal import Decimal

import pytest
import xlsxwriter

from hengjian.roster.errors import FileRefused
from hengjian.roster.sheets.archive import Limits
from hengjian.roster.sheets.columns import Column, Sheet, typed_rows
from hengjian.roster.sheets.reading import escaped, read_tables, tables_of, unescaped
from hengjian.roster.sheets.report import Refusals, letter
from hengjian.roster.sheets.writing import csv_text, workbook

PEOPLE = Sheet(
    "people",
    "人",
    (
        Column("code", "代码", "code", required=True),
        Column("name", "姓名"),
        Column("born", "日期", "date"),
        Column("share", "比例", "number", places=2),
    ),
)


def xlsx(write) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    write(book.add_worksheet("人"))
    book.close()
    return buffer.getvalue()


def edited(data: bytes, change) -> bytes:
    """The zip with one member's content changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def plain() -> bytes:
    def write(page):
        page.write_row(0, 0, ["代码", "姓名"])
        page.write_row(1, 0, ["A1", "甲"])

    return xlsx(write)


def refusal(data: bytes, name: str = "x.xlsx", limits: Limits | None = None) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        tables_of(data, name, limits)
    assert caught.value.what
    assert caught.value.do
    assert name in caught.value.where
    return caught.value


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"hello", "x.xlsx", "sheets.disguised"),
        (b"", "x.xlsx", "sheets.disguised"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "x.xlsx", "sheets.disguised"),
        (plain()[:-200], "x.xlsx", "sheets.disguised"),
        (plain(), "x.csv", "sheets.disguised"),
        (plain(), "x.zip", "sheets.disguised"),
        (b"\xff\xff\x81", "x.csv", "sheets.encoding"),
        (b"a,b\n\x00,1\n", "x.csv", "sheets.encoding"),
        (b'a,b\n"1,2\n', "x.csv", "sheets.csv"),
        (b"a", "x.xls", "sheets.file"),
    ],
)
def test_disguised_and_damaged_files_are_refused(data, name, code):
    assert refusal(data, name).code == code


def test_a_zip_that_is_no_workbook_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "x")
    assert refusal(out.getvalue()).code == "sheets.disguised"


def test_a_bomb_is_refused_before_it_is_unpacked():
    bomb = edited(plain(), lambda n, c: c + b" " * 30_000_000 if "sheet1" in n else c)
    assert len(bomb) < 100_000
    assert refusal(bomb, limits=Limits(unpacked_bytes=20_000_000)).code == "sheets.bomb"


def test_a_bomb_that_lies_about_its_size_is_refused():
    bomb = bytearray(edited(plain(), lambda n, c: c + b" " * 30_000_000 if "sheet1" in n else c))
    real = next(i.file_size for i in zipfile.ZipFile(io.BytesIO(bomb)).infolist() if "sheet1" in i.filename)
    lie = bytes(bomb).replace(struct.pack("<I", real), struct.pack("<I", 1000))
    assert refusal(lie, limits=Limits(unpacked_bytes=20_000_000)).code in {"sheets.disguised", "sheets.bomb"}


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="XFD1048576"><v>1</v></c>',
        b"<c r='XFD1048576'><v>1</v></c>",
        b'<c t="n" a=">" r="A1048576"><v>1</v></c>',
        b'<c r="&#88;FD1048576"><v>1</v></c>',
        b'<c r="ZZ3"><v>1</v></c>',
        b"<c><v>1</v></c>" * 300,
    ],
)
def test_a_cell_far_away_is_refused_before_memory_is_taken(cell):
    data = edited(plain(), lambda n, c: c.replace(b"</row>", cell + b"</row>", 1) if "sheet1" in n else c)
    assert refusal(data).code in {"sheets.rows", "sheets.columns", "sheets.xml"}


def test_entities_are_refused():
    dtd = b'<!DOCTYPE a [<!ENTITY b "bbbb">]>'
    data = edited(plain(), lambda n, c: c.replace(b"?>", b"?>" + dtd, 1) if "sheet1" in n else c)
    assert refusal(data).code == "sheets.xml"


def test_too_many_rows_are_refused_with_the_limit():
    def write(page):
        for row in range(30):
            page.write_string(row, 0, "x")

    error = refusal(xlsx(write), limits=Limits(rows=20))
    assert error.code == "sheets.rows"
    assert "20" in error.what
    assert refusal(b"a\n" * 30, "x.csv", Limits(rows=20)).code == "sheets.rows"
    assert refusal(b"a" * 200, "x.csv", Limits(file_bytes=100)).do


def typed(tables):
    refusals = Refusals()
    return typed_rows(tables[0], PEOPLE, refusals), refusals


def test_numbers_dates_and_codes_come_as_written_in_the_sheet():
    def write(page):
        page.write_row(2, 1, ["代码*", "姓名", "日期", "比例"])
        page.write_row(3, 1, [110101, "  甲\u200b　", None, 12.5])
        page.write_datetime(3, 3, dt.datetime(2026, 3, 1))
        page.write_row(5, 1, ["ＡＢ１", 123, "2026年3月1日", "1,200.25"])

    rows, refusals = typed(tables_of(xlsx(write), "x.xlsx"))
    assert not refusals
    assert [row.number for row in rows] == [4, 6]
    assert [[row[c.key] for c in PEOPLE.columns] for row in rows] == [
        ["110101", "甲", dt.date(2026, 3, 1), Decimal("12.5")],
        ["AB1", "123", dt.date(2026, 3, 1), Decimal("1200.25")],
    ]


def test_a_formula_that_failed_is_refused_not_read_as_empty():
    def write(page):
        page.write_row(0, 0, ["代码", "姓名", "日期", "比例"])
        page.write_row(1, 0, ["A1", "甲"])
        page.write_formula(1, 3, "=1/0", None, "#DIV/0!")
        page.write_formula(3, 3, "=1/0", None, "#DIV/0!")

    rows, refusals = typed(tables_of(xlsx(write), "x.xlsx"))
    assert rows == []
    assert {(c.where, c.code) for c in refusals.cells} >= {
        ("人!D2", "sheets.formula"), ("人!D4", "sheets.formula"),
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_each_encoding_reads_the_same(tmp_path, encoding):
    path = tmp_path / "人.csv"
    path.write_bytes('代码,姓名\r\nA1,"张,三"\r\n'.encode(encoding))
    (table,) = read_tables(path)
    assert (table.name, table.header, table.rows) == ("人", ("代码", "姓名"), [(2, ["A1", "张,三"])])


def test_csv_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path):
    path = tmp_path / "人.csv"
    path.write_text('代码,姓名\nA1,"甲\n乙"\n,\n坏 码,丙\n', encoding="utf-8")
    rows, refusals = typed(read_tables(path))
    assert rows == []
    assert [c.where for c in refusals.cells] == ["人!B2", "人!A4"]


def test_a_cell_beyond_the_header_is_named(tmp_path):
    path = tmp_path / "人.csv"
    path.write_text("代码,姓名\nA1,甲,乙\n", encoding="utf-8")
    _rows, refusals = typed(read_tables(path))
    assert [(c.where, c.code) for c in refusals.cells] == [("人!C2", "sheets.beyond")]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "'=1", "''", "甲", "a=1"])
def test_csv_cannot_run_as_a_formula_and_reads_back(text):
    assert escaped(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    assert unescaped(escaped(text)) == text


def test_formulas_are_written_as_text_in_both_forms():
    rows = [
        {"code": "A1", "name": '=cmd|"/c calc"!A1', "born": dt.date(2026, 1, 2), "share": Decimal("-0.50")}
    ]
    data = workbook([(PEOPLE, rows)], ("说明", [["a"]]))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    for tables in (tables_of(data, "x.xlsx"), tables_of(csv_text(PEOPLE, rows).encode(), "人.csv")):
        found, refusals = typed(tables)
        assert not refusals
        assert {key: found[0][key] for key in rows[0]} == rows[0]


def test_letters():
    assert [letter(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
