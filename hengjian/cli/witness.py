"""``hengjian witness``: cosign a log for an office that does not run it."""

import os
import secrets
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hengjian.cli.frame import Verb
from hengjian.cli.words import both, say, t
from hengjian.database import data_folder
from hengjian.database.keeper import die_with_parent
from hengjian.terms.errors import Tampered
from hengjian.witness.folder import Folder, vkeys_of
from hengjian.witness.records import Held, Store
from hengjian.witness.restored import catch_up as caught_up
from hengjian.witness.restored import checkpoint_of
from hengjian.witness.web import application as web_application

SEED = 32
REASONS = {
    "too_large": ("请求过大", "request too large"),
    "malformed": ("请求写法不对", "malformed request"),
    "unknown_log": ("不认识的日志", "unknown log"),
    "no_signature": ("没有日志的有效签名", "no valid signature of the log"),
    "old_above_size": ("旧大小超过新大小", "old size above the new"),
    "conflict": (
        "旧大小与记录不符（日志落后或重试）",
        "old size is not the known one (log behind, or retrying)",
    ),
    "inconsistent": ("不是原有历史的延续", "does not continue the known history"),
}


@click.group(
    help=both(
        "见证人：为不由本单位运行的日志联署检查点。",
        "The witness: cosigns the checkpoints of a log that another office runs.",
    )
)
@click.option(
    "--folder", type=click.Path(path_type=Path), envvar="HENGJIAN_WITNESS",
    help=both("见证人的文件夹（HENGJIAN_WITNESS）", "The witness's folder"),
)  # fmt: skip
@click.pass_context
def witness(context: click.Context, folder: Path | None) -> None:
    """Choose the folder."""
    context.obj = Folder((folder or data_folder(os.environ) / "witness").absolute())


@witness.command(cls=Verb, help=both("建立文件夹、密钥和存储。", "Make folder, keys and store."))
@click.option("--name", required=True, help=both("见证人的名称，例如 witness.jw.example.cn/1", "Its name"))
@click.option(
    "--store", default="sqlite:state.sqlite", show_default=True,
    help=both("sqlite:文件 或 postgresql://…", "sqlite:FILE or postgresql://…"),
)  # fmt: skip
@click.option(
    "--ml-dsa/--no-ml-dsa", default=True, show_default=True,
    help=both("同时用抗量子的 ML-DSA-44 签名", "Sign with ML-DSA-44 as well"),
)  # fmt: skip
@click.pass_obj
def init(folder: Folder, name: str, store: str, ml_dsa: bool) -> None:
    """Make a witness and print its public keys."""
    kinds = ["ed25519", "ml-dsa-44"] if ml_dsa else ["ed25519"]
    folder.make(name, store, {kind: secrets.token_bytes(SEED) for kind in kinds})
    say(f"见证人已建立：{folder.path}", f"The witness is made: {folder.path}")
    say("请把下面的公钥交给日志的运行单位：", "Give these public keys to whoever runs the log:")
    _print_keys(folder)


@witness.command(cls=Verb, help=both("显示公钥。", "Print the public keys."))
@click.pass_obj
def keys(folder: Folder) -> None:
    """Print the vkeys."""
    _print_keys(folder)


def _print_keys(folder: Folder) -> None:
    for each in folder.cosigners():
        click.echo(each.vkey)


@witness.command(
    "add-log",
    cls=Verb,
    help=both("增加要联署的日志：公钥，或信任文件。", "Cosign a log: its verifier key, or a trust file."),
)
@click.argument("log")
@click.pass_obj
def add_log(folder: Folder, log: str) -> None:
    """Add the logs of a key or file."""
    for origin in folder.add_logs(vkeys_of(log)):
        say(f"将联署：{origin}", f"Will be cosigned: {origin}")
    say("服务若在运行，请重新启动它。", "If the service is running, restart it.")


