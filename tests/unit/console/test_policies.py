"""Policy pages show the policy files' own figures."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from hengjian.console.rights import today
from hengjian.policy import load, shipped
from hengjian.terms.numbers import shown

Browser = Callable[[str], Client]


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


@pytest.mark.parametrize("policy_id", ["seed", "before"])
@pytest.mark.parametrize("tab", ["", "scorecards/", "panel/", "parameters/"])
def test_every_tab_of_every_shipped_policy_opens(signed_in: Browser, policy_id: str, tab: str) -> None:
    assert "制度" in page(signed_in("auditor"), f"/policies/{policy_id}/{tab}")


def test_the_panel_page_shows_105_as_written_and_normalised(signed_in: Browser) -> None:
    policy = load(shipped()["seed"]).in_force(today())
    text = page(signed_in("office"), "/policies/seed/panel/")
    for group in policy.groups:
        assert shown(group.weight) in text
    assert policy.panel.total == 105 or "105" in str(policy.panels)
    for share in (policy.official_share(), policy.public_share()):
        assert shown(share.percent) in text


def test_one_post_one_table_shows_the_chosen_posts_weights(signed_in: Browser) -> None:
    policy = load(shipped()["seed"]).in_force(today())
    text = page(signed_in("office"), "/policies/seed/scorecards/?zone=ecological&category=deputy")
    card = policy.scorecard("ecological", "deputy")
    assert f"{policy.zones['ecological'].zh} × {policy.categories['deputy'].zh}" in text
    for line in card.lines:
        assert policy.indicators[line.indicator].name in text
        assert shown(line.weight) in text


def test_a_parameter_shows_clause_owner_and_reading(signed_in: Browser) -> None:
    policy = load(shipped()["seed"]).in_force(today())
    text = page(signed_in("office"), "/policies/seed/parameters/")
    for parameter in policy.parameters.values():
        assert parameter.key in text
        assert parameter.provenance.clause in text
    assert policy.grades[0].quota == 0.2
    assert '<td class="n">20%</td>' in text


def test_the_comparison_shows_62_against_11_and_the_shares(signed_in: Browser) -> None:
    text = page(signed_in("office"), "/policies/compare/?old=before&new=seed")
    old = load(shipped()["before"]).in_force(today())
    assert "62.00" in text
    assert "11.00" in text
    assert not old.parameters
    assert "两套制度没有共同规定的参数" in text
    assert shown(old.public_share().percent) in text


def test_a_group_outside_the_hundred_is_shown_with_its_plus_and_minus(
    signed_in: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "舆论监督 ±5.00" in page(signed_in("office"), "/policies/seed/panel/")  # the preset not in force
    folder = tmp_path / "seed"
    shutil.copytree(shipped()["seed"], folder)
    preset = folder / "panel" / "preset.yaml"
    text = preset.read_text(encoding="utf-8")
    preset.write_text(text.replace("2025-01-01: literal", "2025-01-01: media_outside"), encoding="utf-8")
    monkeypatch.setattr("hengjian.console.laws.shipped", lambda: {"seed": folder})
    said = page(signed_in("office"), "/policies/seed/panel/")
    assert '<td class="n">±5.00</td>' in said
    assert "百分之外最多（分）" in said
