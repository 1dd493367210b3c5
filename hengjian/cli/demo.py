"""``hengjian demo``: the synthetic city, the main job, and what came of it."""

import json
import os
import secrets
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hengjian.cli import demo_links
from hengjian.cli.frame import Verb
from hengjian.cli.session import django_ready, now
from hengjian.cli.words import both, say, t
from hengjian.database import data_folder
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import HengjianError, Refused, Tampered
from hengjian.terms.numbers import shown

if TYPE_CHECKING:
    from hengjian.cycles.shapes import SeatSheet

ACCOUNTS = (
    ("demo-office", "考核办（演示）", "office"),
    ("demo-leader", "分管领导（演示）", "leader"),
    ("demo-head", "组织部部长（演示）", "head"),
    ("demo-discipline", "纪委书记（演示）", "discipline"),
    ("demo-auditor", "审计（演示）", "auditor"),
    ("demo-wang", "王某（演示）", "official"),
    ("demo-inspector", "核查员（演示）", "inspector"),
    ("demo-feed", "数据归口部门（演示）", "feed"),
    ("demo-followup", "回访专员甲（演示）", "followup"),
    ("demo-followup-2", "回访专员乙（演示）", "followup"),
    ("demo-reviewer", "复核专员甲（演示）", "reviewer"),
    ("demo-reviewer-2", "复核专员乙（演示）", "reviewer"),
    ("demo-protector", "举报办理专员（演示）", "protector"),
    ("demo-inspection", "巡察组（演示）", "inspection"),
    ("demo-system", "系统管理员（演示）", "system"),
    ("demo-security", "安全管理员（演示）", "security"),
    ("demo-audit", "审计管理员（演示）", "audit"),
)


@click.command(
    cls=Verb,
    help=both(
        "建立演示城市（全部是合成数据），用改革前后两套制度完成两个半年的考核，并说明逆转的原因。",
        "Build the demonstration city (all synthetic), assess two half-years under the old and the "
        "new policy, and say what turned around and why.",
    ),
)
@click.option("--fresh", is_flag=True, help="在新的数据目录重建 Rebuild in a new data folder.")
def demo(fresh: bool) -> int:
    """Build, run, verify, tell."""
    if fresh:
        _new_folder()
    began = time.monotonic()
    with django_ready() as folder:
        from hengjian.demo import operations

        say(
            "演示城市：衡川市（合成数据，单位和人员全部虚构）",
            "Demonstration city (synthetic: every place and person is made up)",
            bold=True,
        )
        _only_demo()
        if operations.present():
            say(
                "  已经建好，不再重建（重建：hengjian demo --fresh）",
                "  it stands already (rebuild: hengjian demo --fresh)",
            )
        else:
            operations.build(folder / "demo", folder / "bundles", _salt(), _step)
        passwords = _accounts(folder / "demo")
        _links(folder)
        code = _verify_all()
        code = _log(folder) or code
        demo_links.publish(folder)
        _story()
        _where(folder, passwords)
    say(f"用时 {time.monotonic() - began:.1f} 秒", f"{time.monotonic() - began:.1f} s")
    return code


def _new_folder() -> None:
    if os.environ.get("DATABASE_URL"):
        raise Refused(
            "使用外部数据库时不能自动换一个新库",
            do="请新建一个空库并改 DATABASE_URL",
            code="demo.fresh_external",
        )
    base = data_folder(os.environ)
    stamp = f"{now().astimezone(SHANGHAI):%Y%m%d-%H%M%S}"
    os.environ["HENGJIAN_DATA"] = str(base.with_name(f"{base.name}-demo-{stamp}"))


def _step(zh: str, en: str) -> None:
    say(f"  {zh}", f"  {en}")


def _only_demo() -> None:
    """The synthetic city never mixes with a real one."""
    from hengjian.cycles.models import Cycle
    from hengjian.demo.places import CITY
    from hengjian.roster.queries import known_organisations

    strangers = [code for code in known_organisations() if not code.startswith(CITY[0])]
    if strangers or Cycle.objects.filter(synthetic=False).exists():
        raise Refused(
            "这个数据目录里已有非演示的数据，演示城市不与它混在一起",
            where=str(data_folder(os.environ)),
            do="请用 hengjian demo --fresh，或另设 HENGJIAN_DATA",
            code="demo.real_data",
        )


