"""The clients of the contract: one for EVM chains, one for FISCO BCOS 3.x.

Both write one transaction for each head and read it back three ways that must agree: the contract's own
entry, the event in the receipt or by getLogs, and the input of the transaction. They differ in how
they read the entry and in how they pay:

=============  =========================  ============================================
               EVM                        FISCO BCOS 3.x
=============  =========================  ============================================
entry          eth_call ``at(size)``      storage (its gateway fails calls that carry arguments,
                                          FISCO-BCOS issue 5413)
fees           EIP-1559, else gas price   gas price (transactions of the old form)
finality       after some blocks          with the block (PBFT)
=============  =========================  ============================================

Calls without arguments (``owner``, ``last``, ``count``) are used on both. State is asked for at ``latest``
only: FISCO BCOS keeps no older one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hengjian.notary.anchors import contract
from hengjian.notary.anchors.errors import NodeRefused, differs
from hengjian.notary.anchors.keys import OwnerKey
from hengjian.notary.anchors.rpc import Rpc, hexed, listed, quantity
from hengjian.notary.anchors.values import Entry, Found, Head, Signed, Standing
from hengjian.terms.errors import Refused

WITHOUT_TRANSACTIONS = False
SPAN = 5_000  # blocks asked for at once by getLogs


@dataclass(frozen=True)
class Chain:
    """A contract on an EVM chain, read and written over JSON-RPC."""

    rpc: Rpc
    address: str
    first_block: int = 0
    chain_id: int | None = None
    span: int = SPAN

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.rpc.url} {self.address}"

    # --- reading ---------------------------------------------------------------------------
    def standing(self) -> Standing:
        """Where the contract stands; it must be ours."""
        block = self.rpc.number("eth_blockNumber")
        pieces = contract.words(self._call(contract.selector("last()")))
        if len(pieces) != 3:
            raise self._no_contract()
        count = int.from_bytes(self._call(contract.selector("count()")))
        return Standing(count, int.from_bytes(pieces[0]), pieces[1], block)

    def check_code(self) -> None:
        """Refuse an address at which another contract stands."""
        found = self.rpc.data("eth_getCode", self.address, "latest")
        if found != contract.runtime():
            raise self._no_contract() if not found else differs("该地址上的合约不是本系统的合约", self.where)

    def owner(self) -> str:
        """The address of the account that may write."""
        return "0x" + self._call(contract.selector("owner()"))[-20:].hex()

    def entry(self, size: int) -> Entry | None:
        """What the contract holds of this size."""
        return contract.entry(size, self._call(contract.at_call(size)))

    def history(self) -> Iterator[Entry]:
        """Every entry, the newest first."""
        size = self.standing().size
        while size:
            found = self.entry(size)
            if found is None or found.previous >= size:
                raise differs(f"合约的历史在大小 {size} 处断开", self.where)
            yield found
            size = found.previous

    def find(self, size: int, hashes: Sequence[str] = ()) -> Found | None:
        """The entry with its block, read three ways; ``hashes``: transactions that may have written it."""
        entry = self.entry(size)
        if entry is None:
            return None
        found = self._by_receipt(size, hashes) or self._by_logs(size)
        if found is None:
            return None  # a block is just being replaced; or the node does not show logs so far back
        if found.entry != entry or self._input(found.transaction) != (size, entry.root):
            raise differs(f"大小 {size}：合约、事件、交易三处所记不一致", f"{self.where} {found.transaction}")
        return found

    def _by_receipt(self, size: int, hashes: Sequence[str]) -> Found | None:
        for known in reversed(hashes):
            receipt = self.receipt(known)
            for log in listed((receipt or {}).get("logs")):
                found = self._read_log(log)
                if found is not None and found.entry.size == size:
                    return found
        return None

    def _by_logs(self, size: int) -> Found | None:
        last = self.rpc.number("eth_blockNumber")
        while last >= self.first_block:
            first = max(self.first_block, last - self.span + 1)
            for log in self._logs(first, last, size):
                found = self._read_log(log)
                if found is not None:
                    return found
            last = first - 1
        return None

    def _logs(self, first: int, last: int, size: int) -> Sequence[dict[str, Any]]:
        wanted = {
            "address": self.address,
            "fromBlock": quantity(first),
            "toBlock": quantity(last),
            "topics": [contract.topic(), hexed(contract.word(size))],
        }
        return listed(self.rpc.ask("eth_getLogs", wanted))

    def _read_log(self, log: dict[str, Any]) -> Found | None:
        topics = [str(item).lower() for item in log.get("topics") or ()]
        ours = str(log.get("address", "")).lower() == self.address.lower()
        if not ours or len(topics) != 2 or topics[0] != contract.topic():
            return None
        data = bytes.fromhex(str(log["data"]).removeprefix("0x"))
        entry = contract.entry(int(topics[1], 16), data)
        if entry is None or log.get("blockNumber") is None:
            return None
        return Found(
            entry, int(log["blockNumber"], 16), str(log.get("blockHash")), str(log["transactionHash"])
        )

    def _input(self, transaction: str) -> tuple[int, bytes] | None:
        known = self.rpc.ask("eth_getTransactionByHash", transaction) or {}
        return contract.anchored_by(bytes.fromhex(str(known.get("input", "")).removeprefix("0x")))

    def receipt(self, transaction: str) -> dict[str, Any] | None:
        """The receipt of a transaction that is in a block."""
        try:
            answer = self.rpc.ask("eth_getTransactionReceipt", transaction)
        except NodeRefused:  # FISCO BCOS answers an error where others answer null
            return None
        return answer if isinstance(answer, dict) and answer.get("blockNumber") else None

    def _call(self, data: bytes) -> bytes:
        return self.rpc.data("eth_call", {"to": self.address, "data": hexed(data)}, "latest")

    def _no_contract(self) -> Refused:
        return Refused(
            "该地址上没有合约",
            where=self.where,
            do="请核对 anchors.yaml 的 contract，或先运行 hengjian anchor deploy",
            code="anchor.no_contract",
        )

    # --- writing ---------------------------------------------------------------------------
    def nonce(self, account: str, *, pending: bool = False) -> int:
        """How many transactions of this account are in blocks; with those that wait for one."""
        return self.rpc.number("eth_getTransactionCount", account, "pending" if pending else "latest")

    def signed_head(self, key: OwnerKey, head: Head, nonce: int, above: int | None = None) -> Signed:
        """The transaction that writes a head; ``above``: the price of the one that it replaces."""
        data = contract.anchor_call(head.size, head.root)
        fields = {"to": bytes.fromhex(self.address[2:]), "data": hexed(data), "gas": contract.GAS_ANCHOR}
        return key.sign(fields | self._common(nonce) | self.fees(above))

    def signed_deployment(self, key: OwnerKey) -> Signed:
        """The transaction that puts the contract on the chain."""
        fields = {"data": hexed(contract.code()), "gas": contract.GAS_DEPLOY}
        return key.sign(fields | self._common(self.nonce(key.address, pending=True)) | self.fees(None))

    def publish(self, signed: Signed) -> None:
        """Hand a transaction to the node; one that the node knows already is fine."""
        try:
            self.rpc.ask("eth_sendRawTransaction", hexed(signed.raw))
        except NodeRefused:
            if not self._knows(signed.hash):
                raise

    def _knows(self, transaction: str) -> bool:
        try:
            return self.rpc.ask("eth_getTransactionByHash", transaction) is not None
        except NodeRefused:
            return False

    def _common(self, nonce: int) -> dict[str, Any]:
        found = self.rpc.number("eth_chainId")
        if self.chain_id is not None and found != self.chain_id:
            raise differs(f"节点的链编号是 {found}，配置的是 {self.chain_id}", self.where)
        return {"nonce": nonce, "value": 0, "chainId": found}

    def fees(self, above: int | None) -> dict[str, int]:
        """What the transaction pays."""
        raise NotImplementedError


class EvmChain(Chain):
    """Any chain that speaks Ethereum's JSON-RPC."""

    def fees(self, above: int | None) -> dict[str, int]:
        """By EIP-1559 where blocks have a base fee, by gas price elsewhere."""
        block = self.rpc.ask("eth_getBlockByNumber", "latest", WITHOUT_TRANSACTIONS) or {}
        if block.get("baseFeePerGas") is None:
            return _gas_price(self.rpc, above)
        tip = self.rpc.number("eth_maxPriorityFeePerGas")
        most = 2 * int(block["baseFeePerGas"], 16) + tip
        if above is not None:  # nodes take a replacement only when cap and tip both rise by a tenth
            most = tip = max(most, raised(above))
        return {"maxFeePerGas": most, "maxPriorityFeePerGas": tip}


