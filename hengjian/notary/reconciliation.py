"""The nightly reconciliation: every protected row against its leaf, every leaf against its row.

That, not the chain, makes "cannot be altered unseen" true: triggers and hashes in the same database
stop nobody who owns it, but he cannot make a salted commitment fit a changed row without changing
the log, nor the log without contradicting roots that were signed, published and witnessed.

Steps, each in blocks; after a block its findings and the place are committed together, so a run that
was killed goes on where it stopped, and memory does not grow with the log:

1. ``leaves``: entry, bundle, tile and row of every place; the root at every head on the way;
2. ``heads``: each head against the signatures under it, and against the published checkpoint;
3. ``tiles``: every hash of the upper levels against the tile below it;
4. ``waiting``: commitments that have no place yet;
5. ``nights``: what stands in each night's leaf: rows, entries, and the root over them;
6. ``rows``: rows without a commitment, table by table; salts without a commitment;
7. ``forms``: leaves whose rows cannot be read, since a column or a form is gone.

Trusted: the report no more than the database it stands in. What it finds again and again from the
same rows needs no trust: anybody with the rows and salts can repeat it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from functools import partial

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hengjian.notary import forms, holding
from hengjian.notary.alarms import DIFFERS, close_alarm, open_alarm
from hengjian.notary.errors import NotaryRefused
from hengjian.notary.holding import Block, Finding, What
from hengjian.notary.models import HASH, TILE, Difference, Head, Reconciliation, Tile
from hengjian.notary.nights import queries as nights
from hengjian.notary.protected import kinds
from hengjian.notary.seals import Seals
from hengjian.proof.tree import Frontier
from hengjian.terms.calendar import SHANGHAI

NIGHTLY = time(2)
BLOCK = 8 * TILE
KEPT = 10_000  # differences kept of one run; all of them are counted
LOCK = 0x7265636F6E63  # "reconc"
STEPS = ("leaves", "heads", "tiles", "waiting", "nights", "rows", "forms")

Steps = Iterator[tuple[list[Finding], int, int]]
Clock = Callable[[], datetime]
Progress = Callable[[str, int, int], None]


def due(now: datetime) -> bool:
    """Whether the reconciliation of the last night (02:00 in Shanghai) is still to be begun or finished."""
    here = now.astimezone(SHANGHAI)
    last = datetime.combine(here.date(), NIGHTLY, SHANGHAI)
    if last > here:
        last -= timedelta(days=1)
    newest = Reconciliation.objects.order_by("-started_at").first()
    return newest is None or newest.finished_at is None or newest.started_at < last


def reconcile(clock: Clock, seals: Seals | None, progress: Progress | None = None) -> Reconciliation:
    """Run one reconciliation, or go on with the one that was interrupted, and raise or close the alarm.

    ``seals``: None only where the log has no key yet, so that nothing was ever signed.
    Clause: SPEC F3
    Raises: NotaryRefused while another one is at work.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise NotaryRefused(
                _("另一次存证核对正在进行"), do=_("请等它完成后再核对"), code="notary.reconciling"
            )
        try:
            run = _begun(clock())
            forms.keep_all(kinds(), run.started_at.astimezone(SHANGHAI).date())
            return _run(run, clock, seals, progress or _quiet)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _quiet(_step: str, _done: int, _of: int) -> None:
    return None


def _begun(now: datetime) -> Reconciliation:
    started = Reconciliation.objects.filter(finished_at__isnull=True).order_by("-started_at").first()
    if started is not None:
        return started
    head = Head.objects.order_by("-size").first()
    size = head.size if head else 0
    return Reconciliation.objects.create(started_at=now, size=size, at_step=STEPS[0])


def _run(run: Reconciliation, clock: Clock, seals: Seals | None, progress: Progress) -> Reconciliation:
    work: dict[str, Callable[[Reconciliation], Steps]] = {
        "leaves": _leaves, "heads": partial(_heads, seals), "tiles": _tiles, "waiting": _waiting,
        "nights": _nights, "rows": _rows, "forms": _forms,
    }  # fmt: skip
    for step in STEPS[STEPS.index(run.at_step) :]:
        for found, done, of in work[step](run):
            with transaction.atomic():
                _keep(run, found)
                run.save()
            progress(step, done, of)
        run.at_step, run.place = STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)], {}
    run.finished_at = clock()
    with transaction.atomic():
        run.save()
        _tell(run)
    return run


def _keep(run: Reconciliation, found: list[Finding]) -> None:
    room = max(0, KEPT - run.found)
    Difference.objects.bulk_create(
        Difference(reconciliation=run, what=one.what, kind=one.kind, key=one.key, leaf=one.leaf)
        for one in found[:room]
    )
    run.found += len(found)


def _tell(run: Reconciliation) -> None:
    at = run.finished_at or run.started_at
    if run.found:
        open_alarm(DIFFERS, "", {"reconciliation": run.pk, "found": run.found}, at)
    else:
        close_alarm(DIFFERS, "", at)


