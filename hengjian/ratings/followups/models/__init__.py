"""Cases, contests, reports and flags, and what is sealed of them. All append-only, but for what is sealed.

Case, Step
    A low mark that is followed up, or a theme that several share, and each thing done about it. The state is
    the last step's. The step that opens a case carries a day and no hour. Whoever adds steps closes cases
    that nobody worked at: each step names its author and is a leaf of the log.
DayBox
    What was sealed today, durable and acknowledged; the night moves it on in the order of random numbers,
    in one transaction, and empties the table. Until then its triggers alone guard it. Reports are moved on
    as soon as a handler looks: their clocks run, and they can be read, at once.
Sealed
    What a rater or reporter left to be named, under a public key (:mod:`.boxes`): a dump of the database
    opens none. Emptied when its time ends, and never changed otherwise: not a leaf, so that nothing of it
    is left. The database lets nobody delete the row, which tells that something was there.
Look
    Written and committed before something sealed is opened: who, for what. Lost: nothing can be opened.
Reminder
    That a deadline came near or passed, once for each.
Contest, Flag, Opinion, Ruling
    What was contested or looks unusual, what each reviewer thinks by himself, and what follows.
Report, ReportStep
    Inducement and retaliation, with every measure and decision. Read by their handlers alone.
"""

from hengjian.ratings.followups.models.case import Case, Kind, Notice, Reminder, State, Step, Verb
from hengjian.ratings.followups.models.contest import Contest, Flag, FlagKind, Ground, Opinion, Ruling
from hengjian.ratings.followups.models.report import Report, ReportState, ReportStep, ReportVerb
from hengjian.ratings.followups.models.sealed import DayBox, Left, Look, Sealed, Why

__all__ = [
    "Case", "Contest", "DayBox", "Flag", "FlagKind", "Ground", "Kind", "Left", "Look", "Notice", "Opinion",
    "Reminder", "Report", "ReportState", "ReportStep", "ReportVerb", "Ruling", "Sealed", "State", "Step",
    "Verb", "Why",
]  # fmt: skip
