"""Feeds, quarantine and marks as a person types them: each verb once, what it prints, how it ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from hengjian import cli
from hengjian.cli import marks, session, words
from hengjian.evidence.models import Metric, QuarantineDecision
from hengjian.ratings.panels.models import Mark, RefusedMarkDecision

pytestmark = pytest.mark.django_db
Typed = Callable[..., tuple[int, str, str]]

FEED = """\
feed: figures
name: 指标
kind: metric
owner: 市统计局
columns: {organisation: 单位, metric: 指标, period: 周期, value: 数值, unit: 计量单位}
"""
FIGURES = """\
单位,指标,周期,数值,计量单位
990101,gep,2026-Q1,12,亿元
990199,gep,2026-Q1,9,亿元
990101,gep,2026-Q9,x,亿元
"""
MARKS = (
    "干部编号,岗位代码,考核周期,评价主体,分层,指标代码,量表,分值,评价日期,署名评价人,票数\n"
    "A1,P1,2026-Q1,superiors,,political_quality,,9,2026-03-20,,1\n"
    "A1,P1,2026-Q1,nobody,,,,9,2026-03-20,,1\n"
    "A9,P1,2026-Q1,superiors,,,,9,2026-03-20,,1\n"
)
ROSTER = {
    "机构": "机构代码,全称,层级,上级机构代码,设立日\n"
    "9901,测试市,市级,,2020-01-01\n990101,测试县,县级,9901,2020-01-01\n",
    "功能区划定": "机构代码,功能区,起\n990101,生态保护区,2020-01-01\n",
    "岗位": "岗位代码,岗位名称,机构代码,岗位类别,设立日\nP1,书记,990101,党政正职,2020-01-01\n",
    "干部": "干部编号,姓名\nA1,甲\n",
    "任职": "干部编号,岗位代码,任职日\nA1,P1,2024-01-01\n",
}


@contextmanager
def _ready(**_given: object) -> Iterator[Path]:
    yield Path()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Typed]:
    """Run a command in this process, on the test's database; gives exit code, output, errors."""
    for place in (session, marks):
        monkeypatch.setattr(place, "django_ready", _ready)

    def run(*argv: object) -> tuple[int, str, str]:
        code = cli.run([str(word) for word in argv])
        said = capsys.readouterr()
        return code, said.out, said.err

    yield run
    words.use("zh")


@pytest.fixture
def city(typed: Typed, tmp_path: Path) -> Path:
    """A roster of one seat, a feed with one good and two bad rows, marks with one good and two bad."""
    for name, text in ROSTER.items():
        (tmp_path / "roster").mkdir(exist_ok=True)
        (tmp_path / "roster" / f"{name}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "feed.yaml").write_text(FEED, encoding="utf-8")
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    (tmp_path / "marks.csv").write_text(MARKS, encoding="utf-8")
    code, _out, err = typed("roster", "import", tmp_path / "roster", "--by", "office")
    assert code == 0, err
    return tmp_path


def test_a_feed_is_checked_imported_and_its_quarantine_emptied(typed: Typed, city: Path) -> None:
    assert typed("feed", "check", city)[:2] == (
        0,
        "figures（指标）可用：metric，5 列对应，0 列不读，时区 Asia/Shanghai\n",
    )
    code, out, _err = typed("feed", "import", city, city / "figures.csv", "--by", "office")
    assert code == 0
    assert "读入 3 行：接收 1" in out
    assert Metric.objects.count() == 1
    code, out, _err = typed("quarantine", "list")
    first, second = (line.split()[0] for line in out.splitlines()[:2])
    assert "990199" in out
    assert "共 2 行" in out
    assert "数值 = 9" in typed("quarantine", "show", first)[1]
    code, out, _err = typed("quarantine", "readmit", "--all", "--reason", "再试", "--by", "office")
    assert (code, "重新接收 0 行" in out) == (0, True)
    fix = ("--set", "单位=990101", "--set", "周期=2026-Q2", "--reason", "笔误", "--by", "office")
    assert typed("quarantine", "correct", first, *fix)[0] == 0
    assert Metric.objects.count() == 2
    assert typed("quarantine", "dismiss", second, "--reason", "无此数", "--by", "office")[0] == 0
    assert {row.outcome for row in QuarantineDecision.objects.all()} == {"corrected", "dismissed"}
    assert "共 0 行" in typed("quarantine", "list")[1]


def test_what_is_not_there_is_said_with_the_next_step(typed: Typed, city: Path) -> None:
    for argv in (
        ("quarantine", "show", 999), ("quarantine", "show", 999, "--marks"),
        ("quarantine", "dismiss", 999, "--reason", "x"),
        ("quarantine", "correct", 999, "--reason", "x"),
        ("feed", "import", city, city / "none.csv"),
        ("feed", "import", city, city / "figures.csv", "--policy", "nowhere"),
        ("marks", "import", city / "none.csv"),
    ):  # fmt: skip
        code, _out, err = typed(*argv)
        assert (code, "怎么办" in err) == (2, True), argv


def test_a_workbook_is_no_text_file(typed: Typed, city: Path) -> None:
    (city / "book.xlsx").write_bytes(b"PK\x03\x04")
    code, _out, err = typed("feed", "import", city, city / "book.xlsx")
    assert (code, "file.kind" in err) == (2, True)


def test_marks_are_imported_and_their_quarantine_emptied(typed: Typed, city: Path) -> None:
    code, out, _err = typed("marks", "import", city / "marks.csv", "--by", "office")
    assert code == 0
    assert "接收 1 行（1 票）" in out
    code, out, _err = typed("quarantine", "list", "--marks")
    first, second = (line.split()[0] for line in out.splitlines()[:2])
    assert "评价主体 = nobody" in typed("quarantine", "show", first, "--marks")[1]
    assert "重新接收 0 行" in typed("quarantine", "readmit", "--all", "--marks", "--reason", "再试")[1]
    fix = ("--marks", "--set", "评价主体=superiors", "--reason", "笔误")
    assert typed("quarantine", "correct", first, *fix)[0] == 0
    assert Mark.objects.count() == 2
    assert typed("quarantine", "dismiss", second, "--marks", "--reason", "无此人")[0] == 0
    assert RefusedMarkDecision.objects.count() == 2
    assert not QuarantineDecision.objects.exists()  # the other quarantine has the same numbers


def test_the_template_of_marks_names_the_codes(typed: Typed, tmp_path: Path) -> None:
    assert typed("marks", "template", tmp_path / "m.xlsx")[0] == 0
    notes = CalamineWorkbook.from_path(str(tmp_path / "m.xlsx")).get_sheet_by_name("说明").to_python()
    codes = {row[1] for row in notes}
    assert {"superiors", "public", "masses", "political_quality"} <= codes


def test_what_cannot_be_written_leaves_nothing(typed: Typed, tmp_path: Path) -> None:
    code, _out, err = typed("marks", "template", tmp_path / "none" / "m.xlsx")
    assert (code, "cli.write" in err, "Traceback" in err) == (2, True, False)
    assert not list(tmp_path.iterdir())


def test_english_verbs(typed: Typed, city: Path) -> None:
    code, out, _err = typed("--lang", "en", "feed", "import", city, city / "figures.csv")
    assert (code, "1 admitted" in out) == (0, True)
    code, _out, err = typed("--lang", "en", "feed", "check", city / "roster")
    assert (code, "feed.yaml cannot be read" in err) == (4, True)
