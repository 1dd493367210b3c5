"""A copy of the shipped policy that a test may break, and the place where it broke it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from hengjian import policy
from hengjian.terms.errors import PolicyError


@dataclass
class Draft:
    """A policy folder under the test's hands."""

    root: Path

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a text that stands exactly once in the file, or create the file."""
        place = self.root / file
        if not old:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(new, encoding="utf-8")
            return
        text = place.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        place.write_text(text.replace(old, new), encoding="utf-8")

    def line(self, file: str, marker: str) -> int:
        """The line on which a text first stands."""
        text = (self.root / file).read_text(encoding="utf-8")
        assert marker in text, marker
        return text[: text.index(marker)].count("\n") + 1

    def load(self) -> policy.PolicyFolder:
        """Load what is there."""
        return policy.load(self.root)

    def faults(self) -> tuple[PolicyError, ...]:
        """Load, which must be refused."""
        with pytest.raises(policy.PolicyFaults) as caught:
            self.load()
        return caught.value.faults


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    """A copy of policies/seed."""
    shutil.copytree(policy.shipped()["seed"], tmp_path / "seed")
    return Draft(tmp_path / "seed")
