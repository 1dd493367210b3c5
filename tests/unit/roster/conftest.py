"""What the tests of the roster share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def book(tmp_path):
    """Write rows into a workbook and give its path."""
    from roster_sample import write_xlsx  # models load only once Django stands

    return lambda rows: write_xlsx(tmp_path / "名册.xlsx", rows)
