"""The demonstration city made as large as a real one: 8 counties, 284 townships, 1,704 officials. Synthetic.

    .venv/bin/python -m benchmarks.office_city [folder]

The demonstration's own generator and the rooms' own doors, with more places: a year of metrics, hotline
cases, projects and marks in two half-years, four published cycles and one that is open, rounds of panels,
accounts of every role. A build that was killed goes on where it stopped; one that stands is left alone.
"""

import json
import os
import sys
import time
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

COUNTIES, TOWNS = 8, 284
SEED = "hengjian-bench-office"
FIRST = "清白石青金银松柳桃梅竹兰南北东西上下高平长永安和宁泰丰盛双九"
SECOND = "河溪桥塘坪岭湾店堡集墩滩洲渡岗坝泉沟寨岸"
ZONES = ("industrial_transition", "main_farming", "ecological")
PASSWORD = "a long password for the bench"
OPEN = "bench-open-2026-h1"
WORD, SAID = "synthetic", "合成数据：跑了三趟才办好"
# who sits in the office: 50 accounts; a county's name after the colon
PEOPLE = {
    "office": 11, "office:county": 5, "head": 1, "leader": 3, "leader:county": 2, "discipline": 1,
    "auditor": 3, "inspection": 2, "official": 10, "inspector": 2, "feed": 2, "followup": 3, "reviewer": 2,
    "protector": 1, "security": 1, "audit": 1,
}  # fmt: skip


def enlarge() -> None:
    """More counties and townships, before any other part of the demonstration is loaded."""
    from hengjian.demo import places

    assert "hengjian.demo.people" not in sys.modules, "too late: the small city is in memory"
    draw = Random(SEED)
    names = _names(draw)
    counties = [*places.COUNTIES]
    for at in range(len(counties) + 1, COUNTIES + 1):
        counties.append(places.County(f"9901{at:02}", f"{next(names)}县", ZONES[at % 3]))
    towns = [*places.TOWNS]
    count = dict.fromkeys((one.code for one in counties), 0)
    for one in towns:
        count[one.county] += 1
    while len(towns) < TOWNS:
        county = min(counties, key=lambda one: count[one.code])
        count[county.code] += 1
        towns.append(_town(places, county, count[county.code], f"{next(names)}镇", draw))
    places.COUNTIES, places.TOWNS = tuple(counties), tuple(towns)  # type: ignore[misc]


def _town(places, county, number: int, name: str, draw: Random):
    """A township with what its zone lets one expect."""
    means = {
        "industrial_transition": (0.75, 0.22, 0.22), "main_farming": (0.35, 0.77, 0.38),
        "ecological": (0.13, 0.25, 0.85),
    }[county.zone]  # fmt: skip
    industry, farming, ecology = (round(min(0.98, max(0.02, draw.gauss(one, 0.1))), 2) for one in means)
    return places.Town(
        f"{county.code}{number:03}", name, county.code, industry, farming, ecology,
        round(draw.uniform(0.42, 0.75), 2), round(draw.uniform(0.45, 0.76), 2),
        round(draw.uniform(0.36, 0.86), 2), float(draw.randint(-34, 46)),
    )  # fmt: skip


def _names(draw: Random):
    """Names of places, each once."""
    every = [one + two for one in FIRST for two in SECOND]
    draw.shuffle(every)
    return iter(every)


def build(folder: Path) -> dict[str, dict[str, str]]:
    """The city in this data folder; gives its accounts: sign-in name to role and county."""
    os.environ["HENGJIAN_DATA"] = str(folder)
    os.environ.pop("DATABASE_URL", None)
    enlarge()
    from hengjian.cli.session import django_ready

    done = folder / "office.json"
    if done.exists():
        return json.loads(done.read_text(encoding="utf-8"))
    with django_ready():
        from hengjian.demo import operations

        started = time.monotonic()
        if not operations.present():
            operations.build(folder / "demo", folder / "bundles", WORD.encode() * 4, _tell)
        _open_cycle()
        _rounds()
        _cases()
        known = _accounts()
        _log(folder)
        print(f"   built in {time.monotonic() - started:.0f} s", flush=True)
    done.write_text(json.dumps(known, indent=1), encoding="utf-8")
    return known


def _tell(_zh: str, en: str) -> None:
    print("  ", en, flush=True)


def _open_cycle() -> None:
    """One cycle that still waits for its freeze."""
    from hengjian.cycles.models import Cycle
    from hengjian.cycles.operations import NewCycle, open_cycle
    from hengjian.cycles.transitions import Audit
    from hengjian.demo.figures import PERIODS
    from hengjian.demo.operations import OFFICE, cut_off

    if not Cycle.objects.filter(pk=OPEN).exists():
        period = PERIODS[-1]
        terms = NewCycle(OPEN, "衡川市试办考核（合成数据）", period.text, "seed", period.end,
                         cut_off(period), levels=("township",), synthetic=True)  # fmt: skip
        open_cycle(terms, Audit(OFFICE, datetime.now(UTC), "试办"))


