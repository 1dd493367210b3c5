"""Ballots' kill tests in their long form: ``python -m tests.long.ballot_kills [KILLS]``, 200 by default."""

import os
import sys

import pytest

if __name__ == "__main__":
    os.environ["HENGJIAN_BALLOT_KILLS"] = sys.argv[1] if len(sys.argv) > 1 else "200"
    sys.exit(pytest.main(["tests/unit/ratings/ballots/test_killed.py", "-q", "-s"]))
