"""``hengjian notary``: number, sign, have witnessed and publish what was recorded."""

import os
import signal
import threading
import time
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from hengjian.cli.adopt import adopt
from hengjian.cli.faults import is_database
from hengjian.cli.frame import Verb
from hengjian.cli.reconcile import Beside, reconcile
from hengjian.cli.session import django_ready, needs_database, now
from hengjian.cli.words import both, say, t
from hengjian.database import data_folder
from hengjian.database.keeper import die_with_parent
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import Refused

if TYPE_CHECKING:
    from hengjian.notary.folder import Folder
    from hengjian.notary.running import Notary, Setup, Turn

BUSY = 20_000  # entries in one batch after which the next begins at once
RETRY = 2.0  # seconds between tries while the database is away
GRACE = 30  # tries while a lost session of our own may still hold the lock

policy_option = click.option(
    "--policy", default="seed", show_default=True, help="制度名或文件夹 Policy or folder."
)


@click.group(
    help=both("存证日志：定序、签名、见证、发布。", "The log: number, sign, have witnessed, publish.")
)
def notary() -> None:
    """The log."""


notary.add_command(reconcile)
notary.add_command(adopt)


@notary.command(
    cls=Verb,
    help=both(
        "建立日志：密钥和信任文件。见证人三取二。", "Make the log: key and trust file; 2 of 3 witnesses."
    ),
)
@click.option("--origin", required=True, help="日志名称，如 log.example.gov.cn/hengjian Name of the log.")
@click.option(
    "--witness",
    "witnesses",
    nargs=3,
    multiple=True,
    metavar="名称 公钥 地址",
    help="见证人，可多次 Witness: name, vkey, URL.",
)
def init(origin: str, witnesses: tuple[tuple[str, str, str], ...]) -> None:
    """Make key and trust file."""
    from hengjian.notary.folder import NewWitness, check_witnesses, load_key, make_key, write_trust

    folder, named = _folder(), [NewWitness(*each) for each in witnesses]
    with django_ready():
        if folder.key.exists():
            signer = load_key(folder)
            _check_origin(signer.name, origin)
        else:
            check_witnesses(named)  # refused before a key is made
            signer = make_key(folder, origin)
        write_trust(folder, signer.vkey, named)
        _setup("seed")  # the files are checked before anybody relies on them
    say(f"日志：{signer.name}", f"Log: {signer.name}")
    say(f"信任文件：{folder.trust}", f"Trust file: {folder.trust}")
    say("请把下面的公钥交给见证人和核验人：", "Give this public key to witnesses and verifiers:")
    click.echo(signer.vkey)
    say(
        "下一步：hengjian notary run（或随 hengjian serve 启动）",
        "Next: hengjian notary run (or hengjian serve)",
    )


def _check_origin(name: str, origin: str) -> None:
    if name != origin:
        raise Refused(
            t(f"这里的日志名称是 {name}，不是 {origin}", f"the log here is named {name}, not {origin}"),
            do=t("名称随密钥，不能更改；另立日志请用另一个数据目录", "another log needs another data folder"),
            code="notary.other_name",
        )


@notary.command(
    cls=Verb,
    help=both(
        "建立国密 SM2 密钥，此后每个树头多一行 SM2 签名；公钥写入信任文件。",
        "Make an SM2 key: each head then bears an SM2 line too; the trust file names the key.",
    ),
)
def sm2() -> None:
    """Make the key when there is none, name it in the trust file, show it."""
    from hengjian.notary.folder import fingerprint, load_key, load_sm2_key, make_sm2_key, name_in_trust
    from hengjian.notary.trusting import read_trust

    folder = _folder()
    with django_ready(migrate=False):
        read_trust(folder.trust, load_key(folder))
        signer = load_sm2_key(folder) if folder.sm2_key.exists() else make_sm2_key(folder)
        name_in_trust(folder, signer.vkey)
    click.echo(signer.vkey)
    say(f"指纹：{fingerprint(signer.vkey)}", f"Fingerprint: {fingerprint(signer.vkey)}")
    say(
        "请把公钥交给核验人，写入其信任文件（log 行）；运行中的日志请重新启动。",
        "Give the key to verifiers for their trust files (a log line); restart a running log.",
    )


