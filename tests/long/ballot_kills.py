"""Ballots' kill tests in their long form: ``python -m tests.long.ballot_kills [KILLS]``, 20 by default: so
often the process is killed, and so often the server."""

import os
import sys

import pytest

if __name__ == "__main__":
    os.environ["HENGJIAN_BALLOT_KILLS"] = sys.argv[1] if len(sys.argv) > 1 else "20"
    sys.exit(pytest.main(["tests/unit/ratings/ballots/test_killed.py", "-q", "-s"]))
