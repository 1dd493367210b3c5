"""Which columns a leaf is over, and how each is written: the form that its schema number names.

A table gains a column and old leaves stay what they were: each is read by its own form. A form is kept
when rows are first logged whose columns are not those of a form that is known, and is itself a leaf.

Trusted: no. Whoever shortens a form to hide a column changes a logged row, which the reconciliation
names; and a form, however it came in, must have every column that an earlier form of its kind has and
the table still holds. What rows are logged by, the program decides from its model, never the table of
forms: that gives the number only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from hengjian.notary.contents import Form
from hengjian.notary.delivering import deliver
from hengjian.notary.models import Commitment, ContentForm
from hengjian.notary.protected import Protected, kinds, protected

_OWN = "notary.contentform"
_LOCK = 0x666F726D73  # "forms"

_known: dict[tuple[Any, ...], int] = {}


def current(kind: Protected, on: date) -> Form:
    """The form of the columns that the kind's table has in this program; kept when it is new.

    Clause: SPEC F3
    """
    if not kind.model_label:
        return Form(kind.schema)
    if kind.kind == _OWN:  # what says how forms are read cannot be looked up among them
        return kind.contents.form(kind.schema)
    place = _place(kind)
    if place not in _known:
        number = _number(kind) or _keep(kind, on)
        transaction.on_commit(lambda: _known.__setitem__(place, number))
        return kind.contents.form(number)
    return kind.contents.form(_known[place])


def _place(kind: Protected) -> tuple[Any, ...]:
    given = connection.settings_dict
    return given["HOST"], given["PORT"], given["NAME"], kind


def _number(kind: Protected) -> int | None:
    """The newest form with just these columns."""
    said = kind.contents.form(0)
    found = ContentForm.objects.filter(kind=kind.kind, columns=dict(said.columns), public=list(said.public))
    newest: int | None = found.aggregate(newest=Max("schema"))["newest"]
    return newest


def _keep(kind: Protected, on: date) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if (number := _number(kind)) is not None:  # another process was quicker
            return number
        number = _next(kind)
        said, key = kind.contents.form(number), f"{kind.kind}/{number}"
        ContentForm.objects.create(
            name=key, kind=kind.kind, schema=number, columns=dict(said.columns), public=list(said.public)
        )
        own = protected(_OWN)
        deliver(own, own.schema, list(own.contents.of([key], own.contents.form(own.schema))), on)
    return number


def _next(kind: Protected) -> int:
    """A number that no form had, not even one that somebody removed.

    The first form is what rows were logged by before forms were kept.
    """
    own = Commitment.objects.filter(kind=_OWN, key__startswith=f"{kind.kind}/")
    tails = [key.rpartition("/")[2] for key in own.values_list("key", flat=True)]
    numbers = [int(tail) for tail in tails if tail.isdecimal()]
    numbers += ContentForm.objects.filter(kind=kind.kind).values_list("schema", flat=True)
    return max(numbers) + 1 if numbers else kind.schema


def keep_all(wanted: tuple[Protected, ...], on: date) -> None:
    """Keep the form of every kind that has leaves and a table."""
    for kind in wanted:
        if kind.model_label and Commitment.objects.filter(kind=kind.kind).exists():
            current(kind, on)


def keep_nightly(on: date) -> None:
    """Keep the forms of all nightly kinds, rows or none: the form of the first case would tell of the first
    low mark. Done when the log begins to run, and every night.

    Clause: NORMS L5
    """
    for kind in kinds():
        if kind.nightly:
            current(kind, on)


@dataclass(frozen=True)
class Held:
    """The forms of one kind as they are kept, held against each other and against the table."""

    kind: Protected
    forms: Mapping[int, Form]
    there: frozenset[str]  # columns of the table

    @classmethod
    def of(cls, kind: Protected) -> Held:
        """Read them."""
        if kind.kind == _OWN:
            own = kind.contents.form(kind.schema)
            return cls(kind, {own.schema: own}, frozenset(dict(own.columns)))
        rows = ContentForm.objects.filter(kind=kind.kind).order_by("schema")
        forms = {row.schema: Form.kept(row.schema, row.columns, row.public) for row in rows}
        return cls(kind, forms, kind.contents.there())

    def readable(self, schema: int) -> Form | None:
        """The form of this number, when rows can be read by it."""
        form = self.forms.get(schema)
        return form if form is not None and form.sound and not self.gone(form) else None

    def gone(self, form: Form) -> list[str]:
        """Columns of a form that the table no longer has: dropped, or renamed."""
        return sorted({name for name, _written in form.columns} - self.there)

    def lacking(self) -> Iterator[tuple[int, str]]:
        """Columns that a form leaves out though an earlier form has them and so has the table."""
        earlier: set[str] = set()
        for schema, form in sorted(self.forms.items()):
            names = {name for name, _written in form.columns}
            yield from ((schema, name) for name in sorted((earlier & self.there) - names))
            earlier |= names


def form_of(kind: Protected, schema: int) -> Form | None:
    """By which form a leaf of this number is read; None when its rows cannot be read by it."""
    return Held.of(kind).readable(schema)
