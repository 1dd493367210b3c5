"""Turn rows of text into drafts, column by column; what cannot be turned carries its faults."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import polars as pl

from hengjian.evidence.faults import Fault
from hengjian.evidence.feeds.declaration import FLAGS, NUMBERS, OPTIONAL, REQUIRED, TIMES, Feed
from hengjian.evidence.feeds.reading import Chunk
from hengjian.evidence.feeds.timeliness import DueClock
from hengjian.evidence.records import CaseDraft, Draft, MetricDraft, ProjectDraft, Row
from hengjian.terms.calendar import WorkCalendar
from hengjian.terms.errors import Refused
from hengjian.terms.period import Period

MAY_BE_EMPTY = frozenset({"closed_at", *(f for fields in OPTIONAL.values() for f in fields)})
LONGEST = {"name": 120, "external_id": 80, "code": 80, "source": 80, "unit": 40}
LARGEST = Decimal(10) ** 18
YEARS = (1900, 2199)  # beyond them a slip of the pen, on which no term can be counted
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_TRUTH = {"true": True, "false": False, "unknown": None, "1": True, "0": False, "": None}


@dataclass
class Mapper:
    """One feed at work on one import: caches deadlines and periods over all chunks."""

    feed: Feed
    calendar: WorkCalendar
    clock: DueClock = field(init=False)
    _periods: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = DueClock(self.feed.clocks, self.feed.zone, self.calendar)

    def rows(self, chunk: Chunk) -> list[Row]:
        """One :class:`Row` for each row of the chunk, in order."""
        faults: dict[int, list[Fault]] = {i: list(found) for i, found in chunk.faults.items()}
        values = {name: self._field(name, chunk, faults) for name in self._fields()}
        given = [
            self._times(chunk.columns[rule.column], rule.column, faults) if rule.column else []
            for rule in self.feed.clocks.due
        ]
        return [self._row(i, chunk, values, given, faults) for i in range(len(chunk.rows))]

    def _fields(self) -> list[str]:
        known = (*REQUIRED[self.feed.kind], *OPTIONAL[self.feed.kind])
        return [name for name in known if name in self.feed.columns]

    def _row(
        self, i: int, chunk: Chunk, values: Mapping[str, list[object]],
        given: list[list[datetime | None]], faults: dict[int, list[Fault]],
    ) -> Row:  # fmt: skip
        draft: Draft | None = None
        if i not in faults:
            one = {name: column[i] for name, column in values.items() if column[i] is not None}
            try:
                draft = self._draft(one, [g[i] if g else None for g in given], chunk, i)
            except _Faulty as found:
                faults[i] = list(found.faults)
        return Row(chunk.rows[i], chunk.raw(i), draft, tuple(faults.get(i, ())))

    # -- one column at a time ------------------------------------------------------------------

    def _field(self, name: str, chunk: Chunk, faults: dict[int, list[Fault]]) -> list[object]:
        column = self.feed.columns[name]
        length = len(chunk.rows)
        texts = chunk.columns[column.column] if column.column else [column.constant or ""] * length
        label = column.column or name
        if name not in MAY_BE_EMPTY:
            _note(faults, [i for i, text in enumerate(texts) if not text], lambda _: Fault("missing", label))
        if column.codes:
            texts = self._coded(texts, label, column.codes, faults)
        if name in TIMES:
            return list(self._times(texts, label, faults))
        return [self._typed(name, text, label, i, faults) for i, text in enumerate(texts)]

    def _coded(self, texts: list[str], label: str, table: str, faults: dict[int, list[Fault]]) -> list[str]:
        codes = self.feed.codes[table]
        strange = [i for i, text in enumerate(texts) if text and text not in codes]
        _note(faults, strange, lambda i: Fault("not_a_code", label, texts[i][:80], table))
        return [codes.get(text, "") for text in texts]

    def _typed(self, name: str, text: str, label: str, i: int, faults: dict[int, list[Fault]]) -> object:
        if not text:
            return None
        fault: Fault | None = None
        value: object = text
        if name in NUMBERS:
            value, fault = _number(text, label)
        elif name in FLAGS:
            value = _TRUTH.get(text.lower())
            if text.lower() not in _TRUTH:
                fault = Fault("not_a_code", label, text[:80], "true、false、unknown")
        elif name == "period" and not self._is_period(text):
            fault = Fault("not_a_period", label, text[:40])
        elif name == "cash_flows":
            value, fault = _cash_flows(text, label)
        elif len(text) > LONGEST.get(name, 64):
            fault = Fault("too_long", label, text[:20] + "…", str(LONGEST.get(name, 64)))
        if fault is not None:
            faults.setdefault(i, []).append(fault)
        return value

    def _is_period(self, text: str) -> bool:
        if text not in self._periods:
            try:
                Period(text)
                self._periods[text] = True
            except Refused:
                self._periods[text] = False
        return self._periods[text]

    def _times(self, texts: list[str], label: str, faults: dict[int, list[Fault]]) -> list[datetime | None]:
        series = pl.Series(texts, dtype=pl.String).replace("", None)
        local = pl.Series([None] * len(texts), dtype=pl.Datetime("us"))
        for form in self.feed.date_formats:
            local = local.fill_null(_parsed(series, form))
        near = local.dt.year().is_between(*YEARS).fill_null(True)  # noqa: FBT003 (polars takes it by place)
        local = local.zip_with(near, pl.Series([None] * len(texts), dtype=pl.Datetime("us")))
        times = local.dt.replace_time_zone(str(self.feed.zone), ambiguous="earliest", non_existent="null")
        found: list[datetime | None] = times.dt.convert_time_zone("UTC").to_list()
        gaps = local.is_not_null().to_list()
        for i, text in enumerate(texts):
            if not near[i]:
                faults.setdefault(i, []).append(Fault("far_time", label, text[:40]))
            elif found[i] is not None:
                found[i] = found[i].replace(tzinfo=UTC)  # type: ignore[union-attr]
            elif text and gaps[i]:
                faults.setdefault(i, []).append(Fault("no_such_hour", label, text))
            elif text:
                found[i] = self._iso(text, label, i, faults)
        return found

    def _iso(self, text: str, label: str, i: int, faults: dict[int, list[Fault]]) -> datetime | None:
        """ISO 8601 with its own offset is always understood; without one only if no format is declared."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is None:
            moment = None if self.feed.date_formats else moment.replace(tzinfo=self.feed.zone)
        if moment is None:
            faults.setdefault(i, []).append(Fault("not_a_time", label, text[:40]))
            return None
        if not YEARS[0] <= moment.year <= YEARS[1]:
            faults.setdefault(i, []).append(Fault("far_time", label, text[:40]))
            return None
        return moment.astimezone(UTC)

    # -- one row at a time ---------------------------------------------------------------------

    def _draft(self, one: dict[str, object], given: list[datetime | None], chunk: Chunk, i: int) -> Draft:
        if self.feed.kind == "metric":
            return MetricDraft(**one)  # type: ignore[arg-type]
        if self.feed.kind == "project":
            return ProjectDraft(**one)  # type: ignore[arg-type]
        opened, closed = one["opened_at"], one.get("closed_at")
        kind = str(one.get("kind", ""))
        try:
            due, basis = self.clock.due(opened, kind, given)  # type: ignore[arg-type]
        except Refused as unknown:
            raise _Faulty(Fault("calendar_unknown", more=unknown.what)) from unknown
        if due is None and self.feed.clocks.without_due == "refuse":
            raise _Faulty(Fault("no_due"))
        if due is not None and due < opened and self.feed.clocks.due_before_opened == "refuse":  # type: ignore[operator]
            raise _Faulty(Fault("due_before_opened"))
        counted = self.clock.counted_on(opened, due, closed)  # type: ignore[arg-type]
        expected = self._expected(chunk, i)
        return CaseDraft(**one, due_at=due, due_basis=basis, counted_on=counted, expected=expected)  # type: ignore[arg-type]

    def _expected(self, chunk: Chunk, i: int) -> frozenset[str] | None:
        if self.feed.expected is None:
            return None
        text = chunk.columns[self.feed.expected.column][i]
        if text and text not in self.feed.expected.codes:
            raise _Faulty(Fault("not_a_code", self.feed.expected.column, text[:80], "expected"))
        return self.feed.expected.codes.get(text)


