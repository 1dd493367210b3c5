"""What every reader of results needs, read before the first one asks: a worker begins so when it starts.

Frozen results never change, so each process reads them once and keeps them. Without this the first page on
a large city waits for that.
"""

import gc
import os
from itertools import pairwise
from threading import Thread

import structlog
from django.db import connection
from django.db.utils import DatabaseError

from hengjian.cycles import certainty, comparing, queries, reach
from hengjian.cycles.reach import WHOLE
from hengjian.terms.errors import HengjianError

SERVED = "HENGJIAN_WORKER_OF"  # set for the processes of ``hengjian serve``
MOST = 4  # results, the newest first
log = structlog.get_logger("hengjian.console")


def begin() -> None:
    """Read beside the requests, in a process that serves."""
    if SERVED in os.environ:
        Thread(target=_beside, name="warming", daemon=True).start()


def _beside() -> None:
    try:
        warm()
        # millions of objects that stay: the collector need not go through them in the middle of a page
        gc.collect()
        gc.freeze()
    except (HengjianError, DatabaseError) as error:
        log.warning("warming ended", error=type(error).__name__)
    finally:
        connection.close()


def warm() -> None:
    """The newest results: facts, rules, sheet, workings, certainty, and the two newest beside each other.

    What cannot be read is told to whoever opens its page.
    """
    scored = [row for row in queries.list_cycles() if row.seats][:MOST]
    for row in scored:
        queries.workings_behind(row.id)
        certainty.rows_of(row.id)
        reach.reached_in(row.id, WHOLE)
    for after, before in pairwise(scored[:2]):
        stayed = comparing.changes_between(before.id, after.id)
        for one in stayed[:1]:  # the causes of one are worked out from mixtures that serve all
            comparing.explained(before.id, after.id, one.seat)
