"""Cycle pages: what they show is what the rooms say; the buttons do what they announce."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.conftest import BEFORE, OPEN, SEED
from hengjian.terms.numbers import shown

Browser = Callable[[str], Client]


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def test_a_published_cycle_shows_root_command_and_hands_out_the_bundle(signed_in: Browser) -> None:
    from hengjian.cycles import queries

    client, detail = signed_in("auditor"), queries.cycle_detail(SEED)
    text, made = page(client, f"/cycles/{SEED}/"), detail.publication
    assert made is not None
    assert made.root in text
    assert f"hengjian verify {Path(made.path).name}" in text
    url = f"/cycles/{SEED}/bundle/"
    assert "选择查看目的后下载" in page(client, url)
    client.post("/purpose/", {"deed": "choose", "purpose": "audit", "next": url})
    bundle = client.get(url)
    assert b"".join(bundle.streaming_content) == Path(made.path).read_bytes()
    assert "合成数据" in text


def test_the_office_takes_a_cycle_from_open_to_published_with_a_second_person(
    signed_in: Browser, tmp_path: Path
) -> None:
    from hengjian.cycles import queries

    office, leader, url = signed_in("office"), signed_in("leader"), f"/cycles/{OPEN}/"
    sure = {"sure": "yes", "reason": "已核对缺项"}
    for client, verb, state in (
        (office, "freeze", "frozen"),
        (office, "score", "scored"),
        (leader, "review", "reviewed"),
        (office, "publish", "published"),
    ):
        assert f'href="{url}do/{verb}/"' in page(client, url)
        before = queries.cycle_row(OPEN).state
        page(client, f"{url}do/{verb}/")
        assert queries.cycle_row(OPEN).state == before, "a GET must change nothing"
        assert client.post(f"{url}do/{verb}/", sure).status_code == 302
        assert queries.cycle_row(OPEN).state == state
    made = queries.cycle_detail(OPEN).publication
    assert made is not None
    assert Path(made.path).parent == tmp_path / "bundles"
    assert [row.by for row in queries.cycle_detail(OPEN).audit][-3:] == ["office", "leader", "office"]


@pytest.mark.parametrize(("form", "words"), [({}, "尚未确认"), ({"sure": "yes"}, "没有写理由")])
def test_what_cannot_be_undone_needs_a_second_look_and_a_reason(
    signed_in: Browser, form: dict[str, str], words: str
) -> None:
    from hengjian.cycles import queries

    office = signed_in("office")
    for verb in ("freeze", "score"):
        office.post(f"/cycles/{OPEN}/do/{verb}/", {"sure": "yes"})
    answer = signed_in("leader").post(f"/cycles/{OPEN}/do/review/", form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert queries.cycle_row(OPEN).state == "scored"


def test_a_step_out_of_turn_says_where_the_cycle_stands(signed_in: Browser) -> None:
    answer = signed_in("office").post(f"/cycles/{OPEN}/do/publish/", {"sure": "yes"})
    assert answer.status_code == 422
    assert "已建立" in answer.content.decode()


def test_the_ranking_shows_every_figure_of_its_group_and_the_caveat_across_groups(
    signed_in: Browser,
) -> None:
    from hengjian.cycles import queries

    client, group = signed_in("office"), queries.groups(SEED)[0]
    found = queries.ranking(SEED, group.key)
    text = page(client, f"/cycles/{SEED}/ranking/?group={group.key}")
    for row in found.rows:
        assert row.title in text
        assert shown(row.total) in text
    assert "跨可比组的名次不宜比较" not in text
    assert "跨可比组的名次不宜比较" in page(client, f"/cycles/{SEED}/ranking/?group=")


def test_the_ranking_runs_the_same_queries_for_12_seats_as_for_108(signed_in: Browser) -> None:
    from hengjian.cycles import queries

    client, small = signed_in("office"), min(queries.groups(SEED), key=lambda one: one.seats)
    counts = []
    for group in (small.key, ""):
        client.get(f"/cycles/{SEED}/ranking/?group={group}")
        with CaptureQueriesContext(connection) as seen:
            client.get(f"/cycles/{SEED}/ranking/?group={group}")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 25


def test_a_score_sheet_shows_rank_lines_gaps_and_opens_into_workings(signed_in: Browser, city: str) -> None:
    from hengjian.cycles import queries

    client, sheet = signed_in("official"), queries.seat_sheet(SEED, city)
    text = page(client, f"/cycles/{SEED}/seats/{city}/")
    assert f"第 {sheet.score.rank} <small>/ 共 {sheet.score.of}</small>" in text
    for line in sheet.lines:
        assert line.indicator.name in text
        assert shown(line.score.points) in text
        assert shown(line.score.contribution) in text
    paths = re.findall(r'hx-get="([^"]+)"', text)
    assert len(paths) == len(sheet.lines) == 9
    for path in paths:
        branch = client.get(path, headers={"hx-request": "true"}).content.decode()
        assert "<html" not in branch
        assert "hj-rule" in branch


def test_an_official_sees_means_and_counts_but_not_who_many_gave_which_mark(
    signed_in: Browser, city: str
) -> None:
    url = f"/cycles/{SEED}/seats/{city}/workings/"
    assert "评分与份数" in page(signed_in("auditor"), url)
    own = page(signed_in("official"), url)
    assert "评分与份数" not in own
    assert "有效评分数" in own


def test_a_branch_that_is_not_there_is_not_found(signed_in: Browser, city: str) -> None:
    client = signed_in("office")
    for path in ("9", "0.99", "x", "-1", "²"):
        assert client.get(f"/cycles/{SEED}/seats/{city}/workings/?path={path}").status_code == 404


def test_the_comparison_of_a_seat_sums_to_the_whole_difference(signed_in: Browser, city: str) -> None:
    from hengjian.cycles import queries
    from hengjian.scoring.compare import compare

    found = compare(queries.facts(BEFORE), queries.facts(SEED), city)
    text = page(signed_in("leader"), f"/cycles/{SEED}/compare/?other={BEFORE}&seat={city}")
    assert shown(found.before_total) in text
    assert shown(found.after_total) in text
    for share in found.shares:
        assert share.name in text
        assert shown(abs(float(share.points))) in text
    official = city.split("@", maxsplit=1)[0]
    assert official in page(signed_in("leader"), f"/cycles/{SEED}/compare/?other={BEFORE}&all")


def test_unknown_cycles_seats_and_verbs_are_not_found_and_never_a_traceback(signed_in: Browser) -> None:
    client = signed_in("office")
    for url in ("/cycles/nope/", "/cycles/nope/ranking/", f"/cycles/{SEED}/seats/nope/",
                f"/cycles/{SEED}/ranking/?group=nope", f"/cycles/{SEED}/compare/?seat=nope",
                "/cycles/nope/bundle/", f"/cycles/{OPEN}/bundle/", f"/cycles/{OPEN}/compare/"):  # fmt: skip
        assert client.get(url).status_code == 404, url
    assert client.get(f"/cycles/{OPEN}/do/erase/").status_code == 422
    assert client.get(f"/cycles/{OPEN}/ranking/").status_code == 200


def test_an_open_cycles_page_stands_at_once_and_then_asks_what_is_missing(
    signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hengjian.cycles import missing, queries

    client, url = signed_in("office"), f"/cycles/{OPEN}/missing/"
    lacking = queries.what_is_missing(OPEN)
    assert lacking
    fragment = client.get(url, headers={"hx-request": "true"}).content.decode()
    whole = page(client, url)
    assert "<html" not in fragment
    assert "<html" in whole
    for item in lacking:
        assert item.text in fragment
        assert item.text in whole
    monkeypatch.setattr(missing, "live", lambda _cycle: pytest.fail("the page itself must not wait for it"))
    text = page(client, f"/cycles/{OPEN}/")
    assert f'hx-get="{url}"' in text
    assert f'href="{url}"' in text
    assert signed_in("official").get(url).status_code == 403


FORM = {
    "id": "2026-h1-form", "title": "2026年上半年考核", "period": "2026-H1", "policy": "seed", "on": "",
    "cut_off": "2026-07-09T18:00", "levels": ["township"], "organisations": "",
}  # fmt: skip


def test_the_office_opens_a_cycle_by_the_form(signed_in: Browser) -> None:
    from hengjian.cycles.models import Cycle

    client = signed_in("office")
    assert 'href="/open-cycle/"' in page(client, "/cycles/")
    page(client, "/open-cycle/")
    answer = client.post("/open-cycle/", FORM)
    assert (answer.status_code, answer["location"]) == (302, "/cycles/2026-h1-form/")
    made = Cycle.objects.get(pk="2026-h1-form")
    assert (made.period, made.policy, str(made.on), made.levels) == (
        "2026-H1", "seed", "2026-06-30", ["township"],
    )  # fmt: skip
    assert made.cut_off.isoformat() == "2026-07-09T10:00:00+00:00"
    assert made.audit.get().by == "office"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("id", "Has Spaces", "不能作周期编号"),
        ("id", SEED, "已有编号为"),
        ("title", "", ""),
        ("period", "2026-H3", "不是考核周期"),
        ("policy", "nope", ""),
        ("on", "1949-10-01", "尚未生效"),
        ("cut_off", "soon", ""),
        ("levels", "moon", ""),
        ("organisations", "9999、nowhere", "nowhere"),
    ],
)
def test_what_is_wrong_in_the_form_is_said_at_its_field_and_opens_nothing(
    signed_in: Browser, field: str, value: str, words: str
) -> None:
    from hengjian.cycles.models import Cycle

    before = Cycle.objects.count()
    answer = signed_in("office").post("/open-cycle/", {**FORM, field: value})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert Cycle.objects.count() == before
    error = text.index('class="hj-field-error"')
    assert text.count('class="hj-field-error"') == 1
    assert re.findall(r'name="(\w+)"', text[:error])[-1] == field, "the error stands at its field"
    assert words in text[error:]
    assert list(answer.context["form"].errors) == [field]


def test_only_the_office_opens_cycles(signed_in: Browser) -> None:
    from hengjian.cycles.models import Cycle

    before = Cycle.objects.count()
    for name in ("leader", "auditor", "official", "nobody"):
        assert signed_in(name).get("/open-cycle/").status_code == 403
        assert signed_in(name).post("/open-cycle/", FORM).status_code == 403
    assert 'href="/open-cycle/"' not in page(signed_in("leader"), "/cycles/")
    assert Cycle.objects.count() == before


def test_a_result_is_recomputed_by_a_button_and_a_changed_bundle_is_named(signed_in: Browser) -> None:
    from hengjian.cycles import queries

    client, url = signed_in("auditor"), f"/cycles/{SEED}/verify/"
    assert f'href="{url}"' in page(client, f"/cycles/{SEED}/")
    assert "全部一致：108 个任职" in page(client, url)
    made = queries.cycle_detail(SEED).publication
    assert made is not None
    bundle = Path(made.path)
    whole = bundle.read_bytes()
    try:
        bundle.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        text = page(client, url)
    finally:
        bundle.write_bytes(whole)
    assert "全部一致" not in text
    assert f"结果包 {made.path} 被改动过" in text
    assert client.get(f"/cycles/{OPEN}/verify/").status_code == 404
    assert signed_in("official").get(url).status_code == 403


def test_freezing_before_the_cut_off_is_told_and_needs_a_reason(signed_in: Browser) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from hengjian.cycles import queries
    from hengjian.cycles.models import Cycle

    client, url = signed_in("office"), f"/cycles/{OPEN}/do/freeze/"
    assert "数据截止时间（" not in page(client, url)
    Cycle.objects.filter(pk=OPEN).update(cut_off=timezone.now() + timedelta(days=2))
    told = page(client, url)
    assert "数据截止时间（" in told
    assert "提前冻结的理由" in told
    refused = client.post(url)
    assert refused.status_code == 422
    assert "没有写理由" in refused.content.decode()
    assert queries.cycle_row(OPEN).state == "open"
    assert client.post(url, {"reason": "数据已齐"}).status_code == 302
    assert queries.cycle_detail(OPEN).audit[-1].reason == "数据已齐"
