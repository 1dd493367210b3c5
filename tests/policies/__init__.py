"""Policies of the tests: two plain folders, and two that are written from the shared data."""
