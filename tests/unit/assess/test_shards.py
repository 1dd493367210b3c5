"""Counties score locally, statistics travel: 1, 8 and 64 parts give the bits of the whole."""

from dataclasses import replace
from pathlib import Path

import pytest

from hengjian.policy import load
from hengjian.scoring.assess import assess
from hengjian.scoring.shards import assess_shards
from hengjian.scoring.snapshot import Snapshot
from tests import sample_city as city
from tests.sample_facts import facts

OF_SEATS = ("marks", "not_applicable", "adjustments", "previous")


def split(snapshot: Snapshot, many: int) -> list[Snapshot]:
    number = {seat.id: at % many for at, seat in enumerate(snapshot.seats)}

    def part(at: int) -> Snapshot:
        own = {name: tuple(r for r in getattr(snapshot, name) if number[r.seat] == at) for name in OF_SEATS}
        return replace(snapshot, seats=tuple(s for s in snapshot.seats if number[s.id] == at), **own)

    return [part(at) for at in range(many)]


@pytest.mark.parametrize("many", [1, 8, 64])
@pytest.mark.parametrize("name", ["seed", "before"])
def test_any_number_of_parts_gives_the_lines_of_the_whole(root: Path, many: int, name: str) -> None:
    snapshot = facts(130, seed=3)
    policy = load(root / "policies" / name).in_force(snapshot.cycle.on)
    assert assess_shards(split(snapshot, many), policy) == assess(snapshot, policy).seats


@pytest.mark.parametrize("many", [1, 2, 6])
@pytest.mark.parametrize("engine", ["reference", "kernel"])
def test_ranks_percentiles_and_ends_travel_too(many: int, engine: str) -> None:
    if engine == "kernel":
        pytest.importorskip("numba")
    for policy in (city.NEW, city.OLD):
        whole = assess(city.snapshot(), policy).seats
        assert assess_shards(split(city.snapshot(), many), policy, engine) == whole  # type: ignore[arg-type]
