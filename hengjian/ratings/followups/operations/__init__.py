"""The writes of the office's side: cases, what is sealed, reports, contests and flags.

What raters write stands in :mod:`hengjian.ratings.followups.telling`, what the night writes in
:mod:`hengjian.ratings.followups.jobs`. Each checks role, scope and unit of whoever acts, is one transaction
with its leaves, and leaves the whole or nothing when killed.
"""