def _salt() -> bytes:
    return secrets.token_bytes(32)


def _accounts(folder: Path) -> dict[str, str]:
    """Make the accounts that are missing; new passwords are kept in a file that only we may read."""
    from hengjian.access.models import User
    from hengjian.cli.users import make
    from hengjian.demo.people import wang

    made: dict[str, str] = {}
    for username, name, role in ACCOUNTS:
        if not User.objects.filter(username=username).exists():
            made[username] = secrets.token_urlsafe(12)
            official = wang().official if role == "official" else ""
            make(username, name, role, made[username], official=official, reason="演示")
    if made:
        _keep(folder / "sign-in.json", made)
    return made


def _keep(path: Path, made: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps({**known, **made}, indent=1), encoding="utf-8")


def _verify_all() -> int:
    """Recompute every published bundle as a stranger would."""
    from hengjian.cycles.models import Publication
    from hengjian.scoring.verify import verify_bundle

    code = 0
    say("重算每个结果包：", "Recomputing every bundle:", bold=True)
    for made in Publication.objects.filter(cycle__synthetic=True).order_by("pk"):
        found = verify_bundle(made.path, made.root)
        code = code if found.ok else Tampered.exit_code
        mark = "✓" if found.ok else "✗"
        click.echo(
            f"  {mark} {made.cycle_id:<22} {made.root[:16]}…  {t(found.text.split('，')[0], str(found.ok))}"
        )
    if code:
        say(
            "  结果包与现在的程序算得不同：可能由另一版程序建立，可重建：hengjian demo --fresh",
            "  this program computes otherwise: perhaps another version built it; hengjian demo --fresh",
        )
    return code


def _links(folder: Path) -> None:
    """Matters of today, so that the rating page can be tried; not in the way of anything else."""
    from hengjian.demo.links import BASE

    try:
        demo_links.make(folder, BASE)
    except HengjianError as fault:
        say(f"演示用的评价链接未能生成：{fault}", f"no links for the demonstration: {fault}", err=True)


def _log(folder: Path) -> int:
    """Have everything numbered, witnessed by the demonstration's witnesses and published; reconcile."""
    from hengjian.cli.notary import settle
    from hengjian.cli.reconcile import tell_reconciliation
    from hengjian.demo import log
    from hengjian.notary.folder import in_data_folder
    from hengjian.notary.reconciliation import reconcile
    from hengjian.notary.seals import seals_in
    from hengjian.notary.sequencing import is_running

    say("存证日志（三个见证人都是演示，密钥在本机）：", "The log (its witnesses are made up too):", bold=True)
    if is_running():
        say("  日志正在运行，由它接着处理", "  the log is running and goes on by itself")
        return 0
    log.prepare(folder)
    settle("seed")
    return tell_reconciliation(reconcile(now, seals_in(in_data_folder(folder))))


def _story() -> None:
    """Town Y's secretary under both policies, and why."""
    from hengjian.cycles.queries import seat_sheet
    from hengjian.demo.figures import PERIODS
    from hengjian.demo.operations import cycle_id, seat_of_wang

    seat = seat_of_wang()
    say(
        "山区云岫镇党委书记王某（此前连续三年末位，SPEC G）：",
        "The party secretary of mountain town Y (last for three years before):",
        bold=True,
    )
    for period in PERIODS:
        for policy, zh, en in (("before", "改革前", "old"), ("seed", "改革后", "new")):
            sheet = seat_sheet(cycle_id(policy, period), seat)
            place = f"{sheet.row.rank}/{sheet.row.of}"
            click.echo(
                f"  {period}  {t(zh + '办法', en + ' policy'):<8} {shown(sheet.row.total):>6}"
                f"  {t('名次', 'rank')} {place:>7}  {sheet.group.title}"
                f"  GEP {t('权重', 'weight')} {_weight(sheet):g}%"
            )
    _public_marks(seat)
    _causes(seat)


