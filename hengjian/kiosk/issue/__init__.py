"""Hands out the right to rate once: knows :mod:`hengjian.ratings.invitations` and nothing of ballots."""
