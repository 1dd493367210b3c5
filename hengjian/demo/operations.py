"""Build the demonstration city through the rooms' own doors, and run the main job on it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from django.utils.translation import gettext as _

from hengjian.cycles import operations as cycles
from hengjian.cycles.models import Cycle
from hengjian.cycles.operations import NewCycle
from hengjian.cycles.transitions import Audit, State
from hengjian.demo import figures, files, ratings
from hengjian.demo.outlines import features
from hengjian.demo.people import members, wang
from hengjian.demo.places import LABEL
from hengjian.evidence.feeds.folder import load_feed
from hengjian.evidence.operations import Rules, import_file
from hengjian.policy import PolicyFolder, load, shipped
from hengjian.ratings.panels.operations import Office, import_marks
from hengjian.roster import outlines
from hengjian.roster.layout import Vocabulary
from hengjian.roster.operations import import_workbook
from hengjian.roster.queries import known_organisations
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import Refused
from hengjian.terms.period import Period

OFFICE, LEADER = "demo-office", "demo-leader"
POLICIES = ("before", "seed")
NO_INDUSTRY = "990103004"

Say = Callable[[str, str], None]


@dataclass(frozen=True)
class Built:
    """What the demonstration left behind."""

    cycles: tuple[str, ...]
    folder: Path
    seats: int
    refused: int


def cycle_id(policy: str, period: Period) -> str:
    """The id of a demonstration cycle."""
    return f"demo-{policy}-{period.text.lower()}"


def present() -> bool:
    """Whether the city stands and all its cycles are published."""
    wanted = [cycle_id(p, period) for p in POLICIES for period in figures.PERIODS]
    return Cycle.objects.filter(pk__in=wanted, state=State.PUBLISHED).count() == len(wanted)


def build(folder: Path, bundles: Path, salt: bytes, say: Say) -> Built:
    """Write the files, import them, and take every cycle from open to published.

    What is already done is not done again, so that a build that was killed goes on where it stopped.
    """
    policies = {name: load(shipped()[name]) for name in POLICIES}
    on = figures.PERIODS[-1].end
    say("写出合成城市的文件", "writing the synthetic city's files")
    files.write_all(folder, [policies[name].in_force(on) for name in ("seed", "before")])
    refused = _import(folder, policies, salt, say)
    _ratings(folder, policies["seed"], say)
    done = [_run(name, period, bundles, say) for period in figures.PERIODS for name in POLICIES]
    return Built(tuple(done), folder, len(members()), refused)


def known_on(period: Period) -> datetime:
    """When the half-year's records come in: six days after its end."""
    return datetime.combine(period.end + timedelta(days=6), time(9), tzinfo=SHANGHAI)


def cut_off(period: Period) -> datetime:
    """When the books of the half-year are closed: nine days after its end."""
    return datetime.combine(period.end + timedelta(days=9), time(18), tzinfo=SHANGHAI)


def _import(folder: Path, policies: dict[str, PolicyFolder], salt: bytes, say: Say) -> int:
    seed = policies["seed"].in_force(figures.PERIODS[-1].end)
    first = known_on(figures.PERIODS[0])
    if members()[0].town.code not in known_organisations():
        say("导入名册：22 个单位、108 个任职", "importing the roster: 22 organisations, 108 tenures")
        words = Vocabulary(
            {code: name.zh for code, name in seed.zones.items()},
            {code: name.zh for code, name in seed.categories.items()},
        )
        report = import_workbook(folder / files.roster_name(), by=OFFICE, now=first, words=words)
        if not report.accepted:
            raise Refused(str(report.refused[0]), do=_("这是演示数据的错误，请报告"), code="demo.roster")
    _map(first, say)
    return sum(_facts(folder, period, policies, salt, say) for period in figures.PERIODS)


def _map(now: datetime, say: Say) -> None:
    if outlines.newest() is None:
        say(
            "导入区划示意图：18 个乡镇的虚构界线",
            "importing the schematic map: made-up outlines of 18 townships",
        )
        found = outlines.read(json.dumps(features()).encode(), figures.PERIODS[-1].end)
        outlines.keep(found, f"示意图（{LABEL}）.geojson", by=OFFICE, now=now, synthetic=True)


