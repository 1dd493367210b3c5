"""The door at work: one batch, chunk by chunk, inside one transaction."""

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hengjian.evidence import tables
from hengjian.evidence.checks import Context, faults_of
from hengjian.evidence.faults import Fault
from hengjian.evidence.feeds.declaration import Feed
from hengjian.evidence.feeds.timeliness import DueClock, verdict
from hengjian.evidence.models import Batch, FeedVersion, Quarantined
from hengjian.evidence.records import CaseDraft, Draft, Receipt, Row, SourceFile, digest_of_draft
from hengjian.evidence.tables import Entry, Version
from hengjian.exchange.models import Kind
from hengjian.exchange.outbox import announce
from hengjian.notary.recording import notarise, notarise_keys
from hengjian.terms.calendar import WorkCalendar
from hengjian.terms.canonical import digest_of

_QUARANTINE = ("id", "batch_id", "feed", "kind", "row", "raw", "raw_digest", "reasons", "at")


@dataclass
class Door:
    """Takes rows in, keeps count, and writes the batch when it is closed.

    At a second try (``second``) refused rows are kept in hand: they stand in the quarantine already.
    """

    context: Context
    by: str
    may_supersede: bool
    second: bool = False
    batch: uuid.UUID = field(default_factory=uuid.uuid4)
    counts: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    quarantined: list[int] = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)
    taken: dict[int, str] = field(default_factory=dict)

    @property
    def feed(self) -> Feed:
        """The feed that the rows come from."""
        return self.context.feed

    def take(self, rows: Sequence[Row]) -> None:
        """Judge one chunk and write it."""
        drafts = [row.draft for row in rows if row.draft is not None]
        standing = tables.standing(self.feed.kind, self.feed.code, drafts)
        mine: dict[str, str] = {}
        entries: list[Entry] = []
        refused: list[Row] = []
        for row in rows:
            entry = self._judged(self._counted(row), standing, mine)
            if isinstance(entry, Row):
                refused.append(entry)
            elif entry is not None:
                entries.append(entry)
        tables.write_records(self.feed.kind, self.feed.code, self.batch, self.context.now, entries)
        self._keep(refused)
        self.counts["read"] += len(rows)
        self.counts["admitted"] += len(entries)
        self.counts["superseding"] += sum(entry.replaces is not None for entry in entries)

    def _counted(self, row: Row) -> Row:
        draft = row.draft
        if not isinstance(draft, CaseDraft) or draft.counted_on is not None:
            return row
        clock = DueClock(self.feed.clocks, self.feed.zone, WorkCalendar())
        day = clock.counted_on(draft.opened_at, draft.due_at, draft.closed_at)
        return replace(row, draft=replace(draft, counted_on=day))

    def _judged(self, row: Row, standing: dict[str, Version], mine: dict[str, str]) -> Entry | Row | None:
        """An entry to write, the refused row, or None when the very same fact is known."""
        if row.draft is None:
            return row
        faults = faults_of(row.draft, self.context)
        if faults:
            return row.refused(*faults)
        digest = digest_of_draft(row.draft, self.feed.code)
        key = row.draft.key
        before = standing.get(key)
        fault = self._conflict(key, digest, mine.get(key), before)
        if fault is not None:
            return row.refused(fault)
        if row.ticket:
            self.taken[row.ticket] = digest
        self._compare(row.draft)
        if digest == mine.get(key) or (before is not None and before.digest == digest):
            self.counts["known"] += 1
            return None
        mine[key] = digest
        organisation = self.context.organisations[row.draft.organisation][0]
        return Entry(row.number, row.draft, digest, organisation, before.number if before else None)

    def _conflict(self, key: str, digest: str, mine: str | None, before: Version | None) -> Fault | None:
        if mine is not None:
            return None if mine == digest else Fault("duplicate_in_file", value=key)
        if before is None or before.digest == digest:
            return None
        if before.batch == self.batch:
            return Fault("duplicate_in_file", value=key)
        if before.feed != self.feed.code:
            return Fault("other_feed", value=key, more=before.feed)
        return None if self.may_supersede else Fault("changed", value=key)

    def _compare(self, draft: Draft) -> None:
        if not isinstance(draft, CaseDraft):
            return
        ours = verdict(draft, self.context.now)
        self.verdicts[ours] += 1
        if draft.expected is not None:
            self.counts["compared"] += 1
            self.counts["agreed"] += ours in draft.expected

    def _keep(self, rows: list[Row]) -> None:
        """Put refused rows into the quarantine, each once; rows already decided count as known."""
        if self.second:
            self.refused += rows
            self.counts["refused"] += len(rows)
            return
        hashed = {digest_of({"feed": self.feed.code, "raw": dict(row.raw)}): row for row in rows}
        there = Quarantined.objects.filter(feed=self.feed.code, raw_digest__in=hashed)
        decided = dict(there.values_list("raw_digest", "decision"))
        new = {key: row for key, row in hashed.items() if key not in decided}
        known = sum(decision is not None for decision in decided.values())
        self.counts["known"] += known
        self.counts["refused"] += len(rows) - known
        self._write_quarantine(new)

    def _write_quarantine(self, new: dict[str, Row]) -> None:
        ids = tables.numbers(Quarantined, len(new))
        at, feed = self.context.now, self.feed
        rows = (
            (
                number, self.batch, feed.code, feed.kind, row.number,
                json.dumps(dict(row.raw), ensure_ascii=False), raw_digest,
                json.dumps([f.stored() for f in row.faults], ensure_ascii=False), at,
            )
            for number, (raw_digest, row) in zip(ids, new.items(), strict=True)
        )  # fmt: skip
        tables.copy_in(Quarantined, _QUARANTINE, rows)
        notarise_keys(Quarantined, ids, at)
        self.quarantined += ids

    def count_only_taken(self) -> None:
        """At a second try the batch counts what came in; what did not goes on waiting uncounted."""
        self.counts["read"] -= self.counts["refused"]
        self.counts["refused"] = 0

    def close(self, source: SourceFile) -> Receipt:
        """Write the batch with its counts."""
        feed = self.feed
        version, new = FeedVersion.objects.get_or_create(
            digest=feed.digest, defaults={"code": feed.code, "kind": feed.kind, "text": feed.text}
        )
        names = ("read", "admitted", "superseding", "known", "refused", "compared", "agreed")
        counts = {name: self.counts[name] for name in names}
        batch = Batch.objects.create(
            id=self.batch, feed=feed.code, feed_version_id=feed.digest, kind=feed.kind,
            source_name=source.name[:255], source_digest=source.digest, by=self.by,
            at=self.context.now, **counts,
        )  # fmt: skip
        notarise(self.context.now, *([version] if new else []), batch)
        if self.quarantined:
            announce(Kind.QUARANTINE, feed.code, self.context.now)
        return Receipt(
            batch=str(self.batch), feed=feed.code, kind=feed.kind, verdicts=dict(self.verdicts),
            quarantined=tuple(self.quarantined), **counts,
        )  # fmt: skip
