"""What a protected row says, as bytes: every column of a form, written as the row alone decides.

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

# how columns are written; a form names it, so that an old leaf is read as it was written
WRITINGS = {
    "instant": """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    "day": "to_char({0}, 'YYYY-MM-DD')",
    "text": "{0}::text",
    "digest": "encode(sha256({0}), 'hex')",
    "list": "to_json({0})::text",
    "plain": "{0}",
}
# first fitting kind counts
_WRITTEN: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (models.DateTimeField, "instant"),
    (models.DateField, "day"),
    ((models.DecimalField, models.UUIDField, models.JSONField), "text"),
    (models.BinaryField, "digest"),
    (AS_IT_IS, "plain"),
)


@dataclass(frozen=True)
class Form:
    """The columns of a leaf by name, each with how it is written; which of them its entry shows."""

    schema: int
    columns: tuple[tuple[str, str], ...] = ()
    public: tuple[str, ...] = ()

    @classmethod
    def kept(cls, schema: int, columns: Any, public: Any) -> Form:
        """A form as a table gives it, which may be anything."""
        named = columns if isinstance(columns, dict) else {}
        shown = public if isinstance(public, list) else []
        return cls(
            schema,
            tuple(sorted((name, str(written)) for name, written in named.items())),
            tuple(map(str, shown)),
        )

    @property
    def sound(self) -> bool:
        """Whether rows can be read by it: known writings, and nothing shown that it does not have."""
        named = dict(self.columns)
        return bool(named) and set(named.values()) <= set(WRITINGS) and set(self.public) <= set(named)


@dataclass(frozen=True)
class Contents:
    """How the rows of one table become bytes.

    ``public``: columns whose values also stand readable in the entry.
    """

    kind: str
    model: type[models.Model]
    public: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of the model, sorted by name: the order of canonical JSON."""
        return tuple(name for name, _written in self._written_as)

    @cached_property
    def _written_as(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted((str(one.column), _writing(one)) for one in self.model._meta.concrete_fields))

    def form(self, schema: int) -> Form:
        """The form of the model's columns, under this number."""
        return Form(schema, self._written_as, self.public)

    def there(self) -> frozenset[str]:
        """The columns that the database's table has."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT attname FROM pg_attribute"
                " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
                [self.table],
            )
            return frozenset(name for (name,) in cursor.fetchall())

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

    def of(self, keys: Sequence[str], form: Form) -> Iterator[Content]:
        """The rows with these keys that are there, read by a form, in the order of their keys."""
        select = self._select(form)
        for start in range(0, len(keys), AT_ONCE):
            with connection.cursor() as cursor:
                cursor.execute(select, [list(keys[start : start + AT_ONCE])])
                rows = cursor.fetchall()
            for key, *cells in rows:
                yield self._written(form, key, cells)

    def _select(self, form: Form) -> str:
        parts = ", ".join(
            WRITINGS[written].format(connection.ops.quote_name(column).replace("%", "%%"))
            for column, written in form.columns
        )
        array = self.key_type.split("(")[0] + "[]"
        return (
            f"SELECT {self.key}::text AS row_key, {parts} FROM {self.table}"  # noqa: S608
            f" WHERE {self.key} = ANY(%s::{array}) ORDER BY {self.key}"
        )

    def _written(self, form: Form, key: str, cells: Sequence[Any]) -> Content:
        row = {name: cell for (name, _written), cell in zip(form.columns, cells, strict=True)}
        said = canonical({"kind": self.kind, "row": row, "schema": form.schema})
        return key, said, {column: row[column] for column in form.public}


def _pk(model: type[models.Model]) -> Column:
    found = model._meta.pk
    if found is None or not found.concrete:
        raise TypeError(f"{model.__name__} has no primary key")
    return found


def _writing(field: Column) -> str:
    kind: Column = field
    while isinstance(kind, models.ForeignKey):
        kind = kind.target_field
    for known, written in _WRITTEN:
        if isinstance(kind, known):
            return written
    if hasattr(kind, "base_field"):  # an array
        return "list"
    raise TypeError(f"{field}: no canonical form for a {type(kind).__name__}")