class _Faulty(Exception):  # noqa: N818
    def __init__(self, *faults: Fault) -> None:
        super().__init__()
        self.faults = faults


def _note(faults: dict[int, list[Fault]], places: list[int], fault: Callable[[int], Fault]) -> None:
    for i in places:
        faults.setdefault(i, []).append(fault(i))


def _parsed(series: pl.Series, form: str) -> pl.Series:
    if any(mark in form for mark in ("%H", "%I", "%T", "%R")):
        return series.str.to_datetime(form, time_unit="us", strict=False, exact=True)
    return series.str.to_date(form, strict=False, exact=True).cast(pl.Datetime("us"))


def _number(text: str, label: str) -> tuple[Decimal | None, Fault | None]:
    plain = text.replace(",", "") if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text) else text
    if not _NUMBER.fullmatch(plain):
        return None, Fault("not_a_number", label, text[:40])
    try:
        value = Decimal(plain)
        exact = value.quantize(Decimal("0.000001"))
    except InvalidOperation:
        return None, Fault("too_large", label, text[:40])
    if abs(value) >= LARGEST or exact != value:
        return None, Fault("too_large", label, text[:40])
    return value, None


def _cash_flows(text: str, label: str) -> tuple[tuple[tuple[int, Decimal], ...], Fault | None]:
    flows: list[tuple[int, Decimal]] = []
    for part in text.replace("；", ";").split(";"):
        year, _, amount = part.strip().replace("：", ":").partition(":")
        value, fault = _number(amount.strip(), label)
        if not (year.isdigit() and len(year) == 4) or fault is not None or value is None:
            return (), Fault("bad_cash_flows", label, text[:60])
        flows.append((int(year), value))
    if len({year for year, _ in flows}) != len(flows):
        return (), Fault("bad_cash_flows", label, text[:60])
    return tuple(sorted(flows)), None
