"""The commands of the roster as a person types them: what they print, and their exit codes."""

import zipfile
from contextlib import nullcontext

import pytest
from roster_sample import NOW, sample

from hengjian import cli
from hengjian.access.operations import create_user, grant
from hengjian.access.roles import Role
from hengjian.cli import session
from hengjian.roster.models import ImportBatch, Tenure

pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(monkeypatch, capsys):
    """Run a command in this process, on the test's database; gives exit code, output, errors."""
    monkeypatch.setattr(session, "django_ready", nullcontext)

    def run(*argv):
        code = cli.run(["roster", *map(str, argv)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_an_import_says_what_it_did(typed, book):
    code, out, _err = typed("import", book(sample()), "--by", "office")
    assert code == 0
    assert "任职：新增 4，变更 0，未变 0" in out
    assert ImportBatch.objects.get().by == "office"


def test_refused_cells_are_printed_and_written_and_the_exit_code_says_so(typed, book, tmp_path):
    rows = sample()
    rows["任职"][1][4] = "很高"
    code, _out, err = typed("import", book(rows), "--report", tmp_path / "报告.csv")
    assert code == 2
    assert "任职!E2（接任时债务率（%））：“很高”不是数" in err
    assert "什么也没有写入" in err
    assert "任职!E2" in (tmp_path / "报告.csv").read_text(encoding="utf-8-sig")
    assert not Tenure.objects.exists()


def test_checking_writes_nothing(typed, book):
    code, out, _err = typed("import", book(sample()), "--check")
    assert (code, "没有写入" in out) == (0, True)
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize("content", [None, b"not a workbook"])
def test_an_unreadable_file_is_one_plain_error(typed, tmp_path, content):
    path = tmp_path / "x.xlsx"
    if content is not None:
        path.write_bytes(content)
    code, _out, err = typed("import", path)
    assert code == 2
    assert "怎么办" in err
    assert "Traceback" not in err


def test_export_and_template_write_files_that_import(typed, book, tmp_path):
    grant(create_user("kaoheban", "考核办", now=NOW), Role.OFFICE, on=NOW.date(), by=None, reason="测试")
    typed("import", book(sample()))
    asked = ("--purpose", "verify", "--by", "kaoheban")
    for name in ("名册.xlsx", "名册.zip"):
        assert typed("export", "-o", tmp_path / name, *asked)[0] == 0
        code, out, _err = typed("import", tmp_path / name)
        assert (code, "任职：新增 0，变更 0，未变 4" in out) == (0, True)
    assert typed("template", "-o", tmp_path / "模板.xlsx")[0] == 0
    assert zipfile.is_zipfile(tmp_path / "模板.xlsx")
    assert typed("export", "-o", tmp_path / "名册.pdf", *asked)[0] == 2
    assert typed("export", "-o", tmp_path / "no" / "名册.zip", *asked)[0] == 2
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.real_data
def test_divisions_under_a_code(typed, real_data):
    code, out, _err = typed("divisions", real_data / "china_divisions", "--under", "110101")
    assert (code, "机构：新增 18" in out) == (0, True)
    assert typed("divisions", real_data / "china_divisions", "--under", "000000")[0] == 2
