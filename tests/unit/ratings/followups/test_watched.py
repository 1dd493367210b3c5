"""The rated official reads the published log, and learns nothing of one mark.

Two worlds that differ in a single thing: the mark that one rater gives is high, or low. In the low one all
follows that a low mark can bring: a case, a call-back, an answer and the rater's own, a contact, a report and
its handling, a contest's kind of exclusion by two. The official sees of the log everything that anybody sees:
each file with its size, each entry's readable part, when and by how much the log grew; and the report of the
reconciliation, which every reader of results may open. He may not tell one world from the other by any of it.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.own_database import own_database
from tests.unit.ratings.followups.places import DAY, at

DAYS = 5
OTHERS = 2  # ballots of others on the first day, all high
Seen = list[Any]


@pytest.fixture
def see(template, db, tmp_path, issuer, policy, key, clocks) -> Callable[[bool], Seen]:
    """Live through a world and give all that is published of it."""

    def lived(*, low: bool) -> Seen:
        folder = tmp_path / f"{low}"
        with own_database(template, "watched"):
            return World(folder, issuer, policy, key, clocks).lived(low=low)

    return lived


class World:
    """A town of one official, five days and nights, and its log."""

    def __init__(self, folder: Path, issuer: Any, policy: Any, key: Any, clocks: Any) -> None:
        from hengjian.access.roles import Role
        from hengjian.notary.forms import keep_nightly
        from hengjian.ratings.ballots.rules import rules_of
        from hengjian.ratings.followups.flags import limits_of
        from tests.unit.notary.town import town_in
        from tests.unit.ratings.ballots.making import accept
        from tests.unit.ratings.followups.places import person, town

        self.key, self.issuer, self.clocks = key, issuer, clocks
        self.rules, self.limits = rules_of(policy), limits_of(policy)
        town()
        self.staff = [person(name, Role.FOLLOWUP) for name in "ab"]
        self.protector = person("p", Role.PROTECTOR)
        accept(issuer)
        self.log = town_in(folder, witnesses=0)
        keep_nightly(DAY)  # as the log does when it begins to run
        self.heads: Seen = []

    def lived(self, *, low: bool) -> Seen:
        """Day by day: what happens, then the night, each as the worker does it."""
        code = self._rated(2 if low else 9)
        for _ in range(OTHERS):
            self._rated(8)
        if low:
            self._pressed(code)
        self._turned(DAY, 20)
        for day in range(1, DAYS):
            on = DAY + timedelta(days=day)
            self._night(on)
            if low:
                self._handled(day, on, code)
            self._turned(on, 12)
        return self._published()

    def _rated(self, mark: int) -> str:
        from hengjian.ratings.ballots import operations as ballots
        from hengjian.ratings.ballots.receipts import new_code
        from tests.unit.ratings.ballots.making import said, token_of

        code = new_code(secrets.token_bytes)
        ballots.cast(token_of(self.issuer), said(mark, code), self.rules, DAY)
        return code

    def _pressed(self, code: str) -> None:
        from hengjian.ratings.followups.operations import reports
        from hengjian.ratings.followups.telling import Contact, Told, leave_contact, report

        leave_contact(code, Contact("", "13800000000"), self.key.lock, DAY)
        report(Told("retaliation", "打分以后不办事", code), self.key.lock, self.clocks, DAY)
        reports.take_up()  # a handler looks the same day

    def _night(self, on: date) -> None:
        from hengjian.notary.nights.operations import gather
        from hengjian.ratings.ballots.jobs import nightly as ballots
        from hengjian.ratings.followups.jobs import nightly as followups

        moment = at(on, 8) - timedelta(hours=7, minutes=30)
        ballots(moment, self.rules)
        self._turned(on, 8)
        followups(moment, self.rules, self.clocks, self.limits)
        gather(moment)
        self._turned(on, 9)

    def _handled(self, day: int, on: date, code: str) -> None:
        from hengjian.ratings.ballots import operations as ballots
        from hengjian.ratings.followups.models import Case, Report, ReportVerb
        from hengjian.ratings.followups.operations import cases, reports
        from hengjian.ratings.followups.operations.sealed import open_contact
        from tests.unit.ratings.followups.places import act

        case, (a, b) = Case.objects.get(), self.staff
        number, report = str(case.pk), str(Report.objects.get().pk)
        if day == 1:
            cases.assign(number, a, act(b, on=on))
            open_contact(case, "call_back", act(a, on=on), self.key)
            cases.call(number, act(a, on=on))
            reports.move(report, ReportVerb.PROTECT, act(self.protector, on=on), self.clocks)
        elif day == 2:
            cases.answer(number, act(a, on=on))
            ballots.answer(code, "已经办好", on)
            ballots.exclude(str(case.ballot_id), "误评", "a", "b", on)
        else:
            cases.close(number, act(b, on=on)) if day == 3 else cases.reopen(number, act(b, on=on))

    def _turned(self, on: date, hour: int) -> None:
        """The log takes up what waits, signs and publishes; the official notes when it grew."""
        moment = at(on, hour)
        notary = self.log.start(moment)
        try:
            notary.turn(moment)
        finally:
            notary.close()
        from hengjian.notary.publication import published_size

        self.heads.append((moment, published_size(self.log.folder)))

    def _published(self) -> Seen:
        from hengjian.notary.models import Difference, Reconciliation
        from hengjian.notary.reconciliation import reconcile
        from hengjian.notary.seals import seals_in
        from hengjian.proof.commitments import Entry
        from hengjian.proof.tiles import decode_entries

        public = self.log.folder.public
        files = {
            path.relative_to(public).as_posix(): path for path in sorted(public.rglob("*")) if path.is_file()
        }
        bundles = [path.read_bytes() for name, path in files.items() if name.startswith("tile/entries/000")]
        entries = decode_entries(max(bundles, key=len))  # all in one, and its earlier widths beside it
        read = [Entry.parse(entry) for entry in entries]
        reconcile(lambda: at(DAY + timedelta(days=DAYS)), seals_in(self.log.folder))
        assert not Difference.objects.exists()
        runs = list(Reconciliation.objects.values_list("leaves", "rows", "erased", "size"))
        shown = [(one.kind, one.on, one.schema, dict(one.public), len(raw))
                 for one, raw in zip(read, entries, strict=True)]  # fmt: skip
        return [shown, [(name, path.stat().st_size) for name, path in files.items()], self.heads, runs]


def test_a_low_mark_and_all_that_follows_changes_nothing_that_is_published(see) -> None:
    high, low = see(low=False), see(low=True)
    assert high == low
    kinds = [kind for kind, *_more in high[0]]
    assert kinds.count("notary.night") == DAYS - 1
    assert kinds.count("ballots.ballot") == 1 + OTHERS
    assert not any(kind.startswith("followups.") for kind in kinds)


KINDS = "followups.case", "followups.report", "ballots.reply", "ballots.exclusion"


@pytest.mark.parametrize("kind", KINDS)
def test_a_leaf_of_its_own_for_one_kind_would_tell(see, kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """The protection taken out, kind by kind."""
    from hengjian.notary import protected

    monkeypatch.setitem(protected._KINDS, kind, replace(protected._KINDS[kind], nightly=False))
    high, low = see(low=False), see(low=True)
    assert [one for one in low[0] if one[0] == kind]
    assert not [one for one in high[0] if one[0] == kind]


def test_a_night_that_is_left_out_when_it_is_empty_would_tell(see, monkeypatch: pytest.MonkeyPatch) -> None:
    """The protection taken out: no leaf on nights on which nothing was."""
    from hengjian.notary.nights import operations
    from hengjian.notary.nights.models import Tonight

    real = operations.gather
    monkeypatch.setattr(operations, "gather", lambda now: Tonight.objects.exists() and real(now))
    assert see(low=False)[0] != see(low=True)[0]


def test_counting_the_rows_of_nights_in_the_report_would_tell(see, monkeypatch: pytest.MonkeyPatch) -> None:
    """The protection taken out: the reconciliation counts what waits for a night."""
    from hengjian.notary import reconciliation

    monkeypatch.setattr(reconciliation, "kinds", _without_nights)
    high, low = see(low=False), see(low=True)
    assert high[:3] == low[:3]
    assert high[3] != low[3]


def _without_nights() -> tuple[Any, ...]:
    from hengjian.notary.protected import kinds

    return tuple(replace(one, nightly=False) for one in kinds())
