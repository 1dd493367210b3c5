"""Each rule of the loader, broken once: the fault names file, line, rule and the way out."""

import re
from pathlib import Path

import pytest

from hengjian import policy
from tests.unit.policy import breaks_of_tables, breaks_of_values
from tests.unit.policy.breaking import CARD, DEBT, ZONE, county
from tests.unit.policy.conftest import Draft

BREAKS = breaks_of_values.BREAKS | breaks_of_tables.BREAKS


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_rule_is_refused_where_it_stands(name: str, draft: Draft) -> None:
    case = BREAKS[name]
    draft.change(case.file, case.old, case.new)
    faults = [fault for fault in draft.faults() if fault.code == f"policy.{case.code}"]
    assert faults, [(f.code, f.what, f.where) for f in draft.faults()]
    fault = faults[0]
    assert case.says in fault.what
    assert case.do in fault.do
    assert fault.do
    if case.at:
        line = draft.line(case.file, case.at)
        assert fault.where == f"{draft.root}/{case.file}:{line}"
    else:
        assert fault.where.startswith(f"{draft.root}/")
        assert int(fault.where.rpartition(":")[2]) >= 1


def test_what_is_not_broken_loads(draft: Draft) -> None:
    assert draft.load().digest == policy.load(policy.shipped()["seed"]).digest


def test_a_good_tuning_loads(draft: Draft) -> None:
    draft.change("counties/c1.yaml", "", county())
    assert draft.load().id == "seed"


def _one_too_many(draft: Draft, lines: int) -> None:
    extra = ", ".join(f"extra_{n}: 1" for n in range(lines))
    draft.change(CARD, "leading_ranks: 10", f"leading_ranks: {10 - lines}, {extra}")
    text = (draft.root / "indicators/middle.yaml").read_text(encoding="utf-8")
    model = text[text.index("landing:") :]
    added = "".join(model.replace("landing:", f"extra_{n}:", 1) for n in range(lines))
    draft.change("indicators/extra.yaml", "", added)


def test_a_tenth_indicator_is_refused_by_the_lock(draft: Draft) -> None:
    _one_too_many(draft, 1)
    (fault,) = draft.faults()
    assert fault.code == "policy.overload"
    assert "10 项" in fault.what
    assert "9 项" in fault.what
    assert "A8" in fault.what
    assert "F5" in fault.what
    assert fault.where == f"{draft.root}/{CARD}:{draft.line(CARD, 'weights:')}"


def test_a_tighter_lock_holds_too(draft: Draft) -> None:
    draft.change("overload/lock.yaml", "    2025-01-01: 9", "    2025-01-01: 8")
    assert {fault.code for fault in draft.faults()} == {"policy.overload"}


def test_a_fourth_modifier_is_refused(draft: Draft) -> None:
    text = (draft.root / "modifiers/modifiers.yaml").read_text(encoding="utf-8")
    for n in range(3):
        draft.change(f"modifiers/m{n}.yaml", "", text.replace("debt:", f"debt_{n}:", 1))
    (fault,) = draft.faults()
    assert fault.code == "policy.modifiers"
    assert "4 个" in fault.what


def test_all_faults_are_listed_in_order(draft: Draft) -> None:
    draft.change(DEBT, "    2025-01-01: 120", "    2025-01-01: 多")
    draft.change(CARD, "gep: 25", "gep: 24")
    draft.change(
        "clocks/petition.yaml", "petition_extension:\n  name: 信访", "petition_extension:\n  nam: 信访"
    )
    draft.change("ratings/any_time.yaml", "    2025-01-01: 24", "    2025-01-01: [1, 2]")
    with pytest.raises(policy.PolicyFaults) as caught:
        draft.load()
    codes = [fault.code for fault in caught.value.faults]
    assert codes == [
        "policy.missing", "policy.unknown_key", "policy.value", "policy.value", "policy.weights_sum",
    ]  # fmt: skip
    assert "5 处错误" in caught.value.what
    assert str(caught.value).count("\n") == 4


def test_one_fault_does_not_draw_others(draft: Draft) -> None:
    draft.change(
        ZONE,
        "unit: 亿元\n      direction: more\n      frequency: year",
        "unit: 亿元\n      direction: up\n      frequency: year",
    )
    (fault,) = draft.faults()
    assert fault.code == "policy.choice"
    assert "more、less" in fault.do


def test_bytes_that_are_not_utf8(draft: Draft) -> None:
    (draft.root / "latent/gbk.yaml").write_bytes("甲: 1\n乙: 2\n".encode("gbk"))
    (fault,) = draft.faults()
    assert (fault.code, fault.where) == ("policy.encoding", f"{draft.root}/latent/gbk.yaml:1")


def test_an_alias_bomb_is_refused_at_once(draft: Draft) -> None:
    rows = "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    draft.change("latent/bomb.yaml", "", f"a0: &a0 [x]\n{rows}")
    (fault,) = draft.faults()
    assert (fault.code, fault.where) == ("policy.alias", f"{draft.root}/latent/bomb.yaml:1")


def test_deep_nesting_is_refused(draft: Draft) -> None:
    draft.change("latent/deep.yaml", "", f"a: {'[' * 500}{']' * 500}\n")
    (fault,) = draft.faults()
    assert fault.code == "policy.deep"


def test_a_huge_file_is_refused(draft: Draft) -> None:
    draft.change("latent/huge.yaml", "", "a: 1\n" + "#" * 2_000_001)
    (fault,) = draft.faults()
    assert fault.code == "policy.too_large"


@pytest.mark.parametrize("make", ["nothing", "a file", "an empty folder"])
def test_what_is_no_folder_of_policies(make: str, tmp_path: Path) -> None:
    place = tmp_path / "p"
    if make == "a file":
        place.write_text("id: x", encoding="utf-8")
    if make == "an empty folder":
        place.mkdir()
    with pytest.raises(policy.PolicyFaults) as caught:
        policy.load(place)
    assert caught.value.where == str(place)
    assert caught.value.exit_code == 4
    assert caught.value.do


def test_files_at_hand_are_checked_like_a_folder() -> None:
    with pytest.raises(policy.PolicyFaults) as caught:
        policy.from_files({"policy.yaml": b"id: x\n", "latent/a.yaml": b"\xff\xfe"})
    assert {fault.where for fault in caught.value.faults} == {"policy.yaml:1", "latent/a.yaml:1"}


def test_no_name_of_a_file_leads_out_of_the_folder(draft: Draft) -> None:
    outside = draft.root.parent / "secret.yaml"
    outside.write_text("x: 1\n", encoding="utf-8")
    Path(draft.root / "latent/link.yaml").symlink_to(outside)
    assert [fault.code for fault in draft.faults()] == ["policy.link"]


def test_a_folder_without_a_manifest(draft: Draft) -> None:
    (draft.root / "policy.yaml").unlink()
    (fault,) = draft.faults()
    assert (fault.code, fault.where) == ("policy.manifest", f"{draft.root}/policy.yaml:1")


def test_every_refusal_of_the_loader_is_broken_by_some_test(root: Path) -> None:
    """A rule without a test of its own would be a rule that may silently go."""
    source = "".join(p.read_text("utf-8") for p in (root / "hengjian/policy").glob("checks*.py"))
    source += (root / "hengjian/policy/library.py").read_text("utf-8")
    rules = set(re.findall(r'library\.refuse\(\s*"([a-z_]+)"', source))
    tested = {case.code for case in BREAKS.values()}
    elsewhere = {"manifest", "overload", "modifiers", "line_index"}
    assert rules - tested - elsewhere == set()
    assert len(rules) > 30
