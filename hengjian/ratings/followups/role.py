"""What the role that takes ballots in may do in this room.

A rater's page writes here by two operations (:mod:`hengjian.ratings.followups.telling`). They need of
``hengjian_redeemer`` what it has in the ballots' room (it finds a ballot by its receipt) and INSERT on
``followups_sealed``; of this room it can read nothing, its own neither. What came in is taken up, and put
into the log, by the program's own role (:func:`hengjian.ratings.followups.reports.take_up`).
"""

from hengjian.ratings.ballots.role import REDEEMER

ADDED = ("followups_sealed",)


def rights() -> tuple[str, str]:
    """The SQL that gives the role its rights, and the SQL that takes them."""
    added = ", ".join(ADDED)
    return f"GRANT INSERT ON {added} TO {REDEEMER}", f"REVOKE ALL ON {added} FROM {REDEEMER}"
