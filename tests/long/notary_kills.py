"""The long form of the kill test: ``python -m tests.long.notary_kills [KILLS]``, 1,000 by default."""

import os
import sys

import pytest

if __name__ == "__main__":
    os.environ["HENGJIAN_NOTARY_KILLS"] = sys.argv[1] if len(sys.argv) > 1 else "1000"
    sys.exit(pytest.main(["tests/unit/notary/test_killed.py", "-q", "-s"]))
