"""The contract as bytes: what is sent to it, what it answers, where it stores. No network here."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from hengjian.notary.anchors.errors import missing_extra
from hengjian.notary.anchors.values import Entry

WORD = 32
GAS_ANCHOR = 250_000  # measured: under 130,000 for the first, under 115,000 after
GAS_DEPLOY = 1_200_000  # measured: under 300,000


@cache
def artefact() -> dict[str, Any]:
    """The compiled contract that lies beside this file."""
    text = files("hengjian.notary.anchors").joinpath("contract.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def code() -> bytes:
    """What a transaction carries to deploy the contract."""
    return bytes.fromhex(artefact()["bytecode"][2:])


def runtime() -> bytes:
    """The code that stands at the contract's address; there is nothing variable in it."""
    return bytes.fromhex(artefact()["runtime"][2:])


def keccak(data: bytes) -> bytes:
    """Ethereum's hash."""
    try:
        from eth_utils.crypto import keccak as hashed
    except ImportError as error:
        raise missing_extra("eth-utils") from error
    return hashed(data)


def selector(signature: str) -> bytes:
    """The four bytes that name a function."""
    return keccak(signature.encode())[:4]


def topic() -> str:
    """The event's name in a log."""
    return "0x" + keccak(b"Anchored(uint256,bytes32,uint256,uint256)").hex()


def anchor_call(size: int, root: bytes) -> bytes:
    """The input of a transaction that writes a head."""
    return selector("anchor(uint256,bytes32)") + word(size) + root.rjust(WORD, b"\0")


def anchored_by(data: bytes) -> tuple[int, bytes] | None:
    """Size and root of a transaction's input; None when it is another call."""
    if len(data) != 4 + 2 * WORD or data[:4] != selector("anchor(uint256,bytes32)"):
        return None
    return int.from_bytes(data[4 : 4 + WORD]), data[4 + WORD :]


def at_call(size: int) -> bytes:
    """The call that reads one size."""
    return selector("at(uint256)") + word(size)


def word(number: int) -> bytes:
    """A number in 32 bytes."""
    return number.to_bytes(WORD)


def words(data: bytes) -> list[bytes]:
    """An answer in pieces of 32 bytes."""
    return [data[start : start + WORD] for start in range(0, len(data), WORD)]


def entry(size: int, data: bytes) -> Entry | None:
    """What ``at(size)``, the event's data or three slots say; None when all are zero."""
    pieces = words(data)
    if len(pieces) != 3 or not any(pieces[0]):
        return None
    return Entry(size, pieces[0], int.from_bytes(pieces[1]), int.from_bytes(pieces[2]))


def slot(name: str) -> int:
    """Where a variable of the contract lies in storage."""
    return int(artefact()["layout"][name])


def head_slots(size: int) -> tuple[int, int, int]:
    """Where root, time and previous size of one head lie: Vyper hashes the slot before the key."""
    first = int.from_bytes(keccak(word(slot("heads")) + word(size)))
    return first, first + 1, first + 2