def _leaves(run: Reconciliation) -> Steps:
    frontier = Frontier(run.place.get("size", 0), tuple(map(bytes.fromhex, run.place.get("edge", ()))))
    while frontier.size < run.size:
        block = Block(frontier.size, min(frontier.size + BLOCK, run.size))
        within = Head.objects.filter(size__gt=block.start, size__lte=block.stop)
        roots = dict(within.values_list("size", "root"))
        found = list(holding.opened(block.found))
        for place, agreed, differing in block.compared():
            found += differing
            frontier.add(agreed if agreed is not None else bytes(HASH))
            if place + 1 in roots:
                found += _head(place + 1, bytes(roots[place + 1]), frontier.root())
        run.leaves = frontier.size
        run.rows += len(block.found)
        run.erased += sum(leaf.erased for leaf in block.found)
        run.place = {"size": frontier.size, "edge": [one.hex() for one in frontier.hashes]}
        yield found, frontier.size, run.size


def _head(size: int, stated: bytes, root: bytes) -> list[Finding]:
    return [] if stated == root else [Finding(What.HEAD_CHANGED, "notary.head", str(size), size)]


def _heads(seals: Seals | None, run: Reconciliation) -> Steps:
    if seals is None:
        return
    after = run.place.get("head", -1)
    heads = Head.objects.select_related("publication").prefetch_related("signatures").order_by("size")
    while block := heads.filter(size__gt=after, size__lte=run.size)[:TILE]:
        found = [one for head in block for one in seals.on(head)]
        after = block[len(block) - 1].size
        run.place = {"head": after}
        yield found, after, run.size
    yield list(seals.on_published()), run.size, run.size


def _tiles(run: Reconciliation) -> Steps:
    """Each hash above the leaves is the root of the tile below it."""
    first, begun = run.place.get("level", 1), run.place.get("start", 0)
    for level in range(first, 8):
        wanted = run.size >> (8 * level)
        for start in range(begun if level == first else 0, wanted, TILE):
            found = _tile(level, start // TILE, min(TILE, wanted - start))
            run.place = {"level": level, "start": start + TILE}
            yield found, start, wanted


def _tile(level: int, index: int, width: int) -> list[Finding]:
    below = range(index * TILE, index * TILE + width)
    rows = Tile.objects.filter(level=level - 1, index__in=below).values_list("index", "hashes")
    children = {number: bytes(hashes) for number, hashes in rows}
    above = Tile.objects.filter(level=level, index=index).values_list("hashes", flat=True).first() or b""
    return [
        Finding(What.TILE_CHANGED, "notary.tile", f"{level}/{index}/{place}")
        for place, child in enumerate(below)
        if bytes(above[place * HASH : (place + 1) * HASH]) != _root(children.get(child, b""))
    ]


def _root(hashes: bytes) -> bytes:
    frontier = Frontier()
    frontier.extend(hashes[start : start + HASH] for start in range(0, len(hashes), HASH))
    return frontier.root()


def _waiting(run: Reconciliation) -> Steps:
    after = run.place.get("after", -1)
    known = {kind.kind: kind.nightly for kind in kinds()}
    while block := holding.without_place(after, BLOCK):
        found = list(holding.opened(block))
        found += [Finding(What.UNNUMBERED, one.kind, one.key) for one in block if not one.waits]
        after = block[-1].id
        run.rows += sum(not known.get(one.kind, False) for one in block)
        run.place = {"after": after}
        yield found, run.rows, run.rows


def _nights(run: Reconciliation) -> Steps:
    """Uncounted: how many rows a night took, nobody may read off the report of a run."""
    last = nights.newest()
    for number, found in nights.held(run.place.get("night", 0)):
        run.place = {"night": number}
        yield found, number, last


def _rows(run: Reconciliation) -> Steps:
    tables = [kind for kind in kinds() if kind.model_label]
    for done, kind in enumerate(tables):
        if kind.kind < run.place.get("kind", ""):
            continue
        after = run.place.get("after", "") if kind.kind == run.place.get("kind") else ""
        while block := holding.unlogged(kind, after, BLOCK):
            after = block[-1]
            run.place = {"kind": kind.kind, "after": after}
            yield [Finding(What.ROW_UNLOGGED, kind.kind, key) for key in block], done, len(tables)
    if run.place.get("kind") != "salts":
        alone = [Finding(What.SALT_ALONE, "notary.salt", str(number)) for number in holding.salts_alone(KEPT)]
        run.place = {"kind": "salts"}
        yield alone, len(tables), len(tables)


def _forms(run: Reconciliation) -> Steps:
    tables = [kind for kind in kinds() if kind.model_label]
    for done, kind in enumerate(tables):
        if kind.kind > run.place.get("kind", ""):
            run.place = {"kind": kind.kind}
            yield list(holding.forms(kind)), done + 1, len(tables)
