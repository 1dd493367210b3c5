"""Anchoring on a real node (anvil), directly and through a gate as narrow as FISCO BCOS 3.x's."""

import os
import signal
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hengjian.notary.anchors import contract
from hengjian.notary.anchors.chains import Chain, EvmChain, FiscoChain
from hengjian.notary.anchors.comparison import Kept, of_chain
from hengjian.notary.anchors.errors import Unreachable
from hengjian.notary.anchors.keys import OwnerKey
from hengjian.notary.anchors.outsider import compared
from hengjian.notary.anchors.rpc import Rpc
from hengjian.notary.anchors.sending import Pace, Sender
from hengjian.notary.anchors.values import Found, Signed
from hengjian.terms.errors import Refused, Tampered
from tests.unit.notary.anchors.journals import FileJournal
from tests.unit.notary.anchors.nodes import Gate, chain_node, deployed, head, in_block, owner

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MILLISECONDS = "1790000000000"


@pytest.fixture(scope="module")
def node() -> Iterator[Rpc]:
    with chain_node() as rpc:
        yield rpc


@pytest.fixture(scope="module")
def fisco_node() -> Iterator[Rpc]:
    """Time in milliseconds and gas for nothing, as on FISCO BCOS."""
    free = ["--gas-price", "0", "--block-base-fee-per-gas", "0"]
    with chain_node("--timestamp", MILLISECONDS, *free) as rpc:
        yield rpc


@pytest.fixture(params=["evm", "fisco"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Chain, OwnerKey, Rpc]]:
    """A fresh contract, the client that reads it, its owner, and the node behind."""
    rpc: Rpc = request.getfixturevalue("node" if request.param == "evm" else "fisco_node")
    rpc.ask("evm_setAutomine", True)
    key = owner(rpc, tmp_path)
    if request.param == "evm":
        yield deployed(rpc, key), key, rpc
        return
    with Gate(rpc, like_fisco=True) as gate:
        # deployed through the gate too: evm_mine passes it
        yield deployed(gate.rpc, key, FiscoChain), key, rpc


def sender(chain: Chain, key: OwnerKey, journal: FileJournal, **pace: object) -> Sender:
    def pause(_seconds: float) -> None:
        chain.rpc.ask("evm_mine")

    return Sender(chain, key, journal, Pace(pause, **{"times": 20, **pace}))


def test_heads_go_onto_the_chain_and_are_read_back(place: tuple[Chain, OwnerKey, Rpc]) -> None:
    chain, key, _ = place
    journal = FileJournal()
    heads = [head(size) for size in (5, 9, 12)]
    outcome = sender(chain, key, journal, confirmations=3).send(heads[::-1], NOW)
    assert (outcome.settled, outcome.waiting) == ((5, 9, 12), ())
    assert journal.sizes() == [5, 9, 12]
    assert [entry.size for entry in chain.history()] == [12, 9, 5]
    for one in heads:
        found = chain.find(one.size)  # by logs: nobody told it the transaction
        assert found is not None
        assert found.entry.root == one.root
        assert 2026 <= found.entry.at.year < 2030  # seconds or milliseconds
    assert (
        list(
            of_chain(
                chain, [Kept(one, one.root, settled=True, transaction=_tx(chain, one.size)) for one in heads]
            )
        )
        == []
    )


def _tx(chain: Chain, size: int) -> str:
    found = chain.find(size)
    assert found is not None
    return found.transaction


