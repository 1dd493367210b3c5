"""What the role that takes ballots in may do in this room.

A rater's page writes here by two operations (:mod:`hengjian.ratings.followups.telling`). They need of
``hengjian_redeemer`` what it has in the ballots' room (it finds a ballot by its receipt) and INSERT on
``followups_daybox``; of this room it can read nothing, its own neither. What came in is moved on, and put
into the log, by the program's own role (:mod:`hengjian.ratings.followups.collecting`).
"""

from hengjian.ratings.ballots.role import REDEEMER

ADDED = ("followups_sealed",)
DAY = "followups_daybox"


def rights() -> tuple[str, str]:
    """The SQL that gives the role its first rights, and the SQL that takes them."""
    added = ", ".join(ADDED)
    return f"GRANT INSERT ON {added} TO {REDEEMER}", f"REVOKE ALL ON {added} FROM {REDEEMER}"


def narrowed() -> tuple[str, str]:
    """The SQL that leaves the role the table of the day alone, and the SQL that goes back."""
    give = f"REVOKE ALL ON {', '.join(ADDED)} FROM {REDEEMER}; GRANT INSERT ON {DAY} TO {REDEEMER};"
    return give, f"REVOKE ALL ON {DAY} FROM {REDEEMER}; {rights()[0]};"
