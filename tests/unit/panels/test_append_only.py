"""The database itself refuses to change, remove or empty marks; each constraint does its work."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import Error, IntegrityError

from hengjian.ratings.panels import operations
from hengjian.ratings.panels.models import Mark, MarkBatch, RefusedMark, RefusedMarkDecision
from tests.unit.panels import test_round_tables
from tests.unit.panels.conftest import DAY, NOW
from tests.unit.panels.test_marks import PEER, peers

HEX = "0" * 64
TABLES = ("panels_markbatch", "panels_mark", "panels_refusedmark", "panels_refusedmarkdecision")
MUTABLE = ("panels_draft", "panels_tokensecret")  # gone with the sheet, and with the round


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_raw_sql_is_refused(office, table: str, verb: str) -> None:
    from dataclasses import replace

    operations.admit_marks([*peers(2), replace(PEER, group="x")], office, source="测试")
    operations.dismiss_mark(RefusedMark.objects.get().pk, office, reason="r")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"SELECT count(*) FROM {table}")
        before = cursor.fetchone()
        assert before[0] > 0, "the refusal of an empty table proves nothing"
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb.format(table))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == before


def batch(**changed: Any) -> MarkBatch:
    given = {
        "id": uuid.uuid4(), "source_name": "s", "source_digest": f"{MarkBatch.objects.count():064x}",
        "policy": "seed", "policy_digest": HEX, "by": "t", "at": NOW, "read": 1, "admitted": 1,
        "refused": 0, "marks": 1,
    }  # fmt: skip
    return MarkBatch.objects.create(**given | changed)


def itself() -> None:
    number = uuid.uuid4()
    batch(id=number, supersedes_id=number)


def mark(**changed: Any) -> Mark:
    from hengjian.roster.models import Official, Post

    given = {
        "batch": batch(), "official": Official.objects.get(code="G1"), "post": Post.objects.get(code="S1"),
        "period": "2026-H1", "indicator": "", "group": "superiors", "stratum": "", "instrument": "ten_point",
        "value": Decimal(8), "given_on": DAY, "rater_key": HEX, "digest": HEX,
    }  # fmt: skip
    return Mark.objects.create(**given | changed)


def refused(**changed: Any) -> RefusedMark:
    given = {"batch": batch(), "row": 2, "raw": {"分值": "x"}, "reasons": [{"code": "c"}]}
    return RefusedMark.objects.create(**given | changed)


def decision(**changed: Any) -> RefusedMarkDecision:
    given = {"refused_mark": refused(), "outcome": "dismissed", "by": "t", "at": NOW, "reason": "r"}
    return RefusedMarkDecision.objects.create(**given | changed)


REFUSED = {
    "markbatch_counts_add_up": lambda: batch(read=2),
    "markbatch_digests_are_sha256": lambda: batch(policy_digest="x"),
    "markbatch_has_author": lambda: batch(by=""),
    "markbatch_never_supersedes_itself": itself,
    "mark_digest_is_sha256": lambda: mark(digest="x"),
    "mark_rater_only_where_signed": lambda: mark(group="peers"),
    "mark_ties_only_where_signed": lambda: mark(rater_key="", ties=["hometown"]),
    "mark_has_group": lambda: mark(group="", rater_key=""),
    "mark_period_form": lambda: mark(period="2026-H3"),
    "refusedmark_has_reasons": lambda: refused(reasons=[]),
    "refusedmark_once": lambda: refused(batch=refused().batch),
    "markdecision_batch_fits_outcome": lambda: decision(outcome="corrected"),
    "markdecision_has_author_and_reason": lambda: decision(reason=""),
}


@pytest.mark.usefixtures("posts")
@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        REFUSED[name]()


@pytest.mark.usefixtures("posts")
def test_what_is_sound_is_accepted_and_one_file_only_once() -> None:
    assert mark().pk
    assert mark(group="peers", rater_key="").pk
    assert decision().pk
    with pytest.raises(IntegrityError, match="source_digest"), transaction.atomic():
        batch(source_digest=batch().source_digest)


def test_every_constraint_and_table_is_tested() -> None:
    from django.apps import apps

    models = list(apps.get_app_config("panels").get_models())
    elsewhere = set(test_round_tables.REFUSED)
    assert {c.name for m in models for c in m._meta.constraints} == set(REFUSED) | elsewhere
    assert {m._meta.db_table for m in models} == {*TABLES, *MUTABLE, *test_round_tables.TABLES}
