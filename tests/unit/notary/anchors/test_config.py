"""anchors.yaml and the key file: every fault names its place, and the key is never shown."""

import builtins
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from hengjian.notary.anchors import config
from hengjian.notary.anchors.keys import make_key, read_key
from hengjian.terms.errors import Refused

SECRET = bytes(range(1, 33))
GOOD = """\
chain:
  kind: fisco
  url: http://127.0.0.1:8545
  contract: 0x00000000000000000000000000000000000000Aa
  key_file: anchor.key
  confirmations: 2
  patience: 5
stamp:
  kind: rfc3161
  url: https://tsa.example/tsr
  roots: /etc/tsa.pem
"""


def written(folder: Path, text: str) -> Path:
    (folder / config.FILE).write_text(text, encoding="utf-8")
    return folder


def test_a_sound_file(tmp_path: Path) -> None:
    chain, stamp = config.load(written(tmp_path, GOOD))
    assert (chain.name, chain.kind, chain.confirmations, chain.wait) == ("chain", "fisco", 2, 120)
    assert chain.contract == "0x00000000000000000000000000000000000000Aa"  # not a number of YAML's
    assert chain.key_file == tmp_path / "anchor.key"
    assert chain.patience.total_seconds() == 300
    assert (stamp.kind, stamp.roots) == ("rfc3161", Path("/etc/tsa.pem"))
    assert config.named((chain, stamp), "stamp", tmp_path) is stamp


def test_no_file_or_an_empty_one_is_no_anchors(tmp_path: Path) -> None:
    assert config.load(tmp_path) == ()
    assert config.load(written(tmp_path, "# nothing yet\n")) == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("kind: fisco", "kind: bitcoin", 2, "kind 应当是evm、fisco、rfc3161"),
        ("  kind: fisco\n", "", 1, "缺 kind"),
        ("http://127.0.0.1:8545", "127.0.0.1", 3, "url 应当是"),
        ("00Aa", "00A", 4, "contract 应当是"),
        ("  key_file: anchor.key\n", "", 1, "缺 key_file"),
        ("confirmations: 2", "confirmations: 0", 6, "confirmations 应当是1 到 10000"),
        ("confirmations: 2", "confirmation: 2", 6, "没有“confirmation”"),
        ("patience: 5", "patience: [5]", 7, "patience 应当是"),
        ("patience: 5", "url: http://a", 7, "重复"),
        ("stamp:", "chain:", 8, "重复"),
        ("stamp:", "Stamp 1:", 8, "小写字母"),
        ("roots: /etc/tsa.pem", "key_file: k", 11, "kind: rfc3161 没有“key_file”"),
        ("  roots: /etc/tsa.pem\n", "", 8, "缺 roots"),
        ("  kind: rfc3161", "  - kind: rfc3161", 10, "YAML"),
        (GOOD, "- one\n", 1, "名称: 值"),
    ],
)
def test_each_fault_names_its_line(tmp_path: Path, old: str, new: str, line: int, what: str) -> None:
    assert old in GOOD
    with pytest.raises(Refused, match=what.replace("[", r"\[")) as caught:
        config.load(written(tmp_path, GOOD.replace(old, new, 1)))
    assert caught.value.where == f"{tmp_path / config.FILE}:{line}"
    assert caught.value.code == "anchor.config"


def test_an_unknown_name_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="chain、stamp"):
        config.named(config.load(written(tmp_path, GOOD)), "chian", tmp_path)


# --- the key -----------------------------------------------------------------------------------
def test_a_key_is_written_for_its_owner_only_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "notary" / "anchor.key"
    before = os.umask(0)
    try:
        key = make_key(path, SECRET)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key(path).address == key.address
    with pytest.raises(Refused, match="已经有了"):
        make_key(path, bytes(31) + b"\1")
    assert read_key(path).address == key.address


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    make_key(tmp_path / "k", SECRET)
    (tmp_path / "k").chmod(mode)
    with pytest.raises(Refused, match="别人也能读"):
        read_key(tmp_path / "k")


def test_the_key_shows_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = make_key(tmp_path / "k", SECRET)
    fields = {"to": bytes(20), "data": "0x", "gas": 1, "nonce": 0, "value": 0, "chainId": 1, "gasPrice": 0}
    signed = key.sign(fields)
    bad = tmp_path / "bad"
    bad.write_text("ff" * 32)  # beyond the order of the curve
    bad.chmod(0o600)
    with pytest.raises(Refused) as caught:
        read_key(bad)
    chain = f"{caught.value} {caught.value.__cause__} {caught.value.where}"
    (tmp_path / "k").write_text(SECRET.hex() + " more")
    with pytest.raises(Refused) as torn:
        read_key(tmp_path / "k")
    shown = f"{key!r} {key} {signed!r} {chain} {torn.value} {caplog.text}"
    assert SECRET.hex() not in shown
    assert "ff" * 32 not in shown
    assert "fffffff" not in chain
    assert repr(SECRET) not in shown


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hengjian.notary.anchors import compilation, contract, stamps

    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.split(".", maxsplit=1)[0] in {"eth_account", "eth_utils", "rfc3161_client", "vyper"}:
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    for use in (
        lambda: make_key(tmp_path / "k", SECRET),
        contract.topic,
        lambda: stamps.Authority("http://127.0.0.1:1", ()).stamp("text"),
        compilation.compiled,
    ):
        with pytest.raises(Refused, match=r"没有安装锚定用的包") as caught:
            use()
        assert "hengjian[anchor]" in caught.value.do
    assert not (tmp_path / "k").exists()