class FiscoChain(Chain):
    """FISCO BCOS 3.x through its web3 gateway (``[web3_rpc]`` in config.ini)."""

    def entry(self, size: int) -> Entry | None:
        """Read the three slots of an entry: no call that carries arguments."""
        read = [self._slot(place) for place in contract.head_slots(size)]
        return contract.entry(size, b"".join(read))

    def _slot(self, place: int) -> bytes:
        answer = self.rpc.data("eth_getStorageAt", self.address, hexed(contract.word(place)), "latest")
        return answer[-contract.WORD :].rjust(contract.WORD, b"\0")

    def fees(self, above: int | None) -> dict[str, int]:
        """By gas price, in transactions of the old form; the price may be nought."""
        return _gas_price(self.rpc, above)


def _gas_price(rpc: Rpc, above: int | None) -> dict[str, int]:
    asked = rpc.number("eth_gasPrice")
    return {"gasPrice": asked if above is None else max(asked, raised(above))}


def raised(price: int) -> int:
    """A quarter more, and at least one."""
    return price + price // 4 + 1


def deployed_at(chain: Chain, signed: Signed) -> tuple[str, int] | None:
    """Address and block of a deployment, from its receipt: chains compute the address differently."""
    receipt = chain.receipt(signed.hash)
    if receipt is None:
        return None
    if int(str(receipt.get("status", "0x1")), 16) != 1 or not receipt.get("contractAddress"):
        raise Refused(
            "部署合约的交易被退回", where=f"{chain.rpc.url} {signed.hash}",
            do="请核对账户余额、部署权限和链的燃料上限", code="anchor.reverted",
        )  # fmt: skip
    return str(receipt["contractAddress"]), int(receipt["blockNumber"], 16)
