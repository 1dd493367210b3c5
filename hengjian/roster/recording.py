"""Write a merged register: new rows and changed rows, inside the caller's transaction."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, models

from hengjian.notary.recording import notarise
from hengjian.roster.layout import KINDS
from hengjian.roster.models import (
    Change,
    ImportBatch,
    Official,
    Organisation,
    Post,
    Tenure,
    ZoneAssignment,
)
from hengjian.roster.register import Entry, Register

Progress = Callable[[int, int], None]
BATCH = 2_000
_MODELS: Mapping[str, type[models.Model]] = {
    "organisation": Organisation,
    "zone": ZoneAssignment,
    "post": Post,
    "official": Official,
    "tenure": Tenure,
}
# field in the register -> (column's attribute, kind it refers to)
_REFERENCES: Mapping[str, tuple[str, str]] = {
    "parent": ("parent_id", "organisation"),
    "organisation": ("organisation_id", "organisation"),
    "post": ("post_id", "post"),
    "official": ("official_id", "official"),
}


def counts(register: Register) -> dict[str, dict[str, int]]:
    """How many of the file's rows are new, change something, or change nothing, by kind."""
    found = {}
    for kind in KINDS:
        touched = list(register.touched(kind))
        new = sum(one.old is None for one in touched)
        changed = sum(bool(one.changed) for one in touched)
        found[kind] = {"new": new, "changed": changed, "same": len(touched) - new - changed}
    return found


def record(register: Register, batch: ImportBatch, progress: Progress | None) -> None:
    """Write everything that is new or changed; endings go first, so that successors find room."""
    changed = [
        one for kind in KINDS for one in register.of(kind).values() if one.old is not None and one.changed
    ]
    new = {kind: [e for e in register.of(kind).values() if e.old is None] for kind in KINDS}
    total = len(changed) + sum(map(len, new.values()))
    done = 0
    for kind in KINDS:
        _number(kind, new[kind])
    _defer()
    for kind in KINDS:
        for part in _parts(new[kind]):
            _MODELS[kind]._default_manager.bulk_create([_row(one, register) for one in part])
            done = _report(done + len(part), total, progress)
        ours = [one for one in changed if one.kind == kind]
        for part in _parts(ours):
            _rewrite(kind, part, register)
            done = _report(done + len(part), total, progress)
    _move_subtrees(register)
    _note_changes(changed, batch)
    _settle()


def _report(done: int, total: int, progress: Progress | None) -> int:
    if progress is not None:
        progress(done, total)
    return done


def _parts(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    return (entries[start : start + BATCH] for start in range(0, len(entries), BATCH))


def _number(kind: str, entries: Sequence[Entry]) -> None:
    """Draw the numbers of new rows at once, so that rows can refer to one another."""
    table = _MODELS[kind]._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, len(entries)],
        )
        for one, (pk,) in zip(entries, cursor.fetchall(), strict=True):
            one.pk = pk


def _defer() -> None:
    """Judge overlaps at the end: in between, an ending may stand after its successor."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _settle() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # checked; whoever goes on in this transaction finds them as they were declared
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _columns(one: Entry, register: Register) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, value in one.values.items():
        if name in _REFERENCES:
            attribute, kind = _REFERENCES[name]
            home = register.get(kind, value) if value else None
            columns[attribute] = home.pk if home else None
        else:
            columns[name] = value
    if one.kind == "organisation":
        columns["path"] = one.path
    if one.kind == "tenure":
        post = register.get("post", one["post"])
        columns["single_holder"] = bool(post and post["single_holder"])
    return columns


def _row(one: Entry, register: Register) -> Any:
    return _MODELS[one.kind](pk=one.pk, **_columns(one, register))


def _rewrite(kind: str, part: Sequence[Entry], register: Register) -> None:
    fields = sorted({name for one in part for name in one.changed})
    # the post's flag reaches its tenures by the foreign key itself (ON UPDATE CASCADE)
    rows = [_row(one, register) for one in part]
    _MODELS[kind]._default_manager.bulk_update(rows, fields, batch_size=BATCH)


def _move_subtrees(register: Register) -> None:
    """Give an organisation that moved, and all under it, their new paths."""
    known = dict(Organisation.objects.order_by().values_list("pk", "path"))
    moved = [
        Organisation(pk=one.pk, path=one.path)
        for one in register.of("organisation").values()
        if known[one.pk] != one.path
    ]
    Organisation.objects.bulk_update(moved, ["path"], batch_size=BATCH)


def _note_changes(changed: Iterable[Entry], batch: ImportBatch) -> None:
    noted = Change.objects.bulk_create(
        [
            Change(batch=batch, kind=one.kind, key=one.label(), field=name, old=told(old), new=told(new))
            for one in changed
            for name, (old, new) in one.changed.items()
        ],
        batch_size=BATCH,
    )
    notarise(batch.at, *noted)


def told(value: Any) -> str:
    """A value as the change log keeps it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)