def _facts(folder: Path, period: Period, policies: dict[str, PolicyFolder], salt: bytes, say: Say) -> int:
    """Metrics, cases, projects and marks of one half-year; returns how many rows were refused."""
    now, refused = known_on(period), 0
    held = [policies[name].in_force(period.end) for name in POLICIES]
    units = {
        one.source.metric: one.unit
        for policy in held
        for one in policy.indicators.values()
        if one.source.kind == "metric"
    }
    rules = Rules(calendar=policies["seed"].in_force(period.end).calendar(), units=units)
    for name, suffix in (("metrics", "xlsx"), ("hotline", "csv"), ("projects", "csv")):
        feed = load_feed(folder / name)
        path = folder / name / f"{period}-{LABEL}.{suffix}"
        receipt = import_file(feed, path, by=OFFICE, now=now, rules=rules)
        refused += receipt.refused
        said = {"feed": feed.name, "period": period, "n": receipt.admitted, "bad": receipt.refused}
        say(
            "{period} {feed}：接收 {n} 条，待核 {bad} 条".format(**said),
            "{period} {feed}: {n} admitted, {bad} refused".format(**{**said, "feed": feed.name_en}),
        )
    return refused + _marks(folder, period, policies["seed"], salt, say)


def _marks(folder: Path, period: Period, policy: PolicyFolder, salt: bytes, say: Say) -> int:
    office = Office(by=OFFICE, now=known_on(period), policy=policy, salt=salt)
    try:
        receipt = import_marks(folder / files.marks_name(period), office)
    except Refused as refusal:
        if refusal.code != "marks.twice":
            raise
        return 0
    say(
        f"{period} 评价团打分：接收 {receipt.marks} 个",
        f"{period} marks of the panel: {receipt.marks} admitted",
    )
    return receipt.refused


def _ratings(folder: Path, policy: PolicyFolder, say: Say) -> None:
    cast = ratings.build(folder.parent, policy, OFFICE)
    say(
        f"{ratings.PERIOD} 随时评：{len(ratings.POSTS)} 个岗位，{cast} 张匿名票，分批公布一次",
        f"{ratings.PERIOD} any-time ratings: {len(ratings.POSTS)} posts, {cast} ballots, one release",
    )


def _run(policy: str, period: Period, bundles: Path, say: Say) -> str:
    """One cycle from open to published; a step that is done already is skipped."""
    number = cycle_id(policy, period)
    close = cut_off(period)
    if not Cycle.objects.filter(pk=number).exists():
        _open(number, policy, period)
    steps: dict[str, Callable[[], object]] = {
        State.OPEN: lambda: cycles.freeze(number, Audit(OFFICE, close)),
        State.FROZEN: lambda: cycles.score(number, Audit(OFFICE, close + timedelta(hours=1))),
        State.SCORED: lambda: cycles.review(
            number, Audit(LEADER, close + timedelta(days=1), _("演示：已核对缺失项和名次"))
        ),
        State.REVIEWED: lambda: cycles.publish(number, Audit(OFFICE, close + timedelta(days=2)), bundles),
    }
    while (state := Cycle.objects.get(pk=number).state) in steps:
        steps[state]()
    title = {"before": "改革前", "seed": "改革后"}[policy]
    english = {"before": "old policy", "seed": "new policy"}[policy]
    say(
        f"{period} {title}：冻结、计分、审核、公布",
        f"{period} {english}: frozen, scored, reviewed, published",
    )
    return number


def _open(number: str, policy: str, period: Period) -> None:
    title = {"before": "改革前办法", "seed": "改革后办法"}[policy]
    at = known_on(period)
    cycles.open_cycle(
        NewCycle(
            id=number,
            title=f"衡川市{period.title}考核·{title}（{LABEL}）",
            period=period.text,
            policy=policy,
            on=period.end,
            cut_off=cut_off(period),
            levels=("township",),
            synthetic=True,
        ),
        Audit(OFFICE, at, _("演示")),
    )
    if policy == "seed":
        _exceptions(number, period, at)


def _exceptions(number: str, period: Period, at: datetime) -> None:
    """What persons add to the facts: an indicator that does not apply, and one adjustment."""
    reason = "辖区全部位于生态保护红线内，没有规模以上工业企业用地"
    for member in members():
        if member.town.code == NO_INDUSTRY:
            seat = f"{member.official}@{member.post}"
            cycles.mark_not_applicable(number, seat, "tax_per_mu", Audit(OFFICE, at, reason))
    if period == figures.PERIODS[1]:
        deputy = next(m for m in members() if m.town.code == "990102003" and m.category == "deputy")
        why = "汛期转移群众及时，经市防汛办书面核实"
        audit = Audit(OFFICE, at, why)  # whoever changed something does not review
        cycles.adjust(number, f"{deputy.official}@{deputy.post}", 1.0, "SPEC F7", audit)


def seat_of_wang() -> str:
    """The seat of town Y's secretary."""
    return f"{wang().official}@{wang().post}"
