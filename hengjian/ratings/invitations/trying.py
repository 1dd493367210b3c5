"""What a spreadsheet of events would do: judged row by row, nothing written, no key made."""

from dataclasses import dataclass
from pathlib import Path

from hengjian.notary.recording import day_of
from hengjian.ratings.invitations.checks import Context
from hengjian.ratings.invitations.operations import Office
from hengjian.ratings.invitations.sheet import LAYOUT, Reason, read_events
from hengjian.ratings.invitations.taking import sorted_out
from hengjian.roster.layout import NOTES_TITLE
from hengjian.roster.sheets.writing import workbook


@dataclass(frozen=True)
class EventsTrial:
    """How many rows were read, and why which of them would be refused. Personal cells are in no reason."""

    read: int
    report: tuple[tuple[int, Reason], ...]


def try_events(path: Path, office: Office) -> EventsTrial:
    """Judge a file of events.

    Raises: EventsRefused, FileRefused when it is no such file.
    """
    rows = read_events(path)
    context = Context(office.policy, day_of(office.now), office.by, office.sources, office.scope)
    _good, bad = sorted_out(rows, context)
    return EventsTrial(len(rows), tuple((row.number, reason) for row in bad for reason in row.reasons))


def template() -> bytes:
    """An empty spreadsheet of events with its lists and notes."""
    notes = [
        [LAYOUT.title, one.title, ("必填。" if one.required else "可空。") + one.note]
        for one in LAYOUT.columns
    ]
    return workbook([(LAYOUT, ())], (NOTES_TITLE, notes))
