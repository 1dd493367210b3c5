"""What goes out comes in again, the same; a template is an empty roster that explains itself."""

import io
import zipfile

import pytest
from roster_sample import NOW, WORDS, forget, sample

from hengjian.roster.errors import RosterRefused
from hengjian.roster.exports import exported, report_file, template
from hengjian.roster.layout import KINDS
from hengjian.roster.models import Official, Tenure
from hengjian.roster.operations import import_upload, import_workbook
from hengjian.roster.queries import rows_of
from hengjian.roster.sheets.reading import tables_of

pytestmark = pytest.mark.django_db
SAID = {"by": "office", "now": NOW, "words": WORDS}


def all_rows():
    return {
        kind: [{k: v for k, v in row.items() if "__" not in k} for row in rows_of(kind)] for kind in KINDS
    }


@pytest.mark.parametrize("form", ["xlsx", "zip"])
def test_an_export_imported_into_an_empty_roster_exports_the_same(book, form):
    rows = sample()
    rows["干部"][1][1] = '=HYPERLINK("http://x")'
    rows["干部"][3][1] = "'-王三"
    import_workbook(book(rows), **SAID)
    data, before = exported(form, WORDS), all_rows()
    forget()
    report = import_upload(data, f"名册.{form}", **SAID)
    assert [str(cell) for cell in report.refused] == []
    assert all_rows() == before
    assert Official.objects.get(code="A001").name == '=HYPERLINK("http://x")'
    assert exported(form, WORDS) == data


@pytest.mark.parametrize("form", ["xlsx", "zip"])
def test_an_export_imported_where_it_came_from_changes_nothing(book, form):
    import_workbook(book(sample()), **SAID)
    assert import_upload(exported(form, WORDS), f"名册.{form}", **SAID).changes == 0


def test_a_folder_of_csv_and_one_csv_alone_import(book, tmp_path):
    import_workbook(book(sample()), **SAID)
    data, before = exported("zip", WORDS), all_rows()
    forget()
    folder = tmp_path / "csv"
    folder.mkdir()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
    tenures = (folder / "任职.csv").rename(tmp_path / "任职.csv")
    assert import_workbook(folder, **SAID).accepted
    assert not Tenure.objects.exists()
    assert import_workbook(tenures, **SAID).accepted
    assert all_rows() == before


def test_a_template_holds_the_sheets_and_explains_each_column():
    tables = {table.name: table for table in tables_of(template(WORDS), "模板.xlsx")}
    assert list(tables) == ["机构", "功能区划定", "岗位", "干部", "任职", "说明"]
    assert all(not tables[name].rows for name in list(tables)[:5])
    told = {str(cells[1]): str(cells[2]) for _n, cells in tables["说明"].rows}
    for name in list(tables)[:5]:
        assert set(tables[name].header) <= set(told)
    assert "工业转型区（industrial_transition）" in told["功能区"]


def test_an_empty_template_is_refused_with_what_to_fill():
    with pytest.raises(RosterRefused, match="没有可导入的内容"):
        import_upload(template(WORDS), "模板.xlsx", **SAID)


def test_the_report_of_refused_cells_is_a_csv(book):
    rows = sample()
    rows["任职"][1][4] = "=很高"
    report = import_workbook(book(rows), **SAID)
    (table,) = tables_of(report_file(report.refused), "报告.csv")
    assert table.rows[0][1][:6] == ["任职!E2", "任职", "2", "E", "接任时债务率（%）", "=很高"]
    assert b",'=" in report_file(report.refused)
