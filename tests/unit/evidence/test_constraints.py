"""Each CheckConstraint and unique constraint refuses what it is there to refuse."""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from hengjian.evidence.models import (
    Batch,
    Case,
    FeedVersion,
    Metric,
    Project,
    Quarantined,
    QuarantineDecision,
    QuarantineOpinion,
)
from tests.unit.evidence.conftest import NOW

pytestmark = pytest.mark.usefixtures("roster")
HEX = "0" * 64


def feed_version(**changed: Any) -> FeedVersion:
    return FeedVersion.objects.create(**{"digest": HEX, "code": "f", "kind": "case", "text": "x"} | changed)


def batch(**changed: Any) -> Batch:
    version, _ = FeedVersion.objects.get_or_create(
        digest=HEX, defaults={"code": "f", "kind": "case", "text": "x"}
    )
    given = {
        "id": uuid.uuid4(), "feed": "f", "feed_version": version, "kind": "case", "source_name": "s",
        "source_digest": HEX, "by": "t", "at": NOW, "read": 1, "admitted": 1, "superseding": 0,
        "known": 0, "refused": 0, "compared": 0, "agreed": 0,
    }  # fmt: skip
    return Batch.objects.create(**given | changed)


def common() -> dict[str, Any]:
    from hengjian.roster.models import Organisation

    return {
        "batch": batch(), "row": 1, "feed": "f", "organisation": Organisation.objects.get(code="330100"),
        "digest": HEX, "admitted_at": NOW,
    }  # fmt: skip


def metric(**changed: Any) -> Metric:
    own = {"metric": "gep", "period": "2026-H1", "value": Decimal(1), "unit": "yuan", "source": ""}
    return Metric.objects.create(**common() | own | changed)


def case(**changed: Any) -> Case:
    own = {
        "external_id": "A1", "case_kind": "", "status": "closed", "opened_at": NOW, "closed_at": NOW,
        "due_at": NOW, "due_basis": "legal", "counted_on": date(2026, 6, 1),
    }  # fmt: skip
    return Case.objects.create(**common() | own | changed)


def project(**changed: Any) -> Project:
    own = {
        "code": "P", "period": "2026-H1", "name": "n", "project_kind": "", "total_investment": 2,
        "fiscal_money": 1, "debt_ratio": 1, "benefit_band": "",
    }  # fmt: skip
    return Project.objects.create(**common() | own | changed)


def quarantined(**changed: Any) -> Quarantined:
    own = {
        "batch": batch(), "feed": "f", "kind": "case", "row": 1, "raw": {"a": "b"}, "raw_digest": HEX,
        "reasons": [{"code": "missing"}], "at": NOW,
    }  # fmt: skip
    return Quarantined.objects.create(**own | changed)


def decision(**changed: Any) -> QuarantineDecision:
    own = {
        "quarantined": quarantined(), "outcome": "dismissed", "changes": {}, "record": "", "by": "t",
        "at": NOW, "reason": "r",
    }  # fmt: skip
    return QuarantineDecision.objects.create(**own | changed)


def opinion(**changed: Any) -> QuarantineOpinion:
    own = {"quarantined": quarantined(), "found": "holds", "text": "t", "by": "t", "at": NOW}
    return QuarantineOpinion.objects.create(**own | changed)


def itself(make: Any) -> None:
    made = make()
    fields = (f.attname for f in made._meta.concrete_fields)
    same = {name: getattr(made, name) for name in fields} | {"id": made.pk + 1}
    type(made)(**same | {"supersedes_id": made.pk + 1}).save(force_insert=True)


REFUSED = {
    "feedversion_digest_is_sha256": lambda: feed_version(digest="x"),
    "feedversion_kind_known": lambda: feed_version(kind="ballot"),
    "batch_counts_add_up": lambda: batch(read=2),
    "batch_superseding_within_admitted": lambda: batch(superseding=2),
    "batch_agreed_within_compared": lambda: batch(agreed=1),
    "batch_source_digest_is_sha256": lambda: batch(source_digest="x" * 64),
    "batch_has_author": lambda: batch(by=""),
    "metric_digest_is_sha256": lambda: metric(digest="x"),
    "metric_never_supersedes_itself": lambda: itself(metric),
    "metric_one_first_version": lambda: (metric(), metric()),
    "metric_period_form": lambda: metric(period="2026-Q5"),
    "case_digest_is_sha256": lambda: case(digest="x"),
    "case_never_supersedes_itself": lambda: itself(case),
    "case_one_first_version": lambda: (case(), case()),
    "case_closed_after_opened": lambda: case(closed_at=NOW - timedelta(seconds=1)),
    "case_due_time_has_basis": lambda: case(due_basis=""),
    "case_status_fits_closing": lambda: case(status="open"),
    "project_digest_is_sha256": lambda: project(digest="x"),
    "project_never_supersedes_itself": lambda: itself(project),
    "project_one_first_version": lambda: (project(), project()),
    "project_amounts_not_negative": lambda: project(debt_ratio=-1),
    "project_fiscal_money_within_total": lambda: project(fiscal_money=3),
    "project_period_form": lambda: project(period="H1"),
    "quarantined_once": lambda: (quarantined(), quarantined()),
    "quarantined_digest_is_sha256": lambda: quarantined(raw_digest="x"),
    "quarantined_has_reasons": lambda: quarantined(reasons=[]),
    "decision_record_fits_outcome": lambda: decision(record=HEX),
    "decision_changes_fit_outcome": lambda: decision(changes={"a": "b"}),
    "decision_has_author_and_reason": lambda: decision(reason=""),
    "opinion_finding_known": lambda: opinion(found="guilty"),
    "opinion_has_author_and_text": lambda: opinion(text=""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        REFUSED[name]()


def test_what_is_sound_is_accepted() -> None:
    assert metric().pk
    assert case().pk
    assert case(external_id="A2", status="open", closed_at=None, due_at=None, due_basis="").pk
    assert project().pk
    assert decision().pk


def test_every_constraint_is_tested() -> None:
    from django.apps import apps

    models = apps.get_app_config("evidence").get_models()
    assert {c.name for m in models for c in m._meta.constraints} == set(REFUSED)


def test_a_record_is_superseded_once() -> None:
    first = case()
    case(supersedes=first)
    with pytest.raises(IntegrityError, match="supersedes"), transaction.atomic():
        case(supersedes=first)
