"""The contract on py-evm: who may write, what may be written, what can be read; and its compilation."""

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from hengjian.notary.anchors import compilation, contract

ROOTS = [sha256(bytes([n])).digest() for n in range(4)]


@pytest.fixture(scope="module")
def tester() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries' own imports
        from eth.vm.forks.paris import ParisVM
        from eth_tester import EthereumTester, PyEVMBackend

        backend = PyEVMBackend(vm_configuration=((0, ParisVM),))
        yield EthereumTester(backend)


class Book:
    """The contract on py-evm, called with bytes of ours."""

    def __init__(self, tester: Any) -> None:
        self.tester = tester
        self.owner, self.stranger = tester.get_accounts()[:2]
        sent = tester.send_transaction(
            {"from": self.owner, "data": f"0x{contract.code().hex()}", "gas": 10**6}
        )
        made = tester.get_transaction_receipt(sent)
        assert made["status"] == 1
        assert made["gas_used"] < contract.GAS_DEPLOY // 3
        self.address = made["contract_address"]

    def anchor(self, size: int, root: bytes, sender: str = "") -> dict[str, Any]:
        data = contract.anchor_call(size, root)
        fields = {"from": sender or self.owner, "to": self.address, "data": f"0x{data.hex()}"}
        sent = self.tester.send_transaction(fields | {"gas": contract.GAS_ANCHOR})
        return self.tester.get_transaction_receipt(sent)

    def call(self, data: bytes) -> bytes:
        answer = self.tester.call({"from": self.stranger, "to": self.address, "data": f"0x{data.hex()}"})
        return bytes.fromhex(answer.removeprefix("0x"))


@pytest.fixture
def book(tester: Any) -> Book:
    return Book(tester)


def refused(book: Book, size: int, root: bytes, sender: str = "") -> str:
    from eth_tester.exceptions import TransactionFailed

    before = book.call(contract.selector("last()")), book.call(contract.selector("count()"))
    data = f"0x{contract.anchor_call(size, root).hex()}"
    with pytest.raises(TransactionFailed) as caught:
        book.tester.call({"from": sender or book.owner, "to": book.address, "data": data})
    assert book.anchor(size, root, sender)["status"] == 0
    assert (book.call(contract.selector("last()")), book.call(contract.selector("count()"))) == before
    return str(caught.value)


def test_heads_are_kept_and_all_of_them_stay_readable(book: Book) -> None:
    sizes = [3, 4, 1_000, 2**63]
    for size, root in zip(sizes, ROOTS, strict=True):
        receipt = book.anchor(size, root)
        assert receipt["status"] == 1
        assert receipt["gas_used"] < contract.GAS_ANCHOR * 0.6
        (log,) = receipt["logs"]
        assert list(log["topics"]) == [contract.topic(), f"0x{contract.word(size).hex()}"]
        assert contract.entry(size, bytes.fromhex(log["data"][2:])) == contract.entry(
            size, book.call(contract.at_call(size))
        )
    for size, root, previous in zip(sizes, ROOTS, [0, *sizes], strict=False):
        entry = contract.entry(size, book.call(contract.at_call(size)))
        assert entry is not None
        assert (entry.root, entry.previous) == (root, previous)
        assert entry.seconds > 1_600_000_000
    last = contract.words(book.call(contract.selector("last()")))
    assert (int.from_bytes(last[0]), last[1]) == (sizes[-1], ROOTS[-1])
    assert int.from_bytes(book.call(contract.selector("count()"))) == 4
    assert contract.entry(5, book.call(contract.at_call(5))) is None


def test_only_the_owner_writes(book: Book) -> None:
    assert "not the owner" in refused(book, 10, ROOTS[0], book.stranger)
    assert book.call(contract.selector("owner()"))[-20:].hex() == book.owner[2:].lower()


@pytest.mark.parametrize("size", [0, 1, 9, 10])
def test_the_size_must_grow(book: Book, size: int) -> None:
    book.anchor(10, ROOTS[0])
    assert "the size must grow" in refused(book, size, ROOTS[1])


def test_same_size_with_the_same_root_is_refused_too(book: Book) -> None:
    book.anchor(10, ROOTS[0])
    assert "the size must grow" in refused(book, 10, ROOTS[0])


def test_an_empty_root_is_refused(book: Book) -> None:
    assert "no root" in refused(book, 10, bytes(32))


def test_it_has_no_way_to_change_the_owner_and_takes_no_money(book: Book) -> None:
    functions = [item for item in contract.artefact()["abi"] if item["type"] == "function"]
    assert {item["name"] for item in functions if item["stateMutability"] != "view"} == {"anchor"}
    assert "payable" not in {item.get("stateMutability") for item in contract.artefact()["abi"]}


def test_compiling_anew_gives_the_kept_file(tmp_path: Path) -> None:
    """In a process without network: vyper is told no version to fetch, and fetches none."""
    script = (
        "import socket, json\n"
        "def no(*a, **k): raise OSError('no network')\n"
        "socket.socket.connect = no\n"
        "from hengjian.notary.anchors.compilation import compiled\n"
        "print(json.dumps(compiled(), sort_keys=True))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == json.loads(compilation.FILE.read_text(encoding="utf-8"))


def test_a_changed_source_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "contract.vy"
    text = compilation.SOURCE.read_text(encoding="utf-8")
    changed.write_text(text.replace("size > self.newest", "size >= self.newest"), encoding="utf-8")
    monkeypatch.setattr(compilation, "SOURCE", changed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = compilation.compiled()
    assert made["runtime"] != contract.artefact()["runtime"]


def test_the_code_has_no_instruction_younger_than_paris() -> None:
    """FISCO BCOS runs Paris unless a switch was set: PUSH0 would stop there."""
    used = instructions(contract.runtime()) | instructions(contract.code())
    assert 0x5F not in used  # PUSH0 (Shanghai)
    assert not used & {0x5C, 0x5D, 0x5E, 0x49, 0x4A}  # TLOAD TSTORE MCOPY BLOBHASH BLOBBASEFEE (Cancun)
    assert 0x55 in used  # SSTORE: the walk above sees instructions


def instructions(code: bytes) -> set[int]:
    """The instructions up to the data that Vyper puts at the end."""
    seen, at = set(), 0
    end = code.rfind(bytes.fromhex("600080fd"))
    while at < end:
        seen.add(code[at])
        at += 1 + (code[at] - 0x5F if 0x60 <= code[at] <= 0x7F else 0)
    return seen
