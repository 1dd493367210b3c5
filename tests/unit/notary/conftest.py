"""Kinds that only these tests log."""

from collections.abc import Iterator

import pytest

from hengjian.notary import protected


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    """A plain kind and a shuffled one, for the time of a test."""
    before = dict(protected._KINDS)
    protected.protect(protected.Protected("test.note"), protected.Protected("test.ballot", shuffled=True))
    yield
    protected._KINDS.clear()
    protected._KINDS.update(before)
