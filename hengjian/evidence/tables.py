"""Rows into tables by COPY, with their numbers taken beforehand; and what stands there now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models

from hengjian.evidence.models import Case, Metric, Project
from hengjian.evidence.records import CaseDraft, Draft, MetricDraft, ProjectDraft
from hengjian.notary.recording import notarise_keys

MODELS: dict[str, type[Metric | Case | Project]] = {
    "metric": Metric,
    "case": Case,
    "project": Project,
}
_COMMON = ("id", "batch_id", "row", "feed", "organisation_id", "digest", "admitted_at", "supersedes_id")
_OWN = {
    "metric": ("metric", "period", "value", "unit", "target", "source"),
    "case": (
        "external_id", "case_kind", "status", "opened_at", "due_at", "due_basis", "closed_at",
        "reopened", "satisfied", "counted_on",
    ),
    "project": (
        "code", "period", "name", "project_kind", "total_investment", "fiscal_money", "debt_ratio",
        "debt_cap", "cash_flows", "benefit_band", "realised",
    ),
}  # fmt: skip


def values_of(draft: Draft) -> tuple[Any, ...]:
    """A draft's own column values."""
    if isinstance(draft, MetricDraft):
        return (draft.metric, draft.period, draft.value, draft.unit, draft.target, draft.source)
    if isinstance(draft, CaseDraft):
        return (
            draft.external_id, draft.kind, draft.status, draft.opened_at, draft.due_at,
            draft.due_basis, draft.closed_at, draft.reopened, draft.satisfied, draft.counted_on,
        )  # fmt: skip
    return _project_values(draft)


def _project_values(draft: ProjectDraft) -> tuple[Any, ...]:
    flows = ",".join(f'[{year},"{amount:f}"]' for year, amount in draft.cash_flows)
    return (
        draft.code, draft.period, draft.name, draft.kind, draft.total_investment,
        draft.fiscal_money, draft.debt_ratio, draft.debt_cap, f"[{flows}]", draft.benefit_band,
        draft.realised,
    )  # fmt: skip


def numbers(model: type[models.Model], count: int) -> list[int]:
    """Take ``count`` primary keys from the table's sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [number for (number,) in cursor.fetchall()]


def copy_in(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows with COPY, inside the transaction that is open."""
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@dataclass(frozen=True, slots=True)
class Version:
    """The version of a fact that stands now."""

    number: int
    digest: str
    feed: str
    batch: UUID


@dataclass(frozen=True, slots=True)
class Entry:
    """A draft that may come in, with what it replaces."""

    row: int
    draft: Draft
    digest: str
    organisation: int
    replaces: int | None


_NOW = ("id", "digest", "feed", "batch_id")


def standing(kind: str, feed: str, drafts: Sequence[Draft]) -> dict[str, Version]:
    """The versions that stand now for the drafts' keys."""
    now: Any = MODELS[kind].objects.filter(successor__isnull=True)
    if kind == "case":
        names = ["external_id"]
        found = now.filter(feed=feed, external_id__in=[d.key for d in drafts])
    elif kind == "metric":
        names = ["organisation__code", "metric", "period"]
        metrics = [d for d in drafts if isinstance(d, MetricDraft)]
        found = now.filter(metric__in={d.metric for d in metrics}, period__in={d.period for d in metrics})
    else:
        names = ["code", "period"]
        found = now.filter(code__in={d.code for d in drafts if isinstance(d, ProjectDraft)})
    rows = found.values_list(*names, *_NOW)
    return {"|".join(row[:-4]): Version(*row[-4:]) for row in rows}


def write_records(kind: str, feed: str, batch: UUID, at: datetime, entries: Sequence[Entry]) -> None:
    """Write the entries as records of the batch, and into the log."""
    ids = numbers(MODELS[kind], len(entries))
    rows = (
        (number, batch, e.row, feed, e.organisation, e.digest, at, e.replaces, *values_of(e.draft))
        for number, e in zip(ids, entries, strict=True)
    )
    copy_in(MODELS[kind], (*_COMMON, *_OWN[kind]), rows)
    notarise_keys(MODELS[kind], ids, at)
