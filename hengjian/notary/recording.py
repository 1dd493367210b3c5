"""The call by which a room puts rows it has just written into the log, in the same transaction.

The rows are read back from the database, so that what is logged is what stands there.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from django.db import models

from hengjian.notary.forms import current
from hengjian.notary.operations import append_many
from hengjian.notary.protected import protected
from hengjian.terms.calendar import SHANGHAI


def notarise(at: date | datetime, *rows: models.Model) -> None:
    """Log rows that were just written; of the time only the day in Shanghai stands in the leaf.

    Clause: SPEC F3
    """
    keys: dict[type[models.Model], list[object]] = defaultdict(list)
    for row in rows:
        keys[type(row)].append(row.pk)
    for model, found in keys.items():
        notarise_keys(model, found, at)


def notarise_keys(model: type[models.Model], keys: Sequence[object], at: date | datetime) -> None:
    """Log the rows of one table by their keys.

    Clause: SPEC F3
    """
    kind = protected(model._meta.label_lower)
    day = day_of(at)
    append_many(kind.kind, kind.contents.of([str(key) for key in keys], current(kind, day)), on=day)


def day_of(at: date | datetime) -> date:
    """The day in Shanghai."""
    return at.astimezone(SHANGHAI).date() if isinstance(at, datetime) else at