def test_web3_reads_the_same(node: Rpc, tmp_path: Path) -> None:
    """A client that is not ours, with the kept ABI."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own imports
        from web3 import HTTPProvider, Web3
    key = owner(node, tmp_path)
    chain = deployed(node, key)
    sender(chain, key, FileJournal()).send([head(7), head(8)], NOW)
    web3 = Web3(HTTPProvider(node.url))
    there = web3.eth.contract(address=Web3.to_checksum_address(chain.address), abi=contract.artefact()["abi"])
    assert bytes(there.functions.at(7).call()[0]) == head(7).root
    size, root, at = there.functions.last().call()
    assert (size, bytes(root), there.functions.count().call()) == (8, head(8).root, 2)
    (event,) = there.events.Anchored.get_logs(from_block=0, argument_filters={"size": 8})
    assert (event.args.root, event.args.at, event.args.previous) == (head(8).root, at, 7)


def test_a_stranger_and_a_smaller_size_are_refused_by_the_chain(
    place: tuple[Chain, OwnerKey, Rpc], tmp_path: Path
) -> None:
    chain, key, rpc = place
    sender(chain, key, FileJournal()).send([head(5)], NOW)
    stranger = owner(rpc, tmp_path, "stranger")
    with pytest.raises(Refused, match="合约属于"):
        sender(chain, stranger, FileJournal()).send([head(6)], NOW)
    for who, size in [(stranger, 6), (key, 5), (key, 4)]:
        signed = chain.signed_head(who, head(size, "other"), chain.nonce(who.address))
        assert int(in_block(chain, signed)["status"], 16) == 0
    assert chain.standing().size == 5
    assert chain.standing().count == 1


def test_fisco_is_never_asked_what_it_fails(fisco_node: Rpc, tmp_path: Path) -> None:
    fisco_node.ask("evm_setAutomine", True)
    key = owner(fisco_node, tmp_path)
    with Gate(fisco_node, like_fisco=True) as gate:
        chain = deployed(gate.rpc, key, FiscoChain)
        sender(chain, key, FileJournal()).send([head(5)], NOW)
        assert compared(head(5).text.encode(), chain).answer == "agrees"
        assert "eth_estimateGas" not in gate.asked
        # the gate bites: the client for other chains fails behind it, on reading and on paying
        other = EvmChain(gate.rpc, chain.address)
        with pytest.raises(Refused, match=r"\(16\)"):
            other.entry(5)
        with pytest.raises(Refused, match="old form"):
            gate.rpc.ask("eth_sendRawTransaction", "0x02f0")


def test_what_was_not_written_is_absent_and_a_wrong_root_differs(place: tuple[Chain, OwnerKey, Rpc]) -> None:
    chain, key, _ = place
    sender(chain, key, FileJournal()).send([head(5), head(9)], NOW)
    verdict = compared(head(5).text.encode() + b"\n\xe2\x80\x94 example.org/log AAAAAAAAAAAA\n", chain)
    assert (verdict.answer, verdict.transaction) == ("agrees", _tx(chain, 5))
    assert compared(head(5, "other").text.encode(), chain).answer == "differs"
    absent = compared(head(6).text.encode(), chain)
    assert absent.answer == "absent"
    assert absent.later is not None
    assert absent.later.size == 9
    for broken in (b"", b"one\ntwo\nthree\n", b"o\n5\nAAAA\n", b"\xff\n1\n\n"):
        with pytest.raises(Refused, match="检查点"):
            compared(broken, chain)


def test_another_contract_is_not_taken_for_ours(place: tuple[Chain, OwnerKey, Rpc]) -> None:
    chain, key, rpc = place
    empty = type(chain)(chain.rpc, "0x" + "11" * 20)
    with pytest.raises(Refused, match="没有合约"):
        compared(head(5).text.encode(), empty)
    rpc.ask("anvil_setCode", chain.address, "0x" + contract.runtime().hex()[:-2] + "00")
    with pytest.raises(Tampered, match="不是本系统的合约"):
        sender(chain, key, FileJournal()).send([head(6)], NOW)
    assert "不是本系统的合约" in next(of_chain(chain, []))


# --- kill -9 ---------------------------------------------------------------------------------
def killed_at(step: int, chain: Chain, key: OwnerKey, path: Path) -> bool:
    """Run the sender in a process that kills itself at one step; False when there was no such step."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    steps = iter(range(1_000))

    def reached() -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    class Journal(FileJournal):
        def attempted(self, size: int, signed: Signed, at: datetime) -> None:
            reached()
            super().attempted(size, signed, at)
            reached()

        def settled(self, size: int, found: Found, at: datetime) -> None:
            reached()
            super().settled(size, found, at)
            reached()

    class Sending(type(chain)):
        def publish(self, signed: Signed) -> None:
            super().publish(signed)
            reached()

    try:
        sending = Sending(chain.rpc, chain.address)
        sender(sending, key, Journal(path)).send([head(size) for size in (3, 4)], NOW)
    finally:
        os._exit(0)