@witness.command(cls=Verb, help=both("打开见证服务（Ctrl-C 结束）。", "Serve (Ctrl-C ends it)."))
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 Address.")
@click.option("--port", default=8090, show_default=True, type=click.IntRange(1, 65535), help="端口 Port.")
@click.option("--prefix", default="", help="路径前缀 Path prefix, /witness")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="进程数 Processes.")
@click.pass_obj
def serve(folder: Folder, host: str, port: int, prefix: str, workers: int) -> None:
    """Check everything, then serve."""
    ready = folder.witness()
    for fork in ready.store.forks():
        _tell_fork(fork.origin, fork.size)
    ready.store.close()  # no connection is carried into the workers
    say(f"见证服务：http://{host}:{port}{prefix}/add-checkpoint", f"Witness: http://{host}:{port}{prefix}/")
    os.environ["HENGJIAN_WITNESS"] = str(folder.path)
    os.environ["HENGJIAN_WITNESS_PREFIX"] = prefix.rstrip("/")
    os.environ["HENGJIAN_WORKER_OF"] = str(os.getpid())
    _granian(host, port, workers)
    say("已结束。", "Ended.")


def application() -> Any:
    """What each worker process serves; here the clock is read."""
    if os.environ.get("HENGJIAN_WORKER_OF") == str(os.getppid()):
        die_with_parent(signal.SIGKILL)
    ready = Folder(Path(os.environ["HENGJIAN_WITNESS"])).witness()
    return web_application(ready, time.time, os.environ.get("HENGJIAN_WITNESS_PREFIX", ""))


def _granian(host: str, port: int, workers: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "hengjian.cli.witness:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=16,
        log_access=False,
        log_level=LogLevels.error,
    ).serve()


@witness.command(
    cls=Verb,
    help=both("各日志的大小、时间、拒绝次数和分叉证据。", "Logs, sizes, times, refusals, proofs of forks."),
)
@click.option(
    "--forks-to", type=click.Path(path_type=Path), help=both("把分叉证据写到此处", "Write proofs here")
)
@click.pass_obj
def status(folder: Folder, forks_to: Path | None) -> int:
    """Say what is known; 5 when a log has forked."""
    store = folder.witness().store
    for origin, held in store.known().items():
        _tell_log(origin, held)
    for refused in store.refusals():
        zh, en = REASONS.get(refused.reason, (refused.reason, refused.reason))
        where = refused.origin or t("（来源不明）", "(unknown sender)")
        click.echo(f"  {where}  {t(f'拒绝：{zh}', f'refused: {en}')}  {refused.count}  {_when(refused.last)}")
    code = _tell_forks(store, forks_to)
    store.close()
    return code


def _tell_log(origin: str, held: Held | None) -> None:
    if held is None:
        say(f"{origin}  还没有联署过", f"{origin}  not cosigned yet")
        return
    size = checkpoint_of(held.note).size
    say(f"{origin}  大小 {size}  {_when(held.at)}", f"{origin}  size {size}  {_when(held.at)}")


def _tell_forks(store: Store, place: Path | None) -> int:
    forks = store.forks()
    for number, fork in enumerate(forks, 1):
        _tell_fork(fork.origin, fork.size)
        if place is not None:
            place.mkdir(parents=True, exist_ok=True)
            (place / f"fork-{number}-cosigned.txt").write_bytes(fork.cosigned)
            (place / f"fork-{number}-refused.txt").write_bytes(fork.refused)
    return Tampered.exit_code if forks else 0


def _tell_fork(origin: str, size: int) -> None:
    zh = f"!!! 日志分叉：{origin} 对同一大小 {size} 签了两个不同的树根。导出证据：status --forks-to 文件夹"
    en = f"!!! FORK: {origin} signed two roots for size {size}. Both are kept (status --forks-to FOLDER)"
    click.echo(click.style(t(zh, en), fg="red", bold=True), err=True)


def _when(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().isoformat(timespec="seconds")


@witness.command(
    "catch-up",
    cls=Verb,
    help=both(
        "恢复备份之后：用公开的、有本见证人联署的最新检查点补齐记录。",
        "After a backup was restored: take up the newest public checkpoint that bears this witness's line.",
    ),
)
@click.argument("checkpoint", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def catch_up(folder: Folder, checkpoint: Path) -> None:
    """Raise the record to what was cosigned before."""
    ready = folder.witness()
    found = caught_up(ready, checkpoint.read_bytes())
    ready.store.close()
    say(f"{found.origin} 的记录现为大小 {found.size}", f"{found.origin} now stands at size {found.size}")
