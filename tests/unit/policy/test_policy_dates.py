"""Dated values: what applies on a day is the latest that began, until null ends it."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hengjian import policy
from hengjian.policy.tree import read_tree, scalar
from hengjian.terms.errors import PolicyError

FIRST = date(2020, 1, 1)
HEAD = b"id: t\ntitle: t\ntitle_en: t\nclause: SPEC A7\nowner: o\n"
days = st.integers(0, 3000).map(lambda n: FIRST + timedelta(days=n))
histories = st.dictionaries(days, st.integers(-1000, 1000), min_size=1, max_size=8)


def _folder(history: dict[date, int | None]) -> policy.PolicyFolder:
    rows = "".join(
        f"    {day}: {'null' if history[day] is None else history[day]}\n" for day in sorted(history)
    )
    text = f"v:\n  name: n\n  name_en: n\n  clause: SPEC A7\n  owner: o\n  unit: 分\n  values:\n{rows}"
    always = text.replace("v:", "always:", 1)
    always = f"{always[: always.index('values:')]}values:\n    {FIRST}: 1\n"
    return policy.from_files({"policy.yaml": HEAD, "t/v.yaml": (text + always).encode()})


@given(histories, days)
def test_the_latest_that_began_applies(history: dict[date, int], on: date) -> None:
    rules = _folder(dict(history)).in_force(on)
    begun = [day for day in history if day <= on]
    if not begun:
        assert "t.v" not in rules.parameters
        return
    assert rules.param("t.v").value == history[max(begun)]
    assert rules.param("t.v").provenance.since == max(begun)


@given(histories, days)
def test_null_ends_a_value(history: dict[date, int], on: date) -> None:
    end = max(history) + timedelta(days=10)
    rules = _folder({**history, end: None}).in_force(max(on, end))
    assert "t.v" not in rules.parameters


@given(histories)
def test_between_two_changes_nothing_changes(history: dict[date, int]) -> None:
    folder = _folder(dict(history))
    assert set(folder.changes) == {*history, FIRST}
    for day, after in zip(folder.changes, folder.changes[1:], strict=False):
        last = after - timedelta(days=1)
        assert folder.in_force(day).parameters == folder.in_force(last).parameters


@given(st.one_of(st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False)))
def test_a_number_reads_back_or_stays_text(number: float) -> None:
    read = scalar(repr(number))
    assert read == number or isinstance(read, str)


@given(st.sampled_from(["yes", "no", "on", "off", "y", "n", "0o17", "017", "1:30", "1_000", ".nan", ".inf",
                        "2026-01-01", "0x1F", "True", "NULL", "<<"]))  # fmt: skip
def test_readings_of_yaml_1_1_stay_text(word: str) -> None:
    assert scalar(word) == word


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_never_more(data: bytes) -> None:
    refusal = _refusal(data)
    if refusal is not None:
        assert refusal.where.startswith("a.yaml:")
        assert refusal.do


def _refusal(data: bytes) -> PolicyError | None:
    try:
        read_tree("a.yaml", data)
    except PolicyError as error:
        return error
    return None