def _weight(sheet: "SeatSheet") -> float:
    return next((line.weight for line in sheet.score.lines if line.indicator == "gep"), 0.0)


def _public_marks(seat: str) -> None:
    from hengjian.cycles.queries import working_tree
    from hengjian.demo.figures import PERIODS
    from hengjian.demo.operations import cycle_id
    from hengjian.scoring.workings import flat

    for period in PERIODS:
        steps = flat(working_tree(cycle_id("seed", period), seat))
        found = next((s.result for s in steps if s.key == "panel.group" and _of_public(s)), None)
        say(f"  {period}  群众评分 {shown(found)}", f"  {period}  public mark {shown(found)}")


def _of_public(step: object) -> bool:
    return "群众" in getattr(step, "label", "")


def _causes(seat: str) -> None:
    """Each cause's share: same facts under both policies, and the whole turn."""
    from hengjian.cli.compare import Names, show_one
    from hengjian.cycles.queries import cycle_of
    from hengjian.cycles.storing import newest_snapshot, policy_of, snapshot_of
    from hengjian.demo.figures import PERIODS
    from hengjian.demo.operations import cycle_id
    from hengjian.scoring.compare import compare

    first, last = PERIODS
    sides = {}
    for policy, period in (("before", first), ("before", last), ("seed", last)):
        stored = newest_snapshot(cycle_of(cycle_id(policy, period)))
        sides[policy, period] = (snapshot_of(stored), policy_of(stored))
    old, new = sides["before", first], sides["seed", last]
    same = (new[0], sides["before", last][1])
    say(f"同一份事实（{last}），换制度：", f"The same facts ({last}), another policy:", bold=True)
    show_one(compare(same, new, seat), Names(same, new))
    say(
        f"从 {first} 改革前到 {last} 改革后：",
        f"From {first} under the old to {last} under the new:",
        bold=True,
    )
    show_one(compare(old, new, seat), Names(old, new))


def _where(folder: Path, passwords: dict[str, str]) -> None:
    from hengjian.cycles.models import Publication

    newest, program = Publication.objects.filter(cycle__synthetic=True).order_by("-pk").first(), _program()
    say("去哪里看：", "Where to look:", bold=True)
    if newest:
        say(f"  结果包：{newest.path}", f"  bundle: {newest.path}")
        say(
            f"  任何人都可重算：{program} verify {newest.path} --root {newest.root}",
            f"  anybody can check: {program} verify {newest.path} --root {newest.root}",
        )
    say(f"  交来的文件：{folder / 'demo'}", f"  the files handed in: {folder / 'demo'}")
    fixed = os.environ.get("HENGJIAN_DATA", "")
    start = f"HENGJIAN_DATA={fixed} {program} serve" if fixed else f"{program} serve"
    listing = start.removesuffix("serve") + "quarantine list"
    say(f"  待核记录：{listing}", f"  refused records: {listing}")
    say(
        f"  网页端：{start}，然后打开 http://127.0.0.1:8000/",
        f"  console: {start}, then open http://127.0.0.1:8000/",
    )
    _first_steps()
    for username, word in passwords.items():
        name = next(n for u, n, _role in ACCOUNTS if u == username)
        click.echo(f"    {username:<14} {word}   {name}")
    say(
        f"  登录名和密码保存在 {folder / 'demo' / 'sign-in.json'}（仅本人可读）",
        f"  sign-in: {folder / 'demo' / 'sign-in.json'} (readable by you only)",
    )
    say(
        "  评价页：随网页端一起启动，届时给出几个可用的评价链接",
        "  rating page: starts with the console, which then names a few links to rate with",
    )


def _program() -> str:
    """How this program is called from here: its name where the shell finds it, else its path."""
    called = Path(sys.argv[0])
    found = shutil.which(called.name)
    return called.name if found and Path(found).resolve() == called.resolve() else str(called)


def _first_steps() -> None:
    say(
        "  第一次用：docs/tutorial/first-assessment.zh-CN.md，照做约 30 分钟；先用 demo-office 登录",
        "  first time: docs/tutorial/first-assessment.md, some 30 minutes; sign in as demo-office",
        bold=True,
    )
