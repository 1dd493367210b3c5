"""The ranks of the rooms, read from the import contracts, applied to relations between models.

A foreign key written as a string ("cycles.Cycle") slips past an import linter; it is a dependency
all the same.
"""

from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Field, Model

SEALED = ("integrity",)  # nothing else may relate to it
STRANGERS = ({"ratings.invitations", "ratings.ballots"},)


@dataclass(frozen=True)
class Relation:
    """A field of one room's model that points at another's."""

    field: str
    holder: str
    target: str


def ranks(root: Path) -> dict[str, int]:
    """Each room's line, counted from the bottom."""
    file = ConfigParser()
    file.read(root / ".importlinter", encoding="utf-8")
    lines = file["importlinter:contract:1-layers"]["layers"].split("\n")
    lines = [line for line in lines if line.strip()]
    return {room.strip(): rank for rank, line in enumerate(reversed(lines)) for room in line.split("|")}


def relations(models: Iterable[type[Model]]) -> Iterator[Relation]:
    """All relations that models of ours declare: foreign keys, one-to-one, many-to-many, parents."""
    fields = (field for model in models if _ours(model) for field in model._meta.get_fields())
    for field in fields:
        if isinstance(field, Field) and field.related_model is not None and _ours(field.related_model):
            yield Relation(str(field), field.model.__module__, field.related_model.__module__)


def _ours(model: type[Model]) -> bool:
    return model.__module__.startswith("hengjian.")


def _place(module: str) -> list[str]:
    return module.split(".")[1:]


def misplaced(found: Iterable[Relation], rank: dict[str, int]) -> list[str]:
    """The relations that no import would be allowed to make."""
    return [relation.field for relation in found if _is_misplaced(relation, rank)]


def _is_misplaced(relation: Relation, rank: dict[str, int]) -> bool:
    holder, target = _place(relation.holder), _place(relation.target)
    pair = {".".join(holder[:2]), ".".join(target[:2])}
    if any(pair == strangers for strangers in STRANGERS):
        return True
    if holder[0] == target[0]:
        return False
    return target[0] in SEALED or rank[target[0]] >= rank[holder[0]]
