"""``hengjian anchor``: fix the log's heads on a chain or by time-stamps, and read them back."""

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hengjian.cli import faults
from hengjian.cli.files import make_folder
from hengjian.cli.frame import Verb
from hengjian.cli.session import needs_database, now
from hengjian.cli.words import both, say, t
from hengjian.database import data_folder
from hengjian.terms.errors import HengjianError, Refused, Tampered

NAME = click.argument("name", required=False, default="", metavar="[锚定点]")


def _folder() -> Path:
    return data_folder(os.environ) / "notary"


def _targets(name: str) -> tuple[Any, ...]:
    """The places of anchors.yaml, or the one that is named."""
    from hengjian.notary.anchors.config import FILE, load, named

    found = load(_folder())
    if name:
        return (named(found, name, _folder()),)
    if not found:
        raise Refused(
            "还没有配置锚定点",
            where=str(_folder() / FILE),
            do="写法见 docs/how-to/anchor.zh-CN.md",
            code="anchor.none",
        )
    return found


def _each(targets: tuple[Any, ...], work: Callable[[Any], None]) -> None:
    """Do it for every place; one that fails is told and does not stop the others."""
    failed: HengjianError | None = None
    for target in targets:
        try:
            work(target)
        except HengjianError as error:
            if failed is not None:
                faults.tell(failed)
            failed = error
    if failed is not None:
        raise failed


@click.group(
    help=both(
        "锚定：每小时把日志的最新树头写到区块链或时间戳机构。",
        "Anchors: each hour the log's newest head goes to a chain or a time-stamping authority.",
    )
)
def anchor() -> None:
    """Anchors."""


@anchor.command(cls=Verb, help=both("生成合约所有者的密钥（0600）。", "Make the owner's key (0600)."))
@click.argument("file", default="anchor.key", metavar="文件名")
def key(file: str) -> None:
    """Make a key; its address is shown, the key is not."""
    from hengjian.notary.anchors.keys import make_key

    make_folder(_folder())
    made = make_key(_folder() / file, secrets.token_bytes(32))
    say(f"密钥：{_folder() / file}", f"Key: {_folder() / file}")
    say(f"地址：{made.address}（请给它够用的余额）", f"Address: {made.address} (give it funds)")


@anchor.command(cls=Verb, help=both("把合约部署到链上。", "Put the contract on the chain."))
@click.argument("name", metavar="锚定点")
def deploy(name: str) -> None:
    """Deploy, and say which lines go into anchors.yaml."""
    from hengjian.notary.anchors.chains import deployed_at
    from hengjian.notary.anchors.config import STAMPS
    from hengjian.notary.anchors.keys import read_key
    from hengjian.notary.anchors.outsider import chain_of

    (target,) = _targets(name)
    if target.kind == STAMPS or target.contract:
        raise Refused(
            f"“{name}”是时间戳机构，不用部署" if target.kind == STAMPS else f"“{name}”已有合约",
            where=target.where,
            do="要换新合约，请用新名称另立一个锚定点；旧合约照样可核对",
            code="anchor.deployed",
        )
    chain = chain_of(target.kind, target.url, "0x" + "00" * 20, timeout=target.timeout)
    signed = chain.signed_deployment(read_key(target.key_file))
    chain.publish(signed)
    say(f"已发出交易 {signed.hash}，等待出块…", f"Sent {signed.hash}, waiting for a block…", err=True)
    for _ in range(target.wait + 1):
        made = deployed_at(chain, signed)
        if made is not None:
            say(f"合约已部署。请写进 {target.where}：", f"Deployed. Write into {target.where}:")
            click.echo(f'  contract: "{made[0]}"\n  first_block: {made[1]}')
            return
        time.sleep(1)
    raise Refused(
        "交易还没有进入区块",
        where=f"{target.url} {signed.hash}",
        do="请稍后在链上查这笔交易的收据，里面有合约地址；不要急于再部署",
        code="anchor.waiting",
    )


def _note(target: Any) -> None:
    from hengjian.notary.anchors.operations import note_due
    from hengjian.notary.folder import in_data_folder, load_key

    origin = load_key(in_data_folder(data_folder(os.environ))).name
    note_due(target.name, origin, now())


@anchor.command(cls=Verb, help=both("记下到时的树头，列出待锚定的。", "Note what is due, list what waits."))
@NAME
@needs_database
def due(name: str) -> None:
    """What waits at each place."""
    from hengjian.notary.anchors.queries import pending

    def work(target: Any) -> None:
        _note(target)
        waiting = list(pending(target.name))
        say(f"{target.name}：待锚定 {len(waiting)}", f"{target.name}: {len(waiting)} due", bold=True)
        for row in waiting:
            click.echo(f"  {row.hour:%Y-%m-%d %H:%M}Z  {row.size}  {bytes(row.root).hex()}")

    _each(_targets(name), work)


