"""The log's pages: what they show is what the log says, and a proof goes only to whom the record may go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from console.conftest import OPEN, SEED
from console.test_english import Reading
from hengjian.proof.main import main as hengjian_proof

Browser = Callable[[str], Client]

NOW = datetime(2026, 7, 12, 19, tzinfo=UTC)
TABS = ("", "heads/", "witnesses/", "anchors/", "reconciliation/", "proof/", "verify/")
REFUSED = ["ballots.ballot", "invitations.serviceevent", "ratings.mark", "panels.mark", "panels.markbatch",
           "roster.change", "no.such", ""]  # fmt: skip


@contextmanager
def running(data: Path, at: datetime = NOW) -> Iterator[Any]:
    """The demonstration's log over this data folder, with its three witnesses."""
    from hengjian.demo import log
    from hengjian.notary.folder import in_data_folder, load_key
    from hengjian.notary.running import Notary, Setup
    from hengjian.notary.trusting import read_trust

    log.prepare(data)
    folder = in_data_folder(data)
    signer = load_key(folder)
    with log.witnesses(data, time.time):
        notary = Notary(Setup(folder, [signer], read_trust(folder.trust, signer), timedelta(hours=24)), at)
        try:
            yield notary
        finally:
            notary.close()


@pytest.fixture(scope="module")
def published(city: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The city's log, numbered, cosigned and published once for this file; its data folder."""
    from hengjian.notary import queries

    data = tmp_path_factory.mktemp("log")
    with django_db_blocker.unblock(), transaction.atomic():
        with running(data) as notary:
            notary.turn(NOW)
            while queries.pending():
                notary.turn(NOW)
        yield data
        transaction.set_rollback(True)


@pytest.fixture
def data(published: Path, people: object, settings: Any) -> Path:
    """The data folder with that log, as the console's own."""
    settings.DATA = published
    return published


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def publication() -> str:
    from hengjian.cycles.queries import logged_rows

    kind, key = logged_rows(SEED)[0]
    return f"kind={kind}&key={key}"


def metric() -> Any:
    from hengjian.evidence.models import Metric

    return Metric.objects.order_by("pk").first()


def test_the_state_is_that_of_the_log(signed_in: Browser, data: Path) -> None:
    from hengjian.notary import queries

    head = queries.heads().first()
    assert head is not None
    text = page(signed_in("auditor"), "/notary/")
    assert str(head.size) in text
    assert bytes(head.root).hex() in text
    for name in ("discipline-commission", "peoples-congress", "audit-bureau"):
        assert f"synthetic-{name}" in text
    assert "演示见证" in text
    assert "存证程序没有运行" in text, "nothing holds the sequencer's lock now"


def test_heads_lead_to_the_checkpoint_as_it_is_published(signed_in: Browser, data: Path) -> None:
    from hengjian.notary.folder import in_data_folder
    from hengjian.proof import notes

    client = signed_in("office")
    text = page(client, "/notary/heads/")
    served = notes.parse(in_data_folder(data).public.joinpath("checkpoint").read_bytes())
    size = served.text.split("\n")[1]
    assert f'href="/notary/heads/{size}/"' in text
    answer = client.get(f"/notary/heads/{size}/")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    shown = notes.parse(answer.content)
    assert (shown.text, set(shown.signatures)) == (served.text, set(served.signatures))
    page(client, "/notary/heads/999999999/", 404)


def test_an_alarm_says_what_to_do_until_it_is_closed(signed_in: Browser, data: Path) -> None:
    from hengjian.notary import alarms

    client = signed_in("leader")
    alarms.open_alarm(alarms.WITNESS_SILENT, "甲见证", {"why": "timeout"}, NOW)
    text = page(client, "/notary/")
    assert "见证人 甲见证 没有应答：timeout" in text
    assert "请联系见证单位，核对其服务和网络" in text
    alarms.close_alarm(alarms.WITNESS_SILENT, "甲见证", NOW)
    text = page(client, "/notary/")
    assert "请联系见证单位" not in text
    assert "已解除的警报" in text


def test_witnesses_stand_with_key_answer_and_quorum(signed_in: Browser, data: Path) -> None:
    from hengjian.notary.models import WitnessState

    client = signed_in("office")
    text = page(client, "/notary/witnesses/")
    assert "联署已达到要求：3 家中至少 2 家" in text
    assert text.count("正常") == 3
    WitnessState.objects.filter(name="synthetic-audit-bureau").update(fault="HTTP 500")
    assert "HTTP 500" in page(client, "/notary/witnesses/")
    _trust_more(data)
    try:
        assert "联署还不够：3 家中至少须 3 家" in page(client, "/notary/witnesses/")
    finally:
        _trust_more(data, back=True)


def _trust_more(data: Path, *, back: bool = False) -> None:
    """A trust file that wants all three, one of them a stranger's key."""
    from hengjian.proof.cosignatures import Ed25519Cosigner

    file, kept = data / "notary" / "trust", data / "notary" / "trust.kept"
    if back:
        kept.replace(file)
        return
    lines = file.read_text().splitlines()
    kept.write_text("\n".join(lines) + "\n")
    stranger = Ed25519Cosigner("stranger.example", b"s" * 32).vkey
    at = next(n for n, one in enumerate(lines) if one.startswith("witness synthetic-audit"))
    lines[at] = f"witness synthetic-audit-bureau {stranger}"
    file.write_text("\n".join(lines).replace("group witnesses 2", "group witnesses 3") + "\n")


def test_a_record_is_found_by_digest_and_its_files_convince_an_independent_verifier(
    signed_in: Browser, data: Path, tmp_path: Path
) -> None:
    client, row = signed_in("leader"), metric()
    text = page(client, f"/notary/proof/?digest={row.digest}")
    assert "已存证" in text
    assert "evidence.metric" in text
    assert "一致" in text
    proof, opening = tmp_path / "a.tlog-proof", tmp_path / "a.opening.json"
    for file, part in ((proof, "proof"), (opening, "opening")):
        answer = client.get(f"/notary/proof/file/?kind=evidence.metric&key={row.pk}&part={part}")
        assert answer.status_code == 200
        assert file.suffixes[-1] in answer["Content-Disposition"]
        file.write_bytes(answer.content)
    asked = ["verify", str(proof), "--opening", str(opening), "--trust", str(data / "notary" / "trust")]
    assert hengjian_proof(asked) == 0
    assert row.digest in opening.read_text()
    opening.write_text(opening.read_text().replace(row.digest, "0" * 64))
    assert hengjian_proof(asked) == 5


def test_the_way_to_the_root_is_recomputed_for_entries_everywhere_in_the_tree(data: Path) -> None:
    from hengjian.console import logged
    from hengjian.notary.models import Commitment

    rows = list(Commitment.objects.order_by("id").values_list("kind", "key"))
    for kind, key in [*rows[:2], *rows[:: len(rows) // 25], *rows[-2:]]:
        view = logged.proof_view(kind, key)
        assert view is not None
        assert view.agrees, (kind, key, view.index)


def test_a_root_that_the_path_does_not_give_is_said(
    signed_in: Browser, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hengjian.console import logged

    monkeypatch.setattr(logged, "leaf_hash", lambda _entry: bytes(32))
    text = page(signed_in("office"), f"/notary/proof/?{publication()}")
    assert "由条目算出的树根与树头不符" in text
    assert "已存证" not in text


@pytest.mark.parametrize("kind", REFUSED)
def test_what_nobody_may_look_up_is_refused_to_everybody(signed_in: Browser, data: Path, kind: str) -> None:
    from hengjian.notary.models import Commitment

    key = Commitment.objects.filter(kind=kind).values_list("key", flat=True).first() or "1"
    for person in ("office", "leader", "auditor"):
        client = signed_in(person)
        wanted = 403 if kind else 200
        page(client, f"/notary/proof/?kind={kind}&key={key}", wanted)
        page(client, f"/notary/proof/file/?kind={kind}&key={key}&part=proof", 403)
        offered = page(client, "/notary/proof/")
        assert 'value="panels.mark"' not in offered
        assert 'value="roster.change"' not in offered


def test_marks_are_in_the_log_and_are_among_what_is_refused(data: Path) -> None:
    from hengjian.notary.models import Commitment
    from hengjian.notary.protected import kinds

    shuffled = {one.kind for one in kinds() if one.shuffled}
    logged = set(Commitment.objects.filter(kind__in=shuffled).values_list("kind", flat=True).distinct())
    assert logged
    assert logged <= set(REFUSED)


def test_grants_and_tickets_are_for_auditors(signed_in: Browser, data: Path) -> None:
    from hengjian.access.models import Grant

    number = Grant.objects.values_list("pk", flat=True).first()
    for person, status in (("office", 403), ("leader", 403), ("auditor", 200)):
        page(signed_in(person), f"/notary/proof/?kind=access.grant&key={number}", status)


def test_what_waits_says_so_and_what_is_unknown_says_that(signed_in: Browser, data: Path) -> None:
    from hengjian.access.models import Grant

    client = signed_in("auditor")
    newest = Grant.objects.order_by("-pk").values_list("pk", flat=True)[0]  # of this test's accounts
    assert "待存证" in page(client, f"/notary/proof/?kind=access.grant&key={newest}")
    page(client, f"/notary/proof/file/?kind=access.grant&key={newest}&part=proof", 404)
    assert "日志中没有这条记录" in page(client, "/notary/proof/?kind=access.grant&key=no-such")
    assert "日志中没有这条记录" in page(client, f"/notary/proof/?digest={'0' * 64}")


def test_an_official_gets_the_proof_of_a_record_under_the_own_figure_and_nothing_else(
    signed_in: Browser, data: Path, city: str, tmp_path: Path
) -> None:
    from hengjian.cycles import queries
    from hengjian.evidence.queries import record_by_digest

    client = signed_in("official")
    own = next(one for one in _records(queries.working_tree(SEED, city)) if record_by_digest(one))
    url = f"/cycles/{SEED}/seats/{city}/records/{own}/"
    assert f'href="{url}proof/"' in page(client, url)
    assert "已存证" in page(client, f"{url}proof/")
    assert client.get(f"{url}proof/?part=proof").content.startswith(b"c2sp.org/tlog-proof@v1\n")
    page(client, f"/cycles/{SEED}/seats/{city}/records/{_foreign(city)}/proof/", 404)
    page(client, f"/notary/proof/?digest={own}", 403)


def _records(step: Any) -> Iterator[str]:
    yield from step.records
    for child in step.children:
        yield from _records(child)


def _foreign(city: str) -> str:
    from hengjian.cycles import queries
    from hengjian.evidence.models import Metric

    own = set(_records(queries.working_tree(SEED, city)))
    return str(Metric.objects.exclude(digest__in=own).values_list("digest", flat=True)[0])


def test_a_row_changed_in_the_database_gets_no_evidence_and_is_named_without_its_content(
    signed_in: Browser, data: Path
) -> None:
    from hengjian.notary.reconciliation import reconcile
    from tests.tamper.test_reconciliation import by_owner

    row, client = metric(), signed_in("auditor")
    by_owner("UPDATE evidence_metric SET value = 424242.5 WHERE id = %s", row.pk)
    answer = client.get(f"/notary/proof/file/?kind=evidence.metric&key={row.pk}&part=opening")
    assert answer.status_code >= 400
    assert "记录与存证不符，不能出具证据" in answer.content.decode()
    reconcile(lambda: NOW, None)
    text = page(client, "/notary/reconciliation/")
    assert "有 1 处不一致" in text
    assert "记录与存证不符" in text
    assert f">{row.pk}</td>" in text
    assert "424242" not in text
    assert "存证核对发现 1 处不一致" in page(client, "/notary/")


def test_a_published_cycle_says_where_it_stands_and_an_open_one_says_nothing(
    signed_in: Browser, data: Path
) -> None:
    from hengjian.notary import queries

    kind, key = (one.split("=")[1] for one in publication().split("&"))
    client = signed_in("office")
    text = page(client, f"/cycles/{SEED}/")
    assert f"日志第 {queries.leaf_of(kind, key)} 条" in text
    assert "synthetic-peoples-congress" in text
    assert f"/notary/proof/?kind={kind}&amp;key={key}" in text
    assert "存证证明" not in page(client, f"/cycles/{OPEN}/")


def test_anchors_say_how_to_switch_on_what_is_wrong_in_their_file_and_what_stands(
    signed_in: Browser, data: Path
) -> None:
    from hengjian.notary.anchors.models import Anchor, AnchorReceipt

    client, file = signed_in("office"), data / "notary" / "anchors.yaml"
    assert "hengjian anchor deploy" in page(client, "/notary/anchors/")
    try:
        file.write_text("chain:\n  kind: gold\n")
        assert "anchors.yaml:2" in page(client, "/notary/anchors/")
        file.write_text("stamp:\n  kind: rfc3161\n  url: http://tsa.example/tsr\n  roots: roots.pem\n")
        made = [
            Anchor.objects.create(
                target="stamp", hour=NOW.replace(hour=hour), size=hour, root=bytes(32), origin="o"
            )
            for hour in (1, 2, 3)
        ]
        AnchorReceipt.objects.create(anchor=made[0], at=NOW, stamped_at=NOW, token=b"token")
        text = page(client, "/notary/anchors/")
        assert '<td class="n">2</td><td class="n">0</td><td class="n">1</td>' in text
        assert "时间戳机构" in text
    finally:
        file.unlink()


def test_growth_counts_what_each_day_added(data: Path) -> None:
    from hengjian.console import log_state
    from hengjian.notary import queries
    from hengjian.notary.models import Head

    whole = queries.heads()[0].size
    for day, size in ((15, whole + 5), (15, whole + 7), (17, whole + 8)):
        Head.objects.create(size=size, root=bytes(32), at=datetime(2026, 7, day, 3, tzinfo=UTC))
    found = log_state.growth(date(2026, 7, 18))
    assert [(one.on.day, one.size, one.more) for one in found][-2:] == [
        (15, whole + 7, 7),
        (17, whole + 8, 1),
    ]
    assert [one.more for one in log_state.growth(date(2026, 7, 30))] == [1], "a longer past is not counted"


@pytest.mark.parametrize("tab", TABS)
def test_pages_in_english_say_nothing_in_chinese_that_is_not_marked(
    signed_in: Browser, data: Path, tab: str
) -> None:
    client = signed_in("office")
    client.cookies["django_language"] = "en"
    query = f"?{publication()}" if tab == "proof/" else ""
    read = Reading()
    read.feed(page(client, f"/notary/{tab}{query}"))
    assert {text for text in read.unmarked if "甲office" not in text} == set()
