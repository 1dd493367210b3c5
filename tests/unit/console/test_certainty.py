"""How sure a rank is, on the pages: the engine's figures, the own sheet without others, what-if."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.test import Client

from console.conftest import BEFORE, SEED
from hengjian.cycles import certainty, queries
from hengjian.terms.errors import Refused

Browser = Callable[[str], Client]
TRY = "/policies/seed/what-if/"


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def weights_of(zone: str, category: str, **changed: float) -> dict[str, float]:
    _facts, policy = queries.facts(SEED)
    return {line.indicator: line.weight for line in policy.scorecard(zone, category).lines} | changed


def test_the_ranking_shows_every_interval_and_the_sheet_the_chance_of_being_last(
    signed_in: Browser, city: str
) -> None:
    rows = certainty.rows_of(SEED)
    sheet = queries.seat_sheet(SEED, city)
    group = [seat for seat in queries.sheet(SEED).seats if seat.group == sheet.score.group]
    text = page(signed_in("office"), f"/cycles/{SEED}/ranking/?{urlencode({'group': sheet.score.group})}")
    for seat in group:
        row = rows[seat.seat]
        assert row.rank == seat.rank
        assert row.low <= seat.rank <= row.high
        assert f">{row.interval}</a>" in text
    assert sum(rows[s.seat].last for s in group) == pytest.approx(1.0, abs=0.01)
    assert f"名次区间 {rows[city].interval}；" in page(signed_in("office"), f"/cycles/{SEED}/seats/{city}/")


def test_the_same_cycle_gives_the_same_intervals_again(city: str) -> None:
    first = certainty.rows_of(SEED)
    for kept in (certainty._rows, certainty._held):
        kept.cache_clear()
    assert certainty.rows_of(SEED) == first


def test_a_policy_that_says_nothing_of_it_shows_nothing(signed_in: Browser, city: str) -> None:
    assert certainty.rows_of(BEFORE) == {}
    assert "名次区间" not in page(signed_in("office"), f"/cycles/{BEFORE}/ranking/")
    assert "没有规定名次区间的算法" in page(signed_in("office"), f"/cycles/{BEFORE}/seats/{city}/certainty/")


def test_the_page_says_whom_it_cannot_be_told_from_what_moves_it_and_its_best_case(
    signed_in: Browser, city: str
) -> None:
    found = certainty.seat_certainty(SEED, city)
    assert found is not None
    text = page(signed_in("office"), f"/cycles/{SEED}/seats/{city}/certainty/")
    untold = sum(not mate.told for mate in found.mates)
    assert f"有 {untold} 人与其差距在误差之内" in text or "都能与其区分先后" in text
    assert str(found.seed) in text
    assert f"名次最好可到第 {found.best.rank}" in text
    assert "评分怎样取一个数" in text
    assert 'id="sensitivity-table"' in text or "名次没有变动" in text
    assert sum(weight for _code, weight, _kind in found.best.weights) == pytest.approx(100.0)
    assert sum(kind for _code, _weight, kind in found.best.weights) == pytest.approx(100.0)
    assert found.best.surely < found.best.rank <= found.row.rank


def test_the_own_page_shows_nobody_else(signed_in: Browser, city: str) -> None:
    found = certainty.seat_certainty(SEED, city)
    assert found is not None
    text = page(signed_in("official"), f"/cycles/{SEED}/seats/{city}/certainty/")
    for mate in found.mates:
        assert mate.official not in text
        assert mate.title not in text
    assert "确为末位的可能" in text


def test_a_what_if_with_the_same_weights_moves_nobody(signed_in: Browser, city: str) -> None:
    seat = next(s for s in queries.facts(SEED)[0].seats if s.id == city)
    found = certainty.what_if(SEED, (seat.zone, seat.category), weights_of(seat.zone, seat.category))
    assert (found.moved, found.sure) == (0, 0)


def test_a_what_if_ranks_by_the_new_weights(signed_in: Browser, city: str) -> None:
    seat = next(s for s in queries.facts(SEED)[0].seats if s.id == city)
    given = weights_of(seat.zone, seat.category)
    heavy = max(given, key=lambda code: given[code])
    changed = dict.fromkeys(given, 2.0) | {heavy: 100.0 - 2.0 * (len(given) - 1)}
    found = certainty.what_if(SEED, (seat.zone, seat.category), changed)
    assert found.moved > 0
    held = certainty._held(*_stored())
    mine = [key[:2] == (seat.zone, seat.category) for key in held.assessment.facts.rules.cards]
    scores = held.scores.with_weights(certainty._changed(held, mine, changed))
    totals = dict(zip([s.id for s in held.assessment.facts.seats], scores.totals().tolist(), strict=True))
    for _old, new in found.rows:
        mates = [other.seat for _o, other in found.rows if other.group == new.group]
        assert new.rank == 1 + sum(totals[mate] > totals[new.seat] + 1e-6 for mate in mates)
    query = {f"w.{code}": value for code, value in changed.items()}
    where = urlencode({"cycle": SEED, "zone": seat.zone, "category": seat.category} | query)
    text = page(signed_in("office"), f"{TRY}?{where}")
    assert f"{found.moved} 人名次有变" in text
    shown = re.findall(r'<td class="n">\d+(?:–\d+)?</td><td class="n">(?:[+−]|—)', text)
    assert len(shown) == min(50, len(found.rows))


def test_weights_that_do_not_add_up_are_refused_and_stay_in_the_form(signed_in: Browser, city: str) -> None:
    seat = next(s for s in queries.facts(SEED)[0].seats if s.id == city)
    given = weights_of(seat.zone, seat.category)
    first = next(iter(given))
    where = urlencode(
        {"cycle": SEED, "zone": seat.zone, "category": seat.category, f"w.{first}": given[first] + 7}
    )
    text = page(signed_in("office"), f"{TRY}?{where}")
    assert "合计 100" in text
    assert "现合计 107" in text
    assert f'value="{given[first] + 7:g}"' in text
    for odd in ({**given, first: -1.0}, {**given, "unknown": 0.0}, {**given, first: float("nan")}):
        with pytest.raises(Refused):
            certainty.what_if(SEED, (seat.zone, seat.category), odd)


def _stored() -> tuple[int, str]:
    from hengjian.cycles import storing

    stored = storing.newest_sheet(queries.cycle_of(SEED))
    return stored.pk, stored.root
