"""Loads and checks policies, answers what is in force on a day, cites clauses.

The law is data: weights, limits, deadlines and readings stand in ``policies/``, dated, each with
its clause, unit and owner. This room holds the mechanisms.
"""

from hengjian.policy.errors import PolicyFaults
from hengjian.policy.folder import PolicyFolder, from_files, load, shipped
from hengjian.policy.policy import Policy

__all__ = ["Policy", "PolicyFaults", "PolicyFolder", "from_files", "load", "shipped"]