def _rounds() -> None:
    """Rounds of panels that mark in these days: one of a whole county, twelve of a township each."""
    from hengjian.demo.operations import OFFICE
    from hengjian.demo.places import TOWNS
    from hengjian.policy import load, shipped
    from hengjian.ratings.panels import rolls
    from hengjian.ratings.panels.models import Round
    from hengjian.ratings.panels.operations import Office

    today = datetime.now(UTC).date()
    half = f"{today.year}-H{1 if today.month <= 6 else 2}"
    office = Office(OFFICE, datetime.now(UTC), load(shipped()["seed"]), WORD.encode() * 4)
    county = TOWNS[-1].county
    plans = [("全县（合成数据）", tuple(one.code for one in TOWNS if one.county == county))]
    plans += [(f"{one.name}（合成数据）", (one.code,)) for one in TOWNS if one.county != county][:12]
    for title, towns in plans:
        if Round.objects.filter(title=title).exists():
            continue
        drafts = [
            rolls.OutsiderDraft(f"{kind[:2].upper()}{town}-{n}", kind, town, date(2022, 1, 1))
            for town in towns
            for kind, count in (("grid_worker", 5), ("staff", 2))
            for n in range(count)
        ]
        rolls.enrol(drafts, office)
        plan = rolls.RoundPlan(
            half, title, towns, today, today + timedelta(days=1), today + timedelta(days=9)
        )
        rolls.draw_up(rolls.open_round(plan, office), office)


def _cases() -> None:
    """400 low marks of the last weeks, laid into the box, and what the duties open about them."""
    import secrets

    from hengjian.console import followup_desk as desk
    from hengjian.demo.people import members
    from hengjian.ratings.ballots.models import AcceptedKey, Ballot
    from hengjian.ratings.followups import jobs

    if Ballot.objects.filter(comment=SAID).exists():
        return
    today, draw = datetime.now(UTC).date(), Random(SEED)
    half = f"{today.year}-H{1 if today.month <= 6 else 2}"
    for n, one in enumerate(members()[::17]):
        key = AcceptedKey.objects.create(
            key_id=sha256(f"{WORD} {n}".encode()).hexdigest(), spki=b"", variant="", official=one.official,
            post=one.post, period=half, on=today - timedelta(days=20),
        )  # fmt: skip
        for _low in range(4):
            Ballot.objects.create(
                key=key, token=secrets.token_hex(32), receipt=secrets.token_hex(32),
                mark=draw.randint(1, 3), tags=draw.sample(["rude", "slow", "unclear"], 2), how="self",
                comment=SAID, on=today - timedelta(days=draw.randint(1, 15)),
            )  # fmt: skip
    jobs.open_cases(today, desk.rules(), desk.clocks())
    jobs.open_themes(today, desk.rules(), desk.clocks())


def _accounts() -> dict[str, dict[str, str]]:
    """Fifty people; the password is one for all, since nobody real has one here."""
    from hengjian.access import operations
    from hengjian.access.models import User
    from hengjian.access.operations import Scope
    from hengjian.access.roles import Role
    from hengjian.demo.people import members
    from hengjian.demo.places import CITY, COUNTIES

    known, at = {}, 0
    now = datetime.now(UTC)
    for kind, count in PEOPLE.items():
        role, _colon, where = kind.partition(":")
        for number in range(1, count + 1):
            name, at = f"{kind.replace(':', '-')}-{number}", at + 1
            county = COUNTIES[number % len(COUNTIES)].code if where else ""
            official = members()[at * 31].official if role == "official" else ""
            if not User.objects.filter(username=name).exists():
                user = operations.create_user(name, f"{name}（合成数据）", now=now, password=PASSWORD)
                scope = Scope(organisation=f"{CITY[0]}/{county}" if county else "", official_id=official)
                operations.grant(
                    user, Role(role), on=date(2026, 1, 1), by=None, reason=WORD, scope=scope
                )  # fmt: skip
            known[name] = {"role": role, "county": county, "official": official}
    return known


def _log(folder: Path) -> None:
    """Everything numbered and signed, as the demonstration does."""
    from hengjian.cli.notary import settle
    from hengjian.demo import log

    log.prepare(folder)
    settle("seed")


def place() -> Path:
    """Where the city stands between runs."""
    given = sys.argv[1] if len(sys.argv) > 1 and __name__ == "__main__" else ""
    folder = Path(given or os.environ.get("HENGJIAN_BENCH_OFFICE", "/tmp/hengjian-office/data"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.parent.chmod(0o711)
    return folder


if __name__ == "__main__":
    build(place())
