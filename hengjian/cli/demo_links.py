"""The demonstration's links to the rating page: made, published as the worker does it, and told."""

from pathlib import Path

import click

from hengjian.cli.session import now
from hengjian.cli.words import say
from hengjian.terms.errors import HengjianError

TOLD = 3
BY = "demo-office"


def is_demo() -> bool:
    """Whether the synthetic city stands here, and nothing else."""
    from hengjian.cycles.models import Cycle
    from hengjian.demo.operations import present

    return present() and not Cycle.objects.filter(synthetic=False).exists()


def make(folder: Path, base: str) -> None:
    """Have invitations wait that can be used today, and say where their links lead."""
    from hengjian.demo import links
    from hengjian.policy import load, shipped

    links.prepare(folder, base)
    links.refresh(folder, load(shipped()["seed"]), BY, now())


def publish(folder: Path) -> None:
    """Hand the keys over and publish their proofs, as far as the log has them; the worker goes on with it."""
    from hengjian.cli.kiosk_keys import accept, publish_proofs

    moment = now()
    accept(moment)
    publish_proofs(folder, moment)


def tell(folder: Path, base: str) -> None:
    """Name a few links. What prevents it is said, and the console goes on."""
    from hengjian.demo import links

    try:
        make(folder, base)
        publish(folder)
        found = links.links(base, TOLD, BY, now())
    except HengjianError as fault:
        say(f"演示用的评价链接未能生成：{fault}", f"no links for the demonstration: {fault}", err=True)
        return
    say("演示用的评价链接（合成数据；更多见网页端“随时评 · 窗口二维码”）：",
        "Links to rate with (synthetic; more on the console's page of QR sheets):")  # fmt: skip
    for about, link in found:
        click.echo(f"  {about}\n    {link}")