@pytest.mark.parametrize("kind", [EvmChain, FiscoChain])
def test_a_kill_at_any_step_neither_loses_nor_doubles_a_head(
    node: Rpc, tmp_path: Path, kind: type[Chain]
) -> None:
    node.ask("evm_setAutomine", True)
    key = owner(node, tmp_path)
    step, kills = 0, 0
    while True:
        chain, journal = deployed(node, key, kind), FileJournal(tmp_path / f"{step}.db")
        killed = killed_at(step, chain, key, journal.path)
        kills += killed
        node.ask("evm_mine")  # what was sent is in a block by now
        due = [head(size) for size in (3, 4) if size not in journal.sizes()]
        sender(chain, key, journal).send(due, NOW)
        assert journal.sizes() == [3, 4]
        assert [entry.size for entry in chain.history()] == [4, 3]
        assert chain.standing().count == 2
        written = [attempt for size in (3, 4) for attempt in journal.attempts(size)]
        assert len(written) == 2  # nothing was signed twice
        if not killed:
            break
        step += 1
    assert (
        kills == 10
    )  # two heads, each: before and after writing down, after sending, before and after settling


# --- stuck, replaced, reorganised --------------------------------------------------------------
def test_a_stuck_transaction_is_sent_again_then_replaced_with_more(
    place: tuple[Chain, OwnerKey, Rpc],
) -> None:
    chain, key, rpc = place
    journal = FileJournal()
    rpc.ask("evm_setAutomine", False)
    stuck = Sender(chain, key, journal, Pace(lambda _: None, times=2, patience=timedelta(minutes=30)))
    assert stuck.send([head(5), head(6)], NOW).waiting == (5, 6)
    assert stuck.send([head(5), head(6)], NOW + timedelta(minutes=29)).waiting == (5, 6)
    (first,) = journal.attempts(5)  # the same bytes again
    assert journal.attempts(6) == []  # in order: 6 waits for 5
    assert stuck.send([head(5), head(6)], NOW + timedelta(minutes=30)).waiting == (5, 6)
    _, second = journal.attempts(5)
    assert second.signed.nonce == first.signed.nonce
    assert second.signed.price * 10 > first.signed.price * 11
    rpc.ask("evm_setAutomine", True)
    rpc.ask("evm_mine")
    outcome = sender(chain, key, journal).send([head(5), head(6)], NOW + timedelta(minutes=31))
    assert outcome.settled == (5, 6)
    assert _tx(chain, 5) == second.signed.hash
    assert chain.standing().count == 2


def test_a_transaction_that_the_node_forgot_is_sent_again(place: tuple[Chain, OwnerKey, Rpc]) -> None:
    chain, key, rpc = place
    journal = FileJournal()
    rpc.ask("evm_setAutomine", False)
    Sender(chain, key, journal, Pace(lambda _: None, times=1)).send([head(5)], NOW)
    rpc.ask("anvil_dropAllTransactions")
    assert sender(chain, key, journal).send([head(5)], NOW).settled == (5,)
    assert len(journal.attempts(5)) == 1


def test_a_reorganisation_before_it_is_deep_enough_sends_it_again(
    place: tuple[Chain, OwnerKey, Rpc],
) -> None:
    chain, key, rpc = place
    journal = FileJournal()
    before = rpc.ask("evm_snapshot")
    rpc.ask("evm_mine")
    shallow = Sender(chain, key, journal, Pace(lambda _: None, confirmations=6, times=2))
    assert shallow.send([head(5)], NOW).waiting == (5,)
    assert chain.entry(5) is not None  # it is in a block
    assert journal.sizes() == []  # and yet not settled
    rpc.ask("evm_revert", before)  # the block is gone, and what was in it
    assert chain.entry(5) is None
    assert sender(chain, key, journal, confirmations=6).send([head(5)], NOW).settled == (5,)
    found = chain.find(5)
    assert found is not None
    assert rpc.number("eth_blockNumber") - found.block + 1 >= 6


def test_a_settled_head_that_vanished_is_reported(place: tuple[Chain, OwnerKey, Rpc]) -> None:
    chain, key, rpc = place
    journal = FileJournal()
    before = rpc.ask("evm_snapshot")
    sender(chain, key, journal).send([head(5)], NOW)
    kept = [Kept(head(5), head(5).root, settled=True, transaction=_tx(chain, 5))]
    assert list(of_chain(chain, kept)) == []
    rpc.ask("evm_revert", before)
    assert ["链上却没有" in line for line in of_chain(chain, kept)] == [True]


