"""Columns and constraints of the cycles room."""

from hengjian.cycles.models.cycle import Adjustment, AuditEntry, Cycle, NotApplicable, Withdrawal
from hengjian.cycles.models.results import (
    Publication,
    StoredPolicy,
    StoredSheet,
    StoredSnapshot,
)

__all__ = [
    "Adjustment",
    "AuditEntry",
    "Cycle",
    "NotApplicable",
    "Publication",
    "StoredPolicy",
    "StoredSheet",
    "StoredSnapshot",
    "Withdrawal",
]
