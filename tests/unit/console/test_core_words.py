"""What the pure core says in Chinese has an English rendering: every rule, gap, caveat and refusal."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import translation

from console.conftest import BEFORE, SEED
from hengjian.console import core_words, laws

if TYPE_CHECKING:
    from hengjian.scoring.sheet import ScoreSheet, Working

DAY = date(2026, 6, 30)


@pytest.fixture
def names() -> Iterator[dict[str, str]]:
    """English names; the reader reads English."""
    with translation.override("en"):
        yield laws.names_of_codes(DAY)


def said_in(tree: Working, names: dict[str, str]) -> Iterator[str]:
    yield tree.rule
    if tree.label not in names:
        yield tree.label
    for child in tree.children:
        yield from said_in(child, names)


def said_beside(sheet: ScoreSheet) -> set[str]:
    return {seat.caveat for seat in sheet.seats} | {gap.text for seat in sheet.seats for gap in seat.gaps}


def without_english(texts: set[str], names: dict[str, str]) -> list[str]:
    return sorted(text for text in texts if core_words.rendered(text, names) is None)


@pytest.mark.parametrize("cycle", [SEED, BEFORE])
def test_every_rule_gap_and_caveat_of_the_city_has_an_english_rendering(
    city: str, cycle: str, names: dict[str, str], db: None
) -> None:
    from hengjian.cycles import queries
    from hengjian.scoring.workings import workings

    (facts, policy), sheet = queries.facts(cycle), queries.sheet(cycle)
    found = workings(facts, policy, sheet)
    texts = {text for seat in facts.seats for text in said_in(found.tree(seat.id), names)}
    assert len(texts) > 20
    assert without_english(texts | said_beside(sheet), names) == []


@pytest.mark.parametrize("cycle", [SEED, BEFORE])
@pytest.mark.parametrize("taken", ["marks", "metrics", "cases", "few"])
def test_every_gap_that_the_policies_can_name_has_an_english_rendering(
    city: str, cycle: str, taken: str, names: dict[str, str], db: None
) -> None:
    from hengjian.cycles import queries
    from hengjian.scoring.assess import assess

    facts, policy = queries.facts(cycle)
    few = tuple(replace(one, marks=one.marks[:1]) for one in facts.marks)
    facts = facts if taken in {"metrics", "cases"} else replace(facts, rated=())  # they must agree
    less = replace(facts, marks=few) if taken == "few" else replace(facts, **{taken: ()})
    if taken in {"metrics", "cases"}:
        kept = {one.organisation for one in facts.seats[:40]}
        less = replace(facts, **{taken: tuple(r for r in getattr(facts, taken) if r.organisation in kept)})
    sheet = assess(less, policy)
    assert without_english(said_beside(sheet), names) == []


def test_every_normalisation_has_an_english_rendering(names: dict[str, str]) -> None:
    from hengjian.scoring.normalising import CONSTANT, WITHIN, WORDS

    texts = {f"{one}{within}{more}" for one in WORDS.values() for within in ("", WITHIN)
             for more in ("", "；越少越好；先取自然对数；最低 0 分；最高 120.5 分")}  # fmt: skip
    assert without_english({*texts, CONSTANT}, names) == []


def test_every_refusal_of_a_permission_has_an_english_rendering(
    people: dict[str, Any], names: dict[str, str]
) -> None:
    from hengjian.access import permissions
    from hengjian.terms.errors import NotPermitted

    checks = [one for name, one in inspect.getmembers(permissions) if name.startswith("check_can_")]
    assert len(checks) > 8
    for check in checks:
        given = [people["nobody"], "D1", DAY] if "official_id" in inspect.signature(check).parameters else (
            [people["nobody"], DAY])  # fmt: skip
        with pytest.raises(NotPermitted) as refusal:
            check(*given)
        assert without_english({refusal.value.what, refusal.value.do}, names) == []


def test_figures_and_what_a_person_wrote_are_kept_and_the_unknown_is_marked_as_chinese(
    names: dict[str, str],
) -> None:
    small = "可比组仅 7 人，少于 9 人，名次只供参考"
    assert core_words.rendered(small, names) == (
        "only 7 in the comparable group, fewer than 9: the rank is for reference only"
    )
    apart = "GEP：不适用（借调；半年），权重由其他指标按比例分担"
    assert "(借调；半年)" in str(core_words.rendered(apart, {"GEP": "GEP"}))
    assert core_words.in_words("没有见过的话 <7>", names) == (
        '<span lang="zh-Hans">没有见过的话 &lt;7&gt;</span>'
    )
    with translation.override("zh-hans"):
        assert core_words.in_words(small, names) == small


def test_an_english_sheet_and_an_english_refusal_say_it_in_english(
    signed_in: Callable[[str], Client], city: str
) -> None:
    office = signed_in("office")
    office.cookies["django_language"] = "en"
    text = office.get(f"/cycles/{SEED}/seats/{city}/workings/").content.decode()
    assert "Points counted = points of the indicator" in text
    assert "计入得分 =" not in text
    official = signed_in("official")
    official.cookies["django_language"] = "en"
    refused = official.get("/cycles/")
    assert refused.status_code == 403
    assert "You are not permitted: see results" in refused.content.decode()