@anchor.command(
    cls=Verb,
    help=both(
        "按顺序发出到时的树头；每小时运行一次，断链恢复后自动补齐。",
        "Send what is due, in order; run it hourly. After an outage it catches up.",
    ),
)
@NAME
@needs_database
def send(name: str) -> None:
    """Send to every place; a place that is away keeps what is due."""
    from hengjian.notary.anchors.operations import send as send_to

    def work(target: Any) -> None:
        _note(target)
        outcome = send_to(target, now(), time.sleep)
        done, left = len(outcome.settled), len(outcome.waiting)
        say(f"{target.name}：已锚定 {done}，等待 {left}", f"{target.name}: {done} anchored, {left} waiting")

    _each(_targets(name), work)


@anchor.command(
    cls=Verb, help=both("逐个读回锚定，与日志对照。", "Read every anchor back and compare it with the log.")
)
@NAME
@needs_database
def check(name: str) -> None:
    """Ends with 5 when anything differs."""
    from hengjian.notary.anchors.config import STAMPS
    from hengjian.notary.anchors.operations import authority_of, chain_for
    from hengjian.notary.anchors.queries import anchors, differences, pending

    def work(target: Any) -> None:
        place = authority_of(target) if target.kind == STAMPS else chain_for(target)
        found = list(differences(target.name, place))
        for one in found:
            click.echo(f"{target.name}: {faults.said(one)}", err=True)
        if found:
            raise Tampered(
                f"“{target.name}”有 {len(found)} 处不一致",
                where=target.url,
                do="请停止发布，由审计人员对照见证方的签名查明是哪一方被改动",
                code="anchor.differs",
            )
        left = pending(target.name).count()
        done = anchors(target.name).count() - left
        say(
            f"{target.name}：{done} 个全部一致，待锚定 {left}", f"{target.name}: all {done} agree, {left} due"
        )

    _each(_targets(name), work)


@anchor.command(cls=Verb, help=both("列出锚定及其凭据。", "List anchors and their proofs."))
@NAME
@click.option("--limit", default=24, show_default=True, help="最多几行 At most.")
@needs_database
def show(name: str, limit: int) -> None:
    """One line an anchor: hour, size, root, where it stands."""
    from hengjian.notary.anchors.queries import anchors

    for row in anchors(name)[:limit]:
        receipt = getattr(row, "receipt", None)
        place = t("待锚定", "due") if receipt is None else f"{receipt.stamped_at:%Y-%m-%d %H:%M:%S}Z"
        if receipt is not None and receipt.block is not None:
            place += t(f"  区块 {receipt.block}", f"  block {receipt.block}") + f"  {receipt.transaction}"
        click.echo(f"{row.target}  {row.hour:%Y-%m-%d %H:%M}Z  {row.size}  {bytes(row.root).hex()}  {place}")


@anchor.command(
    cls=Verb,
    help=both(
        "任何人可用：检查点与链上所记是否一致；不需要数据库。",
        "For anybody, without a database: does the chain agree with a checkpoint?",
    ),
)
@click.argument("checkpoint", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="检查点")
@click.option("--url", required=True, help=both("节点地址", "The node's address"))
@click.option("--contract", required=True, help=both("合约地址", "The contract's address"))
@click.option(
    "--kind",
    type=click.Choice(["evm", "fisco"]),
    default="evm",
    show_default=True,
    help=both("节点种类", "Kind of node"),
)
@click.option("--first-block", default=0, help=both("合约所在区块号", "The contract's block"))
def verify(checkpoint: Path, url: str, contract: str, kind: str, first_block: int) -> None:
    """Agrees, differs (ends with 5), or was never anchored (ends with 2)."""
    from hengjian.notary.anchors.outsider import chain_of, compared

    verdict = compared(checkpoint.read_bytes(), chain_of(kind, url, contract, first_block=first_block))
    size = verdict.head.size
    if verdict.entry is None:
        nearest = f"链上没有大小 {size} 的树头；其后最近的是 {verdict.later.size}" if verdict.later else ""
        raise Refused(
            nearest or f"链上没有大小 {size} 的树头",
            where=contract,
            do="请取整点发布的检查点，或用一致性证明连到其后已锚定的树头",
            code="anchor.absent",
        )
    if verdict.answer == "differs":
        raise Tampered(
            f"大小 {size}：链上的根是 {verdict.entry.root.hex()}，检查点的根是 {verdict.head.root.hex()}",
            where=f"{contract} {verdict.transaction}",
            do="请保存这份检查点，交给见证方和审计机关",
            code="anchor.differs",
        )
    say(
        f"一致：大小 {size}，链上时间 {verdict.entry.at:%Y-%m-%d %H:%M:%S}Z，交易 {verdict.transaction}",
        f"Agrees: size {size}, block time {verdict.entry.at:%Y-%m-%d %H:%M:%S}Z, {verdict.transaction}",
        bold=True,
    )
