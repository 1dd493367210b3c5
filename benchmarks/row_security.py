"""What row-level security costs on a scan of 20,000 rows (goal: at most 5 %).

20,000 tenures of 40 counties with 25 offices each (synthetic), in a throw-away server. Pairs, each measured
in turn many times in one run; the ratio is the median of the pairs' ratios:

- the whole city, fetched as a page fetches it: under ``hengjian_reader_city`` with the policies, against
  the same role and privileges with row-level security switched off;
- the same, only counted by the server: the bare scan, where an added cost shows most;
- one county: the policies against the same condition written into the query by hand;
- for comparison, what it would cost to ask the array's function for each row, without an InitPlan.

Run: python -m benchmarks.row_security [repetitions]
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.measure import write

ROWS, COUNTIES, OFFICES = 20_000, 40, 25
FETCH = "SELECT id, official_id, post_id, organisation_id, since, until FROM roster_tenure"
COUNT = "SELECT count(since) FROM roster_tenure"
COUNTY = " WHERE organisation_id = ANY ((SELECT hengjian_scope())::bigint[])"
EACH = " WHERE organisation_id = ANY (hengjian_scope())"
GOAL = 1.05


def main() -> None:
    """Print the ratios, and write them down."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 201
    with tempfile.TemporaryDirectory(prefix="hengjian-rows-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        os.environ |= {
            "HENGJIAN_DATA": str(folder),
            "HENGJIAN_SECRET_KEY": "for a benchmark only",
            "DJANGO_SETTINGS_MODULE": "hengjian.config.settings",
        }
        from hengjian.database import EmbeddedServer

        with EmbeddedServer(folder) as server:
            os.environ["DATABASE_URL"] = server.url
            _measured(times)


def _measured(times: int) -> None:
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    city, county = _people()
    _rows()
    rows = []
    for measured, viewer, with_policies, without in (
        ("city, fetched", city, FETCH, FETCH),
        ("city, counted", city, COUNT, COUNT),
        ("county, fetched", county, FETCH, FETCH + COUNTY),
        ("county, counted", county, COUNT, COUNT + COUNTY),
    ):
        first, second, found = _pair(viewer, with_policies, without, times)
        rows.append(_row(measured, found, first, second))
    first, second, found = _pair(county, COUNT, COUNT + EACH, 5)
    rows.append(_row("a call for each row", found, second, first))
    connection.close()
    write(
        "row_security",
        rows,
        {f"{row['measured']}: at most 5 %": row["ratio"] <= GOAL for row in rows[:4]},
    )


def _row(measured: str, found: int, first: list[float], second: list[float]) -> dict[str, object]:
    on, off = statistics.median(first), statistics.median(second)
    ratio = statistics.median(a / b for a, b in zip(first, second, strict=True))
    return {"measured": measured, "rows": found, "with_ms": on, "without_ms": off, "ratio": ratio}


def _people() -> tuple[object, object]:
    from hengjian.access.operations import Scope, create_user, grant
    from hengjian.access.roles import Role

    now, day = datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1)
    city, county = (create_user(name, name, now=now) for name in ("city", "county"))
    grant(city, Role.OFFICE, on=day, by=None, reason="synthetic")
    grant(county, Role.AUDITOR, on=day, by=None, reason="synthetic", scope=Scope(organisation="c/k7"))
    return city, county


def _rows() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO roster_organisation (code, name, short_name, level, path, since)
                VALUES ('c', 'city', 'city', 'city', '/c/', '2020-01-01');
            INSERT INTO roster_organisation (code, name, short_name, level, path, since, parent_id)
                SELECT 'k' || k, 'k', 'k', 'county', '/c/k' || k || '/', '2020-01-01', c.id
                FROM generate_series(1, {COUNTIES}) k, roster_organisation c WHERE c.code = 'c';
            INSERT INTO roster_organisation (code, name, short_name, level, path, since, parent_id)
                SELECT c.code || 'o' || o, 'o', 'o', 'county', c.path || c.code || 'o' || o || '/',
                    '2020-01-01', c.id
                FROM roster_organisation c, generate_series(1, {OFFICES}) o WHERE c.level = 'county';
            INSERT INTO roster_official (code, name, sort_key)
                SELECT 'D' || n, '合成', 'he cheng' FROM generate_series(1, {ROWS}) n;
            INSERT INTO roster_post (code, title, organisation_id, category, level, rank, public_facing,
                    single_holder, since)
                SELECT 'P' || n, 'post', o.id, 'deputy', 'county', 'division_deputy', true, false,
                    '2020-01-01'
                FROM generate_series(1, {ROWS}) n
                JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM roster_organisation
                      WHERE code LIKE '%%o%%') o ON o.place = n %% {COUNTIES * OFFICES};
            INSERT INTO roster_tenure (official_id, post_id, single_holder, since)
                SELECT f.id, p.id, false, '2021-01-01' FROM roster_official f
                JOIN roster_post p ON substr(p.code, 2) = substr(f.code, 2);
            """.replace("%%", "%")
        )
        cursor.execute("VACUUM ANALYZE")


def _pair(
    viewer: object, with_policies: str, without: str, times: int
) -> tuple[list[float], list[float], int]:
    """The same work with and without policies, in turn, so that both meet the same machine.

    For a county the switch stays on for neither: without policies the condition stands in the query.
    """
    first: list[float] = []
    second: list[float] = []
    found = 0
    for n in range(times + 5):
        order = ((first, with_policies, True), (second, without, False))
        for kept, sql, policies in order if n % 2 else order[::-1]:
            took, found = _once(viewer, sql, policies=policies)
            if n >= 5:
                kept.append(took)
    return first, second, found


def _once(viewer: object, sql: str, *, policies: bool) -> tuple[float, int]:
    from django.db import connection, transaction

    from hengjian.access.row_security import reading

    with transaction.atomic():
        with connection.cursor() as cursor:
            switch = "ENABLE" if policies else "DISABLE"
            cursor.execute(f"ALTER TABLE roster_tenure {switch} ROW LEVEL SECURITY")
        with reading(viewer) as cursor:  # type: ignore[arg-type]
            run: Callable[..., object] = cursor.cursor.execute
            run(sql)  # the switch made the server forget the table; it reads it anew
            cursor.fetchall()
            started = time.perf_counter()
            run(sql)
            rows = cursor.fetchall()
            took = (time.perf_counter() - started) * 1000.0
    return took, rows[0][0] if len(rows) == 1 else len(rows)


if __name__ == "__main__":
    main()
