"""``hengjian anchor`` as a person types it, on a real node and a real authority."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from hengjian import cli
from hengjian.cli import session, words
from hengjian.notary.anchors.models import Anchor, AnchorReceipt
from hengjian.notary.folder import in_data_folder, make_key
from hengjian.notary.models import Head, Publication
from tests.unit.notary.anchors.nodes import (
    ORIGIN,
    RICH,
    Gate,
    authority_server,
    chain_node,
    head,
    make_authority,
)

pytestmark = pytest.mark.django_db
Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Typed]:
    @contextmanager
    def ready(**_given: object) -> Iterator[Path]:
        yield tmp_path

    monkeypatch.setattr(session, "django_ready", ready)
    monkeypatch.setenv("HENGJIAN_DATA", str(tmp_path))

    def run(*argv: object) -> tuple[int, str, str]:
        code = cli.run([str(word) for word in argv])
        said = capsys.readouterr()
        return code, said.out, said.err

    yield run
    words.use("zh")


def published(size: int) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    Head.objects.create(size=size, root=head(size).root, at=at)
    Publication.objects.create(head_id=size, at=at, cosigned=True)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_from_the_key_to_the_check(typed: Typed, tmp_path: Path) -> None:
    code, _, said = typed("anchor", "due")
    assert code == 2
    assert "还没有配置锚定点" in said
    make_key(in_data_folder(tmp_path), ORIGIN)
    code, out, _ = typed("anchor", "key")
    assert code == 0
    address = out.split("地址：")[1][:42]
    (tmp_path / "tsa").mkdir()
    settings = make_authority(tmp_path / "tsa")
    file = tmp_path / "notary" / "anchors.yaml"
    with chain_node() as rpc, Gate(rpc, like_fisco=True) as gate, authority_server(settings) as stamps:
        rpc.ask("anvil_setBalance", address, RICH)
        chain = f"chain:\n  kind: fisco\n  url: {gate.rpc.url}\n  key_file: anchor.key\n  wait: 5\n"
        stamp = f"stamp:\n  kind: rfc3161\n  url: {stamps}\n  roots: {tmp_path}/tsa/root.pem\n"
        file.write_text(chain + stamp, encoding="utf-8")
        assert typed("anchor", "deploy", "stamp")[0] == 2
        code, lines, _ = typed("anchor", "deploy", "chain")
        assert code == 0
        lines = lines[lines.index("  contract:") :]
        file.write_text(chain + lines + stamp, encoding="utf-8")
        assert typed("anchor", "deploy", "chain")[0] == 2  # never a second one by mistake

        published(5)
        code, out, _ = typed("anchor", "due")
        assert (code, out.count("待锚定 1"), out.count(head(5).root.hex())) == (0, 2, 2)
        gate.down = True
        code, out, said = typed("anchor", "send")
        assert (code, "stamp：已锚定 1" in out, "没有应答" in said) == (
            2,
            True,
            True,
        )  # the other place goes on
        gate.down = False
        code, out, _ = typed("anchor", "send")
        assert (code, "chain：已锚定 1，等待 0" in out) == (0, True)
        code, out, said = typed("anchor", "check")
        assert (code, out.count("1 个全部一致"), said) == (0, 2, "")
        assert typed("anchor", "show")[1].count(head(5).root.hex()) == 2

        address = lines.split('"')[1]
        held = tmp_path / "checkpoint"
        asked = ["anchor", "verify", held, "--url", gate.rpc.url, "--contract", address, "--kind", "fisco"]
        for one, code in [(head(5), 0), (head(5, "forged"), 5), (head(4), 2)]:
            held.write_text(one.text, encoding="utf-8")
            assert typed(*asked)[0] == code

        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE notary_anchor DISABLE TRIGGER USER")
            cursor.execute("UPDATE notary_anchor SET root = %s", [head(6).root])
        code, _, said = typed("anchor", "check")
        assert code == 5
        assert {"chain: 大小 5", "stamp: 大小 5"} <= {line[:11] for line in said.splitlines()}
        english = typed("--lang", "en", "anchor", "check")[2]
        assert "the chain's root" in english
        assert "大小" not in english


def test_a_fault_in_the_file_is_told_with_its_line(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "notary").mkdir()
    (tmp_path / "notary" / "anchors.yaml").write_text("chain:\n  kind: evm\n  url: nowhere\n")
    code, _, said = typed("anchor", "send")
    assert code == 2
    assert "anchors.yaml:3" in said or "anchors.yaml:1" in said
    assert "Traceback" not in said


def test_help_comes_without_the_extra(typed: Typed) -> None:
    for command in ("key", "deploy", "due", "send", "check", "show", "verify"):
        assert typed("anchor", command, "--help")[0] == 0
    assert "hengjian.cli.anchor" in sys.modules


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_the_worker_sends_each_hour_and_one_place_that_is_away_holds_up_no_other(
    tmp_path: Path, settings: Any
) -> None:
    from hengjian.cli.duties import DEEDS
    from hengjian.policy.folder import load, shipped
    from hengjian.terms.errors import HengjianError

    settings.DATA = tmp_path
    duty, policy, now = DEEDS["anchor"], load(shipped()["seed"]), datetime.now(UTC)
    assert duty(policy, now) is None  # no log, no places
    make_key(in_data_folder(tmp_path), ORIGIN)
    assert duty(policy, now) is None
    (tmp_path / "tsa").mkdir()
    made = make_authority(tmp_path / "tsa")
    with authority_server(made) as stamps:
        away = "away:\n  kind: rfc3161\n  url: http://127.0.0.1:9\n"
        there = f"stamp:\n  kind: rfc3161\n  url: {stamps}\n"
        roots = f"  roots: {tmp_path}/tsa/root.pem\n"
        file = tmp_path / "notary" / "anchors.yaml"
        file.write_text(there + roots, encoding="utf-8")
        published(5)
        assert duty(policy, now) == {"stamp": 1}
        assert duty(policy, now) == {"stamp": 0}  # once an hour
        published(9)
        file.write_text(away + roots + there + roots, encoding="utf-8")
        with pytest.raises(HengjianError, match="没有应答"):
            duty(policy, now + timedelta(hours=1))
        assert AnchorReceipt.objects.filter(anchor__target="stamp").count() == 2
        assert Anchor.objects.filter(target="away", receipt=None).count() == 1  # stays due
