"""Relations between models obey the same ranks as imports."""

from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from tests.unit.house.ranks import Relation, misplaced, ranks, relations


def test_relations_point_downward(root: Path) -> None:
    found = list(relations(apps.get_models()))
    assert len(found) > 5
    assert misplaced(found, ranks(root)) == []


@isolate_apps("hengjian.access", "hengjian.cycles")
def test_upward_foreign_key_by_string_is_caught(root: Path) -> None:
    class Cycle(models.Model):
        __module__ = "hengjian.cycles.models"

        class Meta:
            app_label = "cycles"

    class Badge(models.Model):
        __module__ = "hengjian.access.models"
        cycle = models.ForeignKey("cycles.Cycle", on_delete=models.CASCADE)
        seen_in = models.ManyToManyField("cycles.Cycle", related_name="+")

        class Meta:
            app_label = "access"

    class Mark(models.Model):
        __module__ = "hengjian.cycles.models"
        badge = models.ForeignKey("access.Badge", on_delete=models.CASCADE)

        class Meta:
            app_label = "cycles"

    found = list(relations([Cycle, Badge, Mark]))
    assert misplaced(found, ranks(root)) == ["access.Badge.cycle", "access.Badge.seen_in"]


@pytest.mark.parametrize(
    ("holder", "target", "caught"),
    [
        ("hengjian.cycles.models", "hengjian.roster.models", False),
        ("hengjian.roster.models", "hengjian.cycles.models", True),
        ("hengjian.evidence.models", "hengjian.ratings.panels.models", True),
        ("hengjian.ratings.ballots.models", "hengjian.ratings.invitations.models", True),
        ("hengjian.ratings.invitations.models", "hengjian.ratings.ballots.models", True),
        ("hengjian.ratings.invitations.models", "hengjian.ratings.panels.models", False),
        ("hengjian.outcomes.models", "hengjian.integrity.models", True),
        ("hengjian.cycles.models.bundles", "hengjian.cycles.models.cycles", False),
    ],
)
def test_each_forbidden_pair_is_caught(root: Path, holder: str, target: str, caught: bool) -> None:
    assert bool(misplaced([Relation("x.y.z", holder, target)], ranks(root))) is caught
