"""What a protected row says, as bytes: every column, in a form that the row alone decides.

The bytes are made from what the database holds, never from what a program meant to write: the same
query serves when a row is logged and when the reconciliation holds it against its leaf. No setting
of a session (time zone, float digits, byte output) has a say in it.

Trusted: no. Whoever may write the table decides what is read here; that it differs from what was
logged is what the reconciliation finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from django.db import connection, models

from hengjian.terms.canonical import canonical

AS_IT_IS = (models.IntegerField, models.CharField, models.TextField, models.BooleanField, models.FloatField)
AT_ONCE = 2_000

Column: TypeAlias = "models.Field[Any, Any]"

Content = tuple[str, bytes, Mapping[str, str | int]]  # key, bytes, what stands readable in the entry

# first fitting kind counts
_WRITTEN: tuple[tuple[type, str], ...] = (
    (models.DateTimeField, """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""),
    (models.DateField, "to_char({0}, 'YYYY-MM-DD')"),
    (models.DecimalField, "{0}::text"),
    (models.UUIDField, "{0}::text"),
    (models.JSONField, "{0}::text"),
    (models.BinaryField, "encode(sha256({0}), 'hex')"),
)


@dataclass(frozen=True)
class Contents:
    """How the rows of one table become bytes.

    ``public``: columns whose values also stand readable in the entry.
    """

    kind: str
    schema: int
    model: type[models.Model]
    public: tuple[str, ...] = ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """All columns, sorted by name: the order of canonical JSON."""
        return tuple(sorted(self._fields))

    @cached_property
    def _fields(self) -> dict[str, Column]:
        return {str(field.column): field for field in self.model._meta.concrete_fields}

    @cached_property
    def _select(self) -> str:
        parts = ", ".join(_expression(column, self._fields[column]) for column in self.columns)
        return f"SELECT {self.key}::text AS row_key, {parts} FROM {self.table}"  # noqa: S608

    @cached_property
    def table(self) -> str:
        """The table's name, quoted."""
        return connection.ops.quote_name(self.model._meta.db_table)

    @cached_property
    def key(self) -> str:
        """The primary key's column, quoted."""
        return connection.ops.quote_name(str(_pk(self.model).column))

    @cached_property
    def key_type(self) -> str:
        """The database's type of the primary key."""
        found = _pk(self.model).rel_db_type(connection)
        if found is None:
            raise TypeError(f"{self.kind}: the primary key has no column")
        return found

    def of(self, keys: Sequence[str]) -> Iterator[Content]:
        """The rows with these keys that are there, in the order of their keys."""
        for start in range(0, len(keys), AT_ONCE):
            with connection.cursor() as cursor:
                cursor.execute(self._by_keys, [list(keys[start : start + AT_ONCE])])
                rows = cursor.fetchall()
            for key, *cells in rows:
                yield self._written(key, cells)

    @cached_property
    def _by_keys(self) -> str:
        array = self.key_type.split("(")[0] + "[]"
        return f"{self._select} WHERE {self.key} = ANY(%s::{array}) ORDER BY {self.key}"

    def _written(self, key: str, cells: Sequence[Any]) -> Content:
        row = dict(zip(self.columns, cells, strict=True))
        said = canonical({"kind": self.kind, "row": row, "schema": self.schema})
        return key, said, {column: row[column] for column in self.public}


def _pk(model: type[models.Model]) -> Column:
    found = model._meta.pk
    if found is None or not found.concrete:
        raise TypeError(f"{model.__name__} has no primary key")
    return found


def _expression(column: str, field: Column) -> str:
    name = connection.ops.quote_name(column)
    kind: Column = field
    while isinstance(kind, models.ForeignKey):
        kind = kind.target_field
    for known, written in _WRITTEN:
        if isinstance(kind, known):
            return written.format(name)
    if isinstance(kind, AS_IT_IS):
        return name
    if hasattr(kind, "base_field"):  # an array
        return f"to_json({name})::text"
    raise TypeError(f"{field}: no canonical form for a {type(kind).__name__}")
