"""A leaf says nothing without its salt, and is written in one way only."""

import hmac
import json

import pytest

from hengjian.proof.commitments import Entry, commitment
from hengjian.proof.errors import ProofError
from hengjian.proof.opening import Opening

SALT = bytes(range(16))
ENTRY = Entry("ballot", 1, "2026-07-01", commitment(SALT, b"x"), {"cycle": "2026-h1", "count": 3})


def test_commitment_is_hmac_of_the_content_under_the_salt() -> None:
    assert commitment(SALT, b"record") == hmac.new(SALT, b"record", "sha256").digest()
    with pytest.raises(ProofError, match="16 bytes"):
        commitment(SALT[:15], b"record")


def test_entry_reads_back() -> None:
    data = ENTRY.encode()
    assert Entry.parse(data) == ENTRY
    assert data.startswith(b'{"commitment":"')


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"c', b'{ "c'),
        (b'"schema":1', b'"schema":1.0'),
        (b'"schema":1', b'"schema":true'),
        (b'"schema":1', b'"schema":-1'),
        (b'"schema":1', b'"schema":1,"schema":1'),
        (b'"schema":1', b'"more":1,"schema":1'),
        (b',"schema":1', b""),
        (b'"count":3', b'"count":3.5'),
        (b'"count":3', b'"count":null'),
        (b'"count":3', b'"count":[' + b"[" * 100_000),
        (b"2026-07-01", b"2026-7-1"),
        (b"ballot", b"Ballot"),
        (b"}}", b"}"),
        (b"2026-h1", b"\xff"),
    ],
)
def test_other_ways_of_writing_are_refused(old: bytes, new: bytes) -> None:
    data = ENTRY.encode()
    assert old in data or old == b"}}"
    with pytest.raises(ProofError):
        Entry.parse(data.replace(old, new) if old in data else data[:-1])


def test_entry_longer_than_a_bundle_can_hold_is_refused() -> None:
    with pytest.raises(ProofError, match="65535"):
        Entry("ballot", 1, "2026-07-01", bytes(32), {"x": "x" * 65_535}).encode()


@pytest.mark.parametrize("name", ["entry", "record", "salt"])
@pytest.mark.parametrize("value", [None, 5, 1.5, True, [], {}, ["x"], "\ud800"])
def test_an_opening_of_anything_but_text_is_refused(name: str, value: object) -> None:
    """Each is JSON: the verifier says that it is no opening, and does not break off."""
    said = {"entry": "{}", "record": "{}", "salt": "00", name: value}
    with pytest.raises(ProofError):
        Opening.parse(json.dumps(said).encode())
