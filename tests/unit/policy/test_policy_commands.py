"""``hengjian policy``: what a person sees, and how it ends."""

from pathlib import Path

import pytest

from hengjian.cli import run


def test_check_says_what_was_found(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "check", "seed", "--on", "2026-06-30"]) == 0
    out = capfd.readouterr().out
    assert "通过" in out
    assert "民评权重高于官评权重：52.38% > 47.62% 成立" in out


def test_check_lists_every_fault(draft, capfd: pytest.CaptureFixture[str]) -> None:
    draft.change("cost_benefit/debt.yaml", "    2025-01-01: 120", "    2025-01-01: 多")
    draft.change("scorecards/ecological.yaml", "gep: 25", "gep: 24")
    assert run(["policy", "check", str(draft.root)]) == 4
    err = capfd.readouterr().err
    assert "debt.yaml:" in err
    assert "权重合计 99" in err
    assert "2 处错误" in err
    assert "Traceback" not in err


def test_other_commands_tell_the_same_faults(draft, capfd: pytest.CaptureFixture[str]) -> None:
    draft.change("cost_benefit/debt.yaml", "    2025-01-01: 120", "    2025-01-01: 多")
    draft.change("scorecards/ecological.yaml", "gep: 25", "gep: 24")
    assert run(["policy", "show", str(draft.root)]) == 4
    err = capfd.readouterr().err
    assert "权重合计 99" in err
    assert "debt.yaml:" in err


def test_show_prints_one_post(capfd: pytest.CaptureFixture[str]) -> None:
    code = run(
        ["policy", "show", "seed", "--zone", "ecological", "--category", "principal", "--on", "2026-06-30"]
    )
    out = capfd.readouterr().out
    assert code == 0
    assert "生态保护区党政正职计分表" in out
    assert "25%" in out
    assert "105" in out
    assert "副职计分表" not in out
    rows = [line for line in out.splitlines() if line.startswith((" 基础指标", " 区域指标", " 岗位指标"))]
    assert len(rows) == 9
    assert len({_width(line) for line in rows}) == 1


def _width(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def test_show_of_no_such_post(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "show", "seed", "--zone", "desert"]) == 4
    assert "ecological" in capfd.readouterr().err


def test_diff_of_two_policies(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "diff", "before", "seed", "--on", "2026-06-30"]) == 0
    out = capfd.readouterr().out
    assert "生态系统生产总值" in out
    assert "处差别" in out
    assert run(["policy", "diff", "seed", "--on", "2026-01-01", "--on2", "2026-06-30"]) == 0
    assert "没有差别" in capfd.readouterr().out


def test_docs_are_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "docs", "seed", "-o", str(tmp_path / "a"), "--on", "2026-06-30"]) == 0
    assert run(["policy", "docs", "seed", "-o", str(tmp_path / "b"), "--on", "2026-06-30"]) == 0
    first = {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()}
    assert first == {p.name: p.read_bytes() for p in (tmp_path / "b").iterdir()}
    assert len(first) == 4
    assert "4 份" in capfd.readouterr().out


def test_a_folder_that_is_not_there(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "check", "/no/such"]) == 4
    assert "不存在" in capfd.readouterr().err


def test_show_of_an_index(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "show", str(root / "tests/policies/hdi"), "--on", "2022-09-08"]) == 0
    assert "加权几何平均" in capfd.readouterr().out
