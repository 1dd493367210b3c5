"""``hengjian doctor``: everything an operator must know, line by line; nothing is changed."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict

import click

from hengjian.cli.examining import attachments, database, files, running
from hengjian.cli.examining.finding import Finding, Level, Look, Place, look, red
from hengjian.cli.faults import said
from hengjian.cli.frame import Verb
from hengjian.cli.marks import POLICY, POLICY_HELP
from hengjian.cli.session import django_ready, now
from hengjian.cli.words import both, say, t
from hengjian.database import data_folder
from hengjian.terms.errors import HengjianError

MACHINE: dict[str, Look] = {
    "folder": files.folder, "secret": files.secrets, "disk": files.disk, "backup": files.backups,
    "papers": files.features, "policy": running.policy,
}  # fmt: skip
SYSTEM: dict[str, Look] = {
    "database.version": database.version, "database.steps": database.steps,
    "database.guards": database.guarded, "clock": database.clock, "kiosk": database.kiosk,
    "worker": running.worker, "log": running.log, "witnesses": running.witnesses, "mail": running.mail,
    "attachments": attachments.attachments,
}  # fmt: skip
CODES = {Level.GREEN: 0, Level.AMBER: 1, Level.RED: 2}
SIGNS = {Level.GREEN: ("✓", "green"), Level.AMBER: ("!", "yellow"), Level.RED: ("✗", "red")}


@click.command(
    cls=Verb,
    help=both(
        "全面检查，逐项给出绿、黄、红和处理办法，不改动任何东西。退出码：0 全绿，1 有黄，2 有红。",
        "Look at everything, each line green, amber or red with what to do; changes nothing. "
        "Exit code: 0 all green, 1 some amber, 2 some red.",
    ),
)
@click.option("--json", "as_json", is_flag=True, help="每项一行 JSON One line of JSON each.")
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
def doctor(as_json: bool, policy: str) -> int:
    """Look, tell, and say by the exit code how bad it is."""
    found = list(examine(Place(data_folder(os.environ), now(), policy)))
    for one in found:
        click.echo(json.dumps(asdict(one), ensure_ascii=False) if as_json else _line(one))
    worst = max(CODES[one.level] for one in found)
    if not as_json:
        counts = [sum(one.level is level for one in found) for level in Level]
        say(
            f"共 {len(found)} 项：绿 {counts[0]}，黄 {counts[1]}，红 {counts[2]}",
            f"{len(found)} lines: {counts[0]} green, {counts[1]} amber, {counts[2]} red",
            bold=True,
        )
    return worst


def examine(place: Place) -> Iterator[Finding]:
    """Every look; without a database those that need none."""
    if not place.data.is_dir():
        yield from files.folder(place)
        return
    for name, eye in MACHINE.items():
        yield from look(name, eye, place)
    try:
        with django_ready(migrate=False):
            yield from examine_system(place)
    except HengjianError as fault:
        yield red("database", (said(fault.what), said(fault.what)), (said(fault.do), said(fault.do)))


def examine_system(place: Place) -> Iterator[Finding]:
    """What needs the database; Django is set up."""
    for name, eye in SYSTEM.items():
        yield from look(name, eye, place)


def _line(one: Finding) -> str:
    sign, colour = SIGNS[one.level]
    what = click.style(f"{sign} {said(one.what)}", fg=colour)
    return what + (f"\n    {t('怎么办：', 'What to do: ')}{said(one.do)}" if one.do else "")
