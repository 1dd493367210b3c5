"""Turns a checked library into the policy of one day."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hengjian.policy import model
from hengjian.policy.claims import evaluate
from hengjian.policy.library import MANIFEST, WORDS, Library, Loaded
from hengjian.policy.model import Name, Provenance
from hengjian.policy.policy import Policy
from hengjian.policy.schema import PARAMETER, DatedValue, IndicatorVersion, SourceSpec
from hengjian.policy.units import UNITS


def in_force_of(dated: Mapping[date, Any], on: date) -> date | None:
    """The first day of what applies on a day, None when nothing does.

    Clause: SPEC A7
    """
    started = [day for day in dated if day <= on]
    if not started or dated[max(started)] is None:
        return None
    return max(started)


def resolve(library: Library, on: date, digest: str) -> Policy:
    """What the library says on a day.

    Clause: SPEC A7
    """
    manifest = library.sound_manifest
    groups = dict(_versions(library, "groups", on, _group))
    policy = Policy(
        id=manifest.id,
        title=manifest.title,
        title_en=manifest.title_en,
        on=on,
        digest=digest,
        place=manifest.place,
        about=manifest.about,
        provenance=Provenance(manifest.clause, manifest.owner, model.UNDATED, MANIFEST, 1),
        words={kind: _words(library, kind) for kind in WORDS},
        parameters=dict(_parameters(library, on)),
        indicators=dict(_versions(library, "indicators", on, _indicator)),
        indices=dict(_versions(library, "index", on, _index)),
        tables=_in_parts(library, dict(_versions(library, "scorecards", on, _scorecard))),
        tunings=tuple(dict(_versions(library, "counties", on, _tuning)).values()),
        panels=_panels(library, on, groups),
        members=groups,
        instruments=dict(_versions(library, "instruments", on, _instrument)),
        comparisons=tuple(dict(_versions(library, "comparison", on, _comparison)).values()),
        grades=_grades(library, on),
        modifiers=tuple(dict(_versions(library, "modifiers", on, _modifier)).values()),
        holidays=tuple(_holidays(item) for item in library.of("calendar").values()),
        cases=library.cases,
    )
    return replace(policy, claims=evaluate(policy, library.of("claims")))


def _provenance(item: Loaded, since: date, version: Any, *path: str) -> Provenance:
    entry = item.entry
    return Provenance(
        clause=getattr(version, "clause", "") or entry.clause,
        owner=entry.owner,
        since=since,
        file=item.tree.file,
        line=item.line(*path),
        reading=getattr(version, "reading", "") or entry.reading,
        as_written=getattr(version, "as_written", "") or entry.as_written,
    )


def _versions(
    library: Library, kind: str, on: date, build: Callable[[Loaded, Any, Provenance], Any]
) -> Iterator[tuple[str, Any]]:
    for code, item in library.of(kind).items():
        since = in_force_of(item.entry.versions, on)
        if since is not None:
            version = item.entry.versions[since]
            where = _provenance(item, since, version, "versions", since.isoformat())
            yield code, build(item, version, where)


def _words(library: Library, kind: str) -> dict[str, Name]:
    known = {code: item.entry for code, item in library.of(kind).items()}
    if kind == "units":
        known = {**UNITS, **known}
    return {
        code: Name(word.name, word.name_en, word.family, word.kind if kind == "units" else "")
        for code, word in known.items()
    }


def _parameters(library: Library, on: date) -> Iterator[tuple[str, model.Parameter]]:
    for key, item in library.of(PARAMETER).items():
        since = in_force_of(item.entry.values, on)
        if since is None:
            continue
        raw = item.entry.values[since]
        version = DatedValue.model_validate(raw) if isinstance(raw, dict) else None
        value = raw if version is None else version.value
        yield (
            key,
            model.Parameter(
                key=key,
                name=item.entry.name,
                name_en=item.entry.name_en,
                value=tuple(value) if isinstance(value, list) else value,
                unit=item.entry.unit,
                provenance=_provenance(item, since, version, "values", since.isoformat()),
            ),
        )


def _indicator(item: Loaded, version: IndicatorVersion, where: Provenance) -> model.Indicator:
    steps = {
        name: _step(name, spec)
        for name, spec in (
            ("denominate", version.steps.denominate),
            ("impute", version.steps.impute),
            ("treat", version.steps.treat),
        )
        if spec is not None
    }
    return model.Indicator(
        code=item.code,
        name=item.entry.name,
        name_en=item.entry.name_en,
        part=version.part,
        theme=version.theme,
        definition=version.definition,
        unit=version.unit,
        direction=1 if version.direction == "more" else -1,
        source=_source(version.source),
        frequency=version.frequency,
        virtue=version.virtue,
        normalisation=_normalisation(version),
        missing=version.missing,
        neutral=version.neutral,
        steps=steps,
        version=where.since.isoformat(),
        provenance=where,
        longterm=version.longterm,
    )


def _source(spec: SourceSpec) -> model.Source:
    measures = {str(name): share for name, share in spec.measures.items()}
    return model.Source(spec.kind, spec.metric, spec.feed, measures)


def _step(name: str, spec: Any) -> model.Step:
    options = {key: value for key, value in spec.model_dump().items() if value is not None}
    return model.Step(str(options.pop("method", name)), options)


def _normalisation(version: IndicatorVersion) -> model.Normalisation:
    spec = version.normalisation.model_dump(exclude={"method", "within_group"})
    options = {key: value for key, value in spec.items() if value is not None}
    options["scale"] = tuple(options["scale"])
    options["bands"] = tuple((low, points) for low, points in options["bands"])
    return model.Normalisation(version.normalisation.method, options, version.normalisation.within_group)


def _scorecard(item: Loaded, version: Any, where: Provenance) -> model.Scorecard:
    written = [
        (part, code, weight) for part, weights in version.weights.items() for code, weight in weights.items()
    ]
    total = sum(weight for _, _, weight in written)
    scale = 100.0 / total if version.normalise else 1.0
    return model.Scorecard(
        zone=item.entry.zone,
        category=item.entry.category,
        county="",
        lines=tuple(model.Line(code, part, w * scale, w) for part, code, w in written),
        parts=dict.fromkeys(version.weights, ""),
        reason=version.reason,
        provenance=where,
    )


def _in_parts(library: Library, tables: dict[str, model.Scorecard]) -> tuple[model.Scorecard, ...]:
    names = {code: item.entry.name for code, item in library.of("parts").items()}
    return tuple(
        replace(table, parts={code: names[code] for code in table.parts}) for table in tables.values()
    )


def _tuning(item: Loaded, version: Any, where: Provenance) -> model.Tuning:
    entry = item.entry
    return model.Tuning(
        code=item.code,
        name=entry.name,
        name_en=entry.name_en,
        county=entry.county,
        zone=entry.zone,
        category=entry.category,
        change=dict(version.change),
        reason=entry.reason,
        provenance=where,
    )


def _group(item: Loaded, version: Any, where: Provenance) -> model.PanelGroup:
    shrink = version.shrink
    return model.PanelGroup(
        code=item.code,
        name=item.entry.name,
        name_en=item.entry.name_en,
        side=version.side,
        weight=0.0,
        as_written=0.0,
        minimum=version.minimum,
        strata=tuple(
            model.Stratum(code, spec.name, spec.name_en, spec.weight) for code, spec in version.strata.items()
        ),
        trim=version.trim,
        prior=shrink.prior if shrink else None,
        strength=shrink.strength if shrink else 0.0,
        instrument=version.instrument,
        indicators=() if version.indicators == "all" else tuple(version.indicators),
        provenance=where,
    )


def _panels(library: Library, on: date, groups: Mapping[str, model.PanelGroup]) -> dict[str, model.Panel]:
    def build(item: Loaded, version: Any, where: Provenance) -> model.Panel:
        total = float(sum(version.weights.values()))
        return model.Panel(
            code=item.code,
            name=item.entry.name,
            name_en=item.entry.name_en,
            groups=tuple(
                replace(groups[code], as_written=weight, weight=100.0 * weight / total)
                for code, weight in version.weights.items()
            ),
            outside=dict(version.outside),
            total=total,
            provenance=where,
        )

    return dict(_versions(library, "panels", on, build))


def _instrument(item: Loaded, version: Any, where: Provenance) -> model.Instrument:
    entry = item.entry
    return model.Instrument(item.code, entry.name, entry.name_en, version.lowest, version.highest, where)


def _comparison(_item: Loaded, version: Any, where: Provenance) -> model.Comparison:
    return model.Comparison(tuple(version.keys), version.least, version.step, where)


def _grades(library: Library, on: date) -> tuple[model.Grade, ...]:
    def build(item: Loaded, version: Any, where: Provenance) -> model.Grade:
        quota = None if version.quota is None else version.quota / 100.0
        entry = item.entry
        return model.Grade(item.code, entry.name, entry.name_en, version.least, quota, where)

    found = dict(_versions(library, "grades", on, build)).values()
    return tuple(sorted(found, key=lambda grade: -grade.least))


def _modifier(item: Loaded, version: Any, where: Provenance) -> model.Modifier:
    entry = item.entry
    return model.Modifier(item.code, entry.name, entry.name_en, version.part, version.rule, where)


def _index(item: Loaded, version: Any, where: Provenance) -> model.Index:
    nodes = {
        code: model.Node(
            code=code,
            name=spec.name,
            name_en=spec.name_en,
            children=tuple(spec.children.items()),
            mean=spec.mean,
            power=spec.power,
            minimum_present=spec.minimum_present,
        )
        for code, spec in version.nodes.items()
    }
    entry = item.entry
    ordered = tuple(bottom_up(nodes))
    return model.Index(item.code, entry.name, entry.name_en, ordered, version.step, where)


def bottom_up(nodes: Mapping[str, model.Node]) -> Iterator[model.Node]:
    """Nodes in an order in which each comes after its children.

    Clause: SPEC A9
    """
    left = dict(nodes)
    while left:
        ready = [c for c, n in left.items() if not any(k in left for k, _ in n.children)]
        if not ready:
            return
        for code in ready:
            yield left.pop(code)


def _holidays(item: Loaded) -> model.Holidays:
    entry = item.entry
    return model.Holidays(
        year=entry.year,
        name=entry.name,
        off={name: tuple(d for text in texts for d in days_of(text)) for name, texts in entry.off.items()},
        make_up=tuple(d for text in entry.make_up for d in days_of(text)),
        provenance=_provenance(item, date(entry.year, 1, 1), None),
    )


def days_of(text: str) -> tuple[date, ...]:
    """The days of ``2026-10-01`` or of a span ``2026-10-01/2026-10-07``.

    Clause: NORMS X51
    Raises: ValueError when it is neither.
    """
    first, _, last = text.partition("/")
    start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    if end < start or (end - start).days > 31:
        raise ValueError(text)
    return tuple(start + timedelta(days=n) for n in range((end - start).days + 1))