# --- what differs ------------------------------------------------------------------------------
def test_every_kind_of_difference_is_named(place: tuple[Chain, OwnerKey, Rpc]) -> None:
    chain, key, _ = place
    sender(chain, key, FileJournal()).send([head(5), head(6), head(7)], NOW)
    kept = [
        Kept(head(5, "other"), None, settled=True, transaction=_tx(chain, 5)),
        Kept(head(6), None, settled=True, transaction=_tx(chain, 5)),
        Kept(head(8), None, settled=True, transaction="0x" + "22" * 32),
        Kept(head(9), None),  # due, not sent: no difference
    ]
    found = list(of_chain(chain, kept))
    assert len(found) == 4
    for said, size in zip(found, (5, 6, 7, 8), strict=True):
        assert said.startswith(f"大小 {size}：")
    assert "链上的根是" in found[0]
    assert "记下的交易是" in found[1]
    assert "本库没有" in found[2]
    assert "链上却没有" in found[3]


def test_a_slot_changed_behind_the_contract_is_found(place: tuple[Chain, OwnerKey, Rpc]) -> None:
    chain, key, rpc = place
    sender(chain, key, FileJournal()).send([head(5)], NOW)
    transaction = _tx(chain, 5)
    slot = f"0x{contract.head_slots(5)[0]:064x}"
    rpc.ask("anvil_setStorageAt", chain.address, slot, "0x" + head(5, "other").root.hex())
    with pytest.raises(Tampered, match="不一致"):
        chain.find(5, [transaction])
    forged = Kept(head(5, "other"), None, settled=True, transaction=transaction)
    assert ["不一致" in line for line in of_chain(chain, [forged])] == [True]


def test_a_root_of_another_log_stops_the_sender(place: tuple[Chain, OwnerKey, Rpc]) -> None:
    chain, key, _ = place
    sender(chain, key, FileJournal()).send([head(5), head(7)], NOW)
    with pytest.raises(Tampered, match="链上的根是"):
        sender(chain, key, FileJournal()).send([head(5, "other")], NOW)
    with pytest.raises(Tampered, match="密钥被别处用过"):
        sender(chain, key, FileJournal()).send([head(6)], NOW)


# --- away --------------------------------------------------------------------------------------
def test_a_chain_that_is_away_is_unreachable_and_nothing_is_lost(node: Rpc, tmp_path: Path) -> None:
    node.ask("evm_setAutomine", True)
    key = owner(node, tmp_path)
    chain = deployed(node, key)
    with Gate(node) as gate:
        away, journal = EvmChain(gate.rpc, chain.address), FileJournal()
        gate.down = True
        for _ in range(3):
            with pytest.raises(Unreachable):
                sender(away, key, journal).send([head(5)], NOW)
        gate.down = False
        assert sender(away, key, journal).send([head(5)], NOW).settled == (5,)
    with pytest.raises(Unreachable):
        EvmChain(Rpc(node.url.rsplit(":", 1)[0] + ":1", timeout=2), chain.address).standing()
    with pytest.raises(Unreachable, match="http"):
        Rpc("file:///etc/passwd").ask("eth_blockNumber")


def test_a_node_of_another_chain_is_refused(node: Rpc, tmp_path: Path) -> None:
    key = owner(node, tmp_path)
    chain = deployed(node, key)
    other = EvmChain(node, chain.address, chain_id=12)
    with pytest.raises(Tampered, match="链编号"):
        sender(other, key, FileJournal()).send([head(5)], NOW)
    assert chain.standing().count == 0


def test_logs_are_asked_for_in_pieces_down_to_the_first_block(node: Rpc, tmp_path: Path) -> None:
    key = owner(node, tmp_path)
    chain = deployed(node, key)
    sender(chain, key, FileJournal()).send([head(5)], NOW)
    found = chain.find(5)
    assert found is not None
    node.ask("anvil_mine", "0x19")  # 25 blocks
    with Gate(node) as gate:
        far = EvmChain(gate.rpc, chain.address, span=10)
        assert far.find(5) == found
        assert gate.asked.count("eth_getLogs") == 3
        late = EvmChain(gate.rpc, chain.address, first_block=found.block + 1)
        assert late.find(5) is None
