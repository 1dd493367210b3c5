"""The states of a cycle and the changes that are allowed, as data.

Rules, in words:

* Facts are collected once, at ``freeze``. What is frozen and not yet scored may be opened again,
  with a reason (``unfreeze``); the earlier snapshot stays stored.
* Once there is a score sheet, nothing goes back: whoever has seen a result cannot steer it by
  changing facts. A mistake is mended by a correcting cycle that supersedes this one.
* A cycle becomes ``superseded`` only in the transaction that publishes its correction.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a cycle stands."""

    OPEN = "open", _("已建立")
    FROZEN = "frozen", _("已冻结")
    SCORED = "scored", _("已计分")
    REVIEWED = "reviewed", _("已审核")
    PUBLISHED = "published", _("已公布")
    SUPERSEDED = "superseded", _("被取代")


@dataclass(frozen=True)
class Audit:
    """Who does it, when, and why: a required argument of every change."""

    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Transition:
    """One allowed change of state; ``verb`` is the operation that makes it."""

    verb: str
    source: State
    target: State
    name: object
    needs_reason: bool
    second_person: bool = False


TRANSITIONS: tuple[Transition, ...] = (
    Transition("freeze", State.OPEN, State.FROZEN, _("冻结"), needs_reason=False),
    Transition("unfreeze", State.FROZEN, State.OPEN, _("解冻"), needs_reason=True),
    Transition("score", State.FROZEN, State.SCORED, _("计分"), needs_reason=False),
    Transition("review", State.SCORED, State.REVIEWED, _("审核"), needs_reason=True, second_person=True),
    Transition("publish", State.REVIEWED, State.PUBLISHED, _("公布"), needs_reason=False),
    Transition("supersede", State.SCORED, State.SUPERSEDED, _("取代"), needs_reason=True),
    Transition("supersede", State.REVIEWED, State.SUPERSEDED, _("取代"), needs_reason=True),
    Transition("supersede", State.PUBLISHED, State.SUPERSEDED, _("取代"), needs_reason=True),
)


def transition(verb: str, source: str) -> Transition | None:
    """The allowed change for this verb from this state, or None."""
    found = (t for t in TRANSITIONS if t.verb == verb and t.source.value == source)
    return next(found, None)


def verbs_from(source: str) -> tuple[str, ...]:
    """What can be done with a cycle in this state."""
    return tuple(t.verb for t in TRANSITIONS if t.source.value == source)


def chart() -> str:
    """The page ``docs/reference/cycle-states.md``, drawn from the table."""
    arrows = "\n".join(f"    {t.source} --> {t.target}: {t.verb}" for t in TRANSITIONS)
    rows = "\n".join(
        f"| `{t.source}` | `{t.verb}` | `{t.target}` | {'yes' if t.needs_reason else 'no'} "
        f"| {'yes' if t.second_person else 'no'} |"
        for t in TRANSITIONS
    )
    names = "\n".join(f"| `{s.value}` | {s.label} |" for s in State)
    return _PAGE.format(arrows=arrows, rows=rows, names=names)


_PAGE = """# States of a cycle

Written from `hengjian/cycles/transitions.py` by `hengjian cycle states`; a test keeps it up to date.

```mermaid
stateDiagram-v2
    [*] --> open
{arrows}
```

| From | Verb | To | Needs a reason | A second person |
|---|---|---|---|---|
{rows}

| State | On screen |
|---|---|
{names}

A trigger in the database refuses any other change of `cycles_cycle.state`. Every change is written
to the audit trail in the same transaction.
"""
