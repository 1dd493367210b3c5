"""Documents and differences come from the files, and change with them."""

from datetime import date

import pytest

from hengjian import policy
from hengjian.policy.changes import changes
from hengjian.policy.measures import documents
from hengjian.policy.measures_text import TEXTS
from hengjian.policy.words import numeral

ON = date(2026, 6, 30)


@pytest.fixture(scope="module")
def seed() -> policy.Policy:
    """The shipped policy."""
    return policy.load(policy.shipped()["seed"]).in_force(ON)


def test_the_package_is_one_plan_and_three_measures(seed: policy.Policy) -> None:
    written = documents(seed)
    assert list(written) == [
        "1-考核评价改革总体方案.md",
        "2-指标库管理办法.md",
        "3-多元评价办法.md",
        "4-结果运用办法.md",
    ]
    for text in written.values():
        assert "**第一条**" in text
        assert "{" not in text
        assert "@" not in text


def test_the_same_policy_gives_the_same_bytes(seed: policy.Policy) -> None:
    again = policy.from_files(policy.load(policy.shipped()["seed"]).files).in_force(ON)
    assert documents(seed) == documents(again)


def test_a_weight_in_the_file_is_the_weight_in_the_text(draft) -> None:
    old = "\n".join(documents(draft.load().in_force(ON)).values())
    draft.change("scorecards/ecological.yaml", "gep: 25, farm_processing: 8", "gep: 26, farm_processing: 7")
    new = "\n".join(documents(draft.load().in_force(ON)).values())
    assert "生态系统生产总值 | 26%" not in old
    assert "生态系统生产总值 | 26%" in new


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("ratings/any_time.yaml", "    2025-01-01: 24", "    2025-01-01: 36", "办结后36小时内"),
        ("upkeep/windows.yaml", "    2025-01-01: 15", "    2025-01-01: 12", "12日内同步更新"),
        (
            "grades/grades.yaml",
            "{least: 90, quota: 20}",
            "{least: 88, quota: 18}",
            "88 分以上的，可以建议为优秀",
        ),
        ("panels/presets.yaml", "        media: 5", "        media: 6", "| 舆论监督 | 民评 | 6 | 5.66% |"),
        ("calendar/2026.yaml", "元旦: [2026-01-01/2026-01-03]", "元旦: [2026-01-01]", "元旦 2026-01-01；"),
    ],
)
def test_any_figure_in_the_text_comes_from_the_file(draft, file: str, old: str, new: str, said: str) -> None:
    assert said not in "\n".join(documents(draft.load().in_force(ON)).values())
    draft.change(file, old, new)
    assert said in "\n".join(documents(draft.load().in_force(ON)).values())


def test_no_sentence_of_the_package_has_a_figure_of_its_own() -> None:
    for chapters in TEXTS.values():
        for _, sentences in chapters:
            for sentence in sentences:
                fixed = "".join(part.rpartition("}")[2] for part in sentence.split("{"))
                assert not any(letter.isdigit() for letter in fixed), sentence


def test_every_parameter_is_told(seed: policy.Policy) -> None:
    plan = documents(seed)["1-考核评价改革总体方案.md"]
    for key, parameter in seed.parameters.items():
        assert f"| {key} | {parameter.name} |" in plan


def test_every_folder_can_be_written(seed: policy.Policy) -> None:
    old = policy.load(policy.shipped()["before"]).in_force(ON)
    assert "招商引资" in documents(old)["2-指标库管理办法.md"]
    hdi = policy.load("tests/policies/hdi").in_force(ON)
    assert "加权几何平均" in documents(hdi)["2-指标库管理办法.md"]


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一"), (101, "一百零一"), (110, "一百一十")],
)
def test_articles_are_counted_as_in_law(number: int, text: str) -> None:
    assert numeral(number) == text


def test_nothing_differs_from_itself(seed: policy.Policy) -> None:
    assert changes(seed, seed) == ()


def test_what_changed_between_two_policies(seed: policy.Policy) -> None:
    old = policy.load(policy.shipped()["before"]).in_force(ON)
    found = {(c.section, c.subject, c.what): (c.before, c.after) for c in changes(old, seed)}
    assert found["权重", "生态保护区党政正职", "生态系统生产总值"] == ("8%", "25%")
    assert found["评价主体", "群众与服务对象", "权重"] == ("9%（原文 9）", "33.33%（原文 35）")
    assert found["可比组", "名次比较", "按"] == ("层级", "功能区、层级、岗位类别")
    assert found["参数", "超限债务率扣减率", "cost_benefit.debt_penalty"] == ("—", "2%/百分点")


def test_what_changed_between_two_days_of_one(draft) -> None:
    draft.change("cost_benefit/debt.yaml", "    2025-01-01: 120", "    2025-01-01: 120\n    2026-07-01: 110")
    folder = draft.load()
    (change,) = changes(folder.in_force(ON), folder.in_force(date(2026, 7, 1)))
    assert (change.subject, change.before, change.after) == ("债务率上限", "120%", "110%")


def test_differences_run_both_ways(seed: policy.Policy) -> None:
    old = policy.load(policy.shipped()["before"]).in_force(ON)
    there = {(c.section, c.subject, c.what, c.before, c.after) for c in changes(old, seed)}
    back = {(c.section, c.subject, c.what, c.after, c.before) for c in changes(seed, old)}
    assert {t[:1] + t[3:] for t in there if t[2] not in {"增设", "取消"}} == {
        t[:1] + t[3:] for t in back if t[2] not in {"增设", "取消"}
    }