@notary.command(
    cls=Verb,
    help=both(
        "显示日志公钥；--origin 新建密钥，从不覆盖。",
        "Show the log's key; --origin makes one, never over another.",
    ),
)
@click.option("--origin", default=None, help="日志名称（新建时） Name of the log.")
def key(origin: str | None) -> None:
    """Show or make the key."""
    from hengjian.notary.folder import fingerprint, load_key, make_key

    with django_ready(migrate=False):
        folder = _folder()
        signer = make_key(folder, origin) if origin else load_key(folder)
    click.echo(signer.vkey)
    say(f"指纹：{fingerprint(signer.vkey)}", f"Fingerprint: {fingerprint(signer.vkey)}")


@notary.command(cls=Verb, help=both("处理完等待的条目后结束。", "Number what waits, then end."))
@policy_option
@needs_database
def once(policy: str) -> None:
    """Turn until nothing waits."""
    settle(policy)
    _tell_alarms()


def settle(policy: str) -> None:
    """Number, sign, have witnessed and publish all that waits; then the evidence beside bundles."""
    from hengjian.cycles.bundles import complete_evidence
    from hengjian.demo.log import witnesses
    from hengjian.notary import queries
    from hengjian.notary.running import Notary

    with witnesses(data_folder(os.environ), time.time):
        running = Notary(_setup(policy), now())
        try:
            turn = running.turn(now())
            _tell(turn)
            while turn.count and queries.pending():
                turn = running.turn(now())
                _tell(turn)
            complete_evidence(running.setup.trust)
        finally:
            running.close()
    say(f"日志共 {turn.size} 条", f"The log has {turn.size} entries")


@notary.command(cls=Verb, help=both("持续运行，直到停止（Ctrl-C）。", "Run until stopped (Ctrl-C)."))
@click.option(
    "--interval",
    type=click.FloatRange(0.2, 1.0),
    default=0.5,
    show_default=True,
    help="批次间隔（秒） Seconds between batches.",
)
@policy_option
def run(interval: float, policy: str) -> None:
    """Turn after turn, until SIGTERM."""
    if os.environ.get("HENGJIAN_NOTARY_OF") == str(os.getppid()):
        die_with_parent(signal.SIGTERM)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with django_ready():
        from hengjian.demo.log import witnesses

        setup = _setup(policy)
        say(
            f"存证运行中：{setup.origin}（每 {interval:g} 秒一批）",
            f"Running: {setup.origin}, every {interval:g} s",
        )
        with witnesses(data_folder(os.environ), time.time):
            _run(setup, interval, stopping)
    say("已结束，最后一批已写完。", "Ended; the last batch is written.")


def _run(setup: "Setup", interval: float, stopping: threading.Event) -> None:
    """Begin again whenever the database went away and came back."""
    from hengjian.notary.errors import NotaryRefused
    from hengjian.notary.forms import keep_nightly
    from hengjian.notary.running import Notary

    lost = 0
    while not stopping.is_set():
        running = None
        try:
            running = Notary(setup, now())
            keep_nightly(now().astimezone(SHANGHAI).date())
            lost = 0
            _turns(running, interval, stopping)
        except NotaryRefused as fault:
            # our own lost session may hold the lock until the server notices
            if fault.code != "notary.second_sequencer" or not 0 < lost < GRACE:
                raise
            lost += 1
        except Exception as fault:
            if not is_database(fault) and type(fault).__name__ != "InterfaceError":
                raise
            lost = max(lost, 1)
            _say_line("数据库中断，稍后重试", "the database is away; trying again")
        finally:
            _let_go(running)
        if not stopping.is_set():
            stopping.wait(RETRY)


def _turns(running: "Notary", interval: float, stopping: threading.Event) -> None:
    beside = Beside(running.setup)
    while not stopping.is_set():
        begun = time.monotonic()
        turn = running.turn(now())
        _tell(turn)
        beside.after(turn)
        if turn.count < BUSY:
            stopping.wait(max(0.0, interval - (time.monotonic() - begun)))


def _let_go(running: "Notary | None") -> None:
    from django.db import DatabaseError, InterfaceError, connection

    with suppress(DatabaseError, InterfaceError):
        if running is not None:
            running.close()
    with suppress(DatabaseError, InterfaceError):
        connection.close()


def _tell(turn: "Turn") -> None:
    if turn.count or turn.files:
        names = "、".join(turn.cosigned) or "-"
        _say_line(
            f"编号 {turn.count} 条，共 {turn.size} 条，联署 {names}，发布文件 {turn.files}",
            f"{turn.count} numbered, {turn.size} in all, cosigned {names}, {turn.files} files",
        )


