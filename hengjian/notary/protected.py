"""Which tables are protected: every row a leaf, or within a night's leaf, of a kind named after the table.

A room names its tables in ``AppConfig.ready``; whoever appends, reconciles or proves looks here.
A kind without a table is given whole, as a :class:`Protected`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db import models

    from hengjian.notary.contents import Contents


@dataclass(frozen=True)
class Protected:
    """One kind of leaf. ``public``: columns that stand readable in the entry, never about a person.

    ``schema``: the number of the first form (:mod:`hengjian.notary.forms`). ``shuffled``: the leaves of one
    append stand in an order drawn by chance. ``nightly``: no leaf of its own; the night takes all such rows
    into one leaf (:mod:`hengjian.notary.nights`), so that the public log counts none of them.
    ``model_label`` is empty for a kind that has no table.
    """

    kind: str
    schema: int = 1
    model_label: str = ""
    shuffled: bool = False
    public: tuple[str, ...] = ()
    nightly: bool = False

    @cached_property
    def contents(self) -> "Contents":
        """How the rows of this kind's table are read as bytes."""
        from django.apps import apps

        from hengjian.notary.contents import Contents

        return Contents(self.kind, apps.get_model(self.model_label), self.public)


_KINDS: dict[str, Protected] = {}


def protect(
    *what: "type[models.Model] | Protected",
    shuffled: bool = False,
    public: tuple[str, ...] = (),
    nightly: bool = False,
) -> None:
    """Say that every row of these tables is a leaf, or stands in its night's; the kind is the model's label
    in lower case.

    Raises: ValueError for a second meaning of a name that is taken.
    """
    for one in what:
        if not isinstance(one, Protected):
            label = one._meta.label_lower
            one = Protected(label, 1, label, shuffled, public, nightly)  # noqa: PLW2901
        if _KINDS.setdefault(one.kind, one) != one:
            raise ValueError(f"the kind {one.kind} is protected twice")


def protected(kind: str) -> Protected:
    """The kind of this name. Raises: KeyError when no room has named it."""
    return _KINDS[kind]


def kinds() -> tuple[Protected, ...]:
    """All kinds, by name."""
    return tuple(_KINDS[name] for name in sorted(_KINDS))
