"""Scoring: from a frozen snapshot and a policy to a sheet of workings. Part of the pure core."""