def _say_line(zh: str, en: str) -> None:
    stamp = f"{now().astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    say(f"{stamp} {zh}", f"{stamp} {en}", err=True)


@notary.command(cls=Verb, help=both("重新发布日志文件。", "Publish the log's files again."))
@policy_option
@needs_database
def publish(policy: str) -> None:
    """One turn, which also writes what the published folder lacks."""
    from hengjian.notary import publication
    from hengjian.notary.running import Notary

    setup = _setup(policy)
    running = Notary(setup, now())
    try:
        turn = running.turn(now())
    finally:
        running.close()
    size = publication.published_size(setup.folder)
    say(
        f"已发布 {size} 条（写入 {turn.files} 个文件）：{setup.folder.public}",
        f"{size} entries published ({turn.files} files written): {setup.folder.public}",
    )
    _tell_alarms()


@notary.command(cls=Verb, help=both("日志、见证人和警报的状态。", "State of log, witnesses and alarms."))
@needs_database
def status() -> None:
    """Show how the log is."""
    from hengjian.notary import publication, queries

    folder = _folder()
    head = queries.heads().first()
    if head is None:
        say(
            "日志还没有运行过。下一步：hengjian notary init，再 run",
            "The log has not run yet. Next: init, then run",
        )
        return
    at = f"{head.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    say(f"日志 {head.size} 条，{at}", f"{head.size} entries, {at}", bold=True)
    say(f"树根 {bytes(head.root).hex()}", f"root {bytes(head.root).hex()}")
    published = publication.published_size(folder)
    say(
        f"已发布 {published} 条，等待编号 {queries.pending()} 条",
        f"{published} published, {queries.pending()} waiting",
    )
    for each in queries.witnesses():
        heard = f"{each.answered_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if each.answered_at else "-"
        fault = f" {each.fault}" if each.fault else ""
        say(
            f"见证人 {each.name}：已见 {each.size} 条，最近应答 {heard}{fault}",
            f"witness {each.name}: has seen {each.size}, last answered {heard}{fault}",
        )
    _tell_alarms()


@notary.command(cls=Verb, help=both("警报；默认只列未解除的。", "Alarms; by default those that are open."))
@click.option("--all", "everything", is_flag=True, help="包括已解除的 Also closed ones.")
@needs_database
def alarms(everything: bool) -> None:
    """List alarms."""
    if not _tell_alarms(everything=everything):
        say("没有警报", "No alarms")


def _tell_alarms(*, everything: bool = False) -> int:
    from hengjian.notary import queries
    from hengjian.notary.alarms import wording

    found = queries.alarms(open_only=not everything)
    for alarm in found:
        what, do = wording(alarm)
        since = f"{alarm.opened_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        until = f" – {alarm.closed_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if alarm.closed_at else ""
        say(f"警报 {since}{until}：{what}", f"Alarm {since}{until}: {what}", err=True)
        if do and not alarm.closed_at:
            say(f"  怎么办：{do}", f"  What to do: {do}", err=True)
    return len(found)


def _folder() -> "Folder":
    from hengjian.notary.folder import in_data_folder

    return in_data_folder(data_folder(os.environ))


def _setup(policy: str) -> "Setup":
    from hengjian.notary.folder import signers
    from hengjian.notary.running import Setup
    from hengjian.notary.trusting import read_trust
    from hengjian.policy.folder import load, shipped

    folder = _folder()
    own = signers(folder)
    rules = load(shipped().get(policy, policy)).in_force(_today())
    age = timedelta(hours=rules.number("notary.quorum_age"))
    return Setup(folder, own, read_trust(folder.trust, own[0]), age)


def _today() -> date:
    return now().astimezone(SHANGHAI).date()


def start_beside(environment: dict[str, str]) -> Any:
    """Start the sequencer as a child of the program that serves; None when there is no log yet."""
    import subprocess
    import sys

    if not _folder().key.exists():
        say(
            "存证日志尚未建立（hengjian notary init），记录先排队等待。",
            "There is no log yet (hengjian notary init); records wait in line.",
            err=True,
        )
        return None
    mine = environment | {"HENGJIAN_NOTARY_OF": str(os.getpid())}
    return subprocess.Popen([sys.executable, "-m", "hengjian", "notary", "run"], env=mine, process_group=0)
