"""The roster in memory: what is on record, what a file asks for, and the merge of both.

Nothing here writes. :mod:`checks` judges the merged register, :mod:`recording` writes it.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from pypinyin import Style, lazy_pinyin

from hengjian.roster.layout import KINDS
from hengjian.roster.models import Official, Organisation, Post, Tenure, ZoneAssignment
from hengjian.roster.sheets.columns import OPEN, Row
from hengjian.roster.sheets.report import Refusals

Key = tuple[Any, ...]
KEYS: Mapping[str, tuple[str, ...]] = {
    "organisation": ("code",),
    "zone": ("organisation", "since"),
    "post": ("code",),
    "official": ("code",),
    "tenure": ("official", "post", "since"),
}
FIELDS: Mapping[str, tuple[str, ...]] = {
    "organisation": ("name", "short_name", "level", "parent", "since", "until"),
    "zone": ("zone", "until"),
    "post": (
        "title",
        "organisation",
        "category",
        "level",
        "rank",
        "public_facing",
        "single_holder",
        "since",
        "until",
    ),
    "official": ("name", "sort_key"),
    "tenure": ("until", "opening_debt_ratio"),
}
_STORED: Mapping[str, tuple[Any, Mapping[str, str]]] = {
    "organisation": (Organisation, {"parent": "parent__code"}),
    "zone": (ZoneAssignment, {"organisation": "organisation__code"}),
    "post": (Post, {"organisation": "organisation__code"}),
    "official": (Official, {}),
    "tenure": (Tenure, {"official": "official__code", "post": "post__code"}),
}


@dataclass(slots=True)
class Entry:
    """One roster row: as it would stand after the import, and as it stands on record.

    ``row`` is the file's row that asks for it, ``old`` the values on record, ``pk`` its number there.
    """

    kind: str
    key: Key
    values: dict[str, Any]
    row: Row | None = None
    old: dict[str, Any] | None = None
    pk: int = 0
    path: str = ""

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        """Fields that differ from the record: old and new."""
        if self.old is None:
            return {}
        return {
            name: (self.old[name], self.values[name])
            for name in FIELDS[self.kind]
            if self.old[name] != self.values[name]
        }

    def label(self) -> str:
        """The key in one line."""
        return " · ".join(str(part) for part in self.key)


@dataclass(slots=True)
class Register:
    """All entries by kind and key."""

    entries: dict[str, dict[Key, Entry]] = field(default_factory=lambda: {k: {} for k in KINDS})

    def of(self, kind: str) -> dict[Key, Entry]:
        """The entries of one kind."""
        return self.entries[kind]

    def get(self, kind: str, code: str) -> Entry | None:
        """An organisation, post or official by code."""
        return self.entries[kind].get((code,))

    def touched(self, kind: str) -> Iterator[Entry]:
        """Entries that the file asks for."""
        return (one for one in self.entries[kind].values() if one.row is not None)


def recorded() -> Register:
    """The register as it stands in the database."""
    register = Register()
    for kind, (model, through) in _STORED.items():
        names = (*KEYS[kind], *(n for n in FIELDS[kind] if n not in KEYS[kind]))
        columns = ["pk", *(through.get(name, name) for name in names)]
        into = register.of(kind)
        for pk, *found in model.objects.order_by().values_list(*columns):
            values = dict(zip(names, found, strict=True))
            if kind == "organisation":
                values["parent"] = values["parent"] or ""
            key = tuple(values[name] for name in KEYS[kind])
            into[key] = Entry(kind, key, values, old=dict(values), pk=pk)
    return register


def merge(register: Register, kind: str, rows: list[Row], refusals: Refusals) -> None:
    """Put the file's rows into the register; an empty cell leaves what is on record."""
    into = register.of(kind)
    for row in rows:
        key = tuple(row[name] for name in KEYS[kind])
        entry = into.get(key)
        if entry is not None and entry.row is not None:
            row.refuse(
                refusals,
                KEYS[kind][0],
                _("与第 {n} 行是同一条（{key}）").format(n=entry.row.number, key=entry.label()),
                _("请只保留一行"),
                "roster.twice",
            )
            continue
        if entry is None:
            into[key] = Entry(kind, key, _new(kind, row, register), row)
            continue
        entry.row = row
        _update(entry, refusals)


def _new(kind: str, row: Row, register: Register) -> dict[str, Any]:
    names = (*KEYS[kind], *FIELDS[kind])
    values = {name: row[name] for name in names}
    if values.get("until") == OPEN:
        values["until"] = None
    if kind == "organisation":
        values["short_name"] = values["short_name"] or values["name"][:100]
        values["parent"] = values["parent"] or ""
    elif kind == "post":
        home = register.get("organisation", values["organisation"])
        values["level"] = values["level"] or (home["level"] if home else "")
        values["rank"] = values["rank"] or ""
        for flag in ("public_facing", "single_holder"):
            values[flag] = True if values[flag] is None else values[flag]
    elif kind == "official":
        values["sort_key"] = values["sort_key"] or pinyin(values["name"])
    return values


def _update(entry: Entry, refusals: Refusals) -> None:
    row = entry.row
    if row is None:
        return
    for name in FIELDS[entry.kind]:
        asked = row[name]
        if asked is None or name in KEYS[entry.kind]:
            continue
        value = None if name == "until" and asked == OPEN else asked
        if name == "organisation" and value != entry[name]:
            row.refuse(
                refusals,
                name,
                _("岗位在册的机构是 {old}，不能改换").format(old=entry[name]),
                _("请给旧岗位填撤销日，用新岗位代码另立一行"),
                "roster.post_moved",
            )
            continue
        if name == "opening_debt_ratio" and entry[name] is not None and value != entry[name]:
            row.refuse(
                refusals,
                name,
                _("接任时债务率已冻结为 {old}").format(old=f"{entry[name]:f}"),
                _("请填原值或留空；确系登记错误的，由有权人写明理由更正"),
                "roster.debt_ratio_frozen",
            )
            continue
        entry.values[name] = value
    if entry.kind == "official" and "name" in entry.changed and not row["sort_key"]:
        entry.values["sort_key"] = pinyin(entry["name"])


def pinyin(name: str) -> str:
    """The key by which a name is sorted: syllables with tone numbers, letters in lower case."""
    parts = lazy_pinyin(name, style=Style.TONE3, neutral_tone_with_five=True)
    return " ".join(part.strip().lower() for part in parts if part.strip())[:400] or name.lower()


def span(entry: Entry) -> tuple[dt.date, dt.date]:
    """First and last day, the last day of time when still going on."""
    return entry["since"], entry["until"] or dt.date.max
