"""How sure ranks are: draws against plain NumPy, what-if as a page, best cases, sensitivity.

    .venv/bin/python -m benchmarks.certainty          # 1,700 officials x 9 indicators x 10,000 draws

Synthetic and seeded. "Plain" is NumPy drawing the weights alone (no noise on any cell): weights times points,
ranks by sorting twice, places counted. Numba's first compilation is left out.
"""

import os
import sys
from dataclasses import replace
from typing import Any

import django
import numpy as np

from benchmarks.measure import best, peak_gib, write
from hengjian.policy import load, shipped
from hengjian.scoring.certainty.best_case import best_cases
from hengjian.scoring.certainty.ranks import certainty_of
from hengjian.scoring.certainty.scores import Scores
from tests.sample_facts import facts

OFFICIALS, INDICATORS, DRAWS, TRIED = 1_700, 9, 10_000, 1_000
WEIGHTS = (30, 5, 5, 10, 10, 10, 10, 10, 10)


def scores() -> Scores:
    """1,700 officials in one comparable group, noise on every cell, every weight free by five points."""
    draw = np.random.default_rng(1)
    n, k = OFFICIALS, INDICATORS
    return Scores(
        points=draw.normal(78, 7, (n, k)),
        own=np.full((n, k), 2.0),
        shared=np.where(np.arange(k) < 4, 1.0, 0.0) * np.ones((n, 1)),
        adjustment=np.zeros(n),
        card=np.zeros(n, dtype=np.int64),
        group=np.zeros(n, dtype=np.int64),
        weights=np.array([[10, 10, 10, 15, 10, 10, 15, 10, 10.0]]),
        room=np.full((1, k), 5.0),
    )


def plain(given: Scores, draws: int) -> np.ndarray:
    """The weights alone, as anybody would write it in NumPy."""
    draw, n = np.random.default_rng(1), given.size
    counts = np.zeros((n, n), dtype=np.int64)
    weights = draw.uniform(-5.0, 5.0, (draws, INDICATORS)) + given.weights[0]
    weights /= weights.sum(axis=1, keepdims=True)
    for at in range(0, draws, 250):
        totals = weights[at : at + 250] @ given.points.T
        ranks = np.argsort(np.argsort(-totals, axis=1), axis=1)
        np.add.at(counts, (np.tile(np.arange(n), len(totals)), ranks.reshape(-1)), 1)
    return counts


def main() -> None:
    """Measure and write results/certainty.json."""
    given, times = scores(), int(sys.argv[1]) if len(sys.argv) > 1 else 3
    certainty_of(given, draws=10, seed=1, engine="kernel")  # compiles
    found = {
        "plain, weights alone": best(lambda: plain(given, DRAWS), times),
        "kernel": best(lambda: certainty_of(given, draws=DRAWS, seed=1, engine="kernel"), times),
        "kernel, 2 threads": best(
            lambda: certainty_of(given, draws=DRAWS, seed=1, engine="kernel", threads=2), times
        ),
        "reference": best(lambda: certainty_of(given, draws=DRAWS, seed=1), 1),
        "1,000 draws, kernel": best(lambda: certainty_of(given, draws=TRIED, seed=1, engine="kernel"), times),
        "1,000 draws, reference": best(lambda: certainty_of(given, draws=TRIED, seed=1), times),
        "best cases": best(lambda: best_cases(given), times),
    }
    page = what_if_page(times)
    rows: list[dict[str, Any]] = [{"what": name, **held} for name, held in found.items()]
    rows += [{"what": "what-if page, 1,700 officials", **page, "peak GiB": peak_gib()}]
    share = found["kernel"]["cpu"] / found["plain, weights alone"]["cpu"]
    goals = {
        f"draws with noise at most plain NumPy's weights alone (CPU, {share:.2f} x)": share <= 1.0,
        "what-if page at most 150 ms": page["wall"] <= 0.150,
        "best cases of 1,700 officials at most 1.5 s": found["best cases"]["wall"] <= 1.5,
    }
    write("certainty", rows, goals)


def what_if_page(times: int) -> dict[str, float]:
    """A what-if of 1,700 seats of one comparable group as the server does it: engine and rendered page.

    Left out is the database: the ticket of the look and the masked names of fifty rows.
    """
    os.environ.setdefault("HENGJIAN_SECRET_KEY", "benchmark")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengjian.config.settings")
    django.setup()
    from django.template.loader import render_to_string

    from hengjian.console.people import Who
    from hengjian.console.views.certainty import TriedView, tried_picture
    from hengjian.cycles import certainty

    bare = facts(OFFICIALS)
    seats = tuple(
        replace(seat, zone="ecological", level="township", category="principal", county="")
        for seat in bare.seats
    )
    policy = load(shipped()["seed"]).in_force(bare.cycle.on)
    held = certainty.held_of(replace(bare, seats=seats), policy, "root")
    card = policy.scorecard("ecological", "principal")
    before = certainty.drawn(held, draws=TRIED)
    weights = dict(zip((line.indicator for line in card.lines), WEIGHTS, strict=True))
    titles = {seat.id: seat.title for seat in seats}

    def run() -> None:
        found = certainty.tried_on(held, before, ("ecological", "principal"), weights)
        rows = [TriedView(Who(new.seat, titles[new.seat], "", None), old, new, new.group)
                for old, new in found.rows[:50]]  # fmt: skip
        context = {"policy": policy, "tab": "what-if", "cycles": [{"id": "c"}], "cycle": {"id": "c"},
                   "table": card, "lines": [(c, c, w, f"{w:g}") for c, w in weights.items()], "whole": 100.0,
                   "tried": found, "rows": rows, "shown": 50, "picture": tried_picture(rows)}  # fmt: skip
        assert len(found.rows) == OFFICIALS
        assert len(render_to_string("console/policies/what_if.html", context)) > 10_000

    run()
    return best(run, times)


if __name__ == "__main__":
    main()
