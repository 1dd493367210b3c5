"""Tokens made as a browser makes them, and ballots."""

import secrets
from datetime import UTC, date, datetime, timedelta

from hengjian.proof import blind
from hengjian.proof.blind_keys import SecretKey
from hengjian.ratings.ballots.collecting import take_in
from hengjian.ratings.ballots.operations import accept_key
from hengjian.ratings.ballots.receipts import digest, new_code
from hengjian.ratings.ballots.tokens import NONCE, Said, Token

DAY = date(2026, 3, 5)
HALF = "2026-H1"


def token_of(issuer: SecretKey) -> Token:
    """What a browser gets: the issuer signs without seeing."""
    public, random = issuer.public, secrets.token_bytes
    prepared = blind.prepare(public, random(NONCE), random)
    hidden = blind.blind(public, prepared, random)
    signed = blind.blind_sign(issuer, hidden.message, random)
    return Token(public.key_id.hex(), prepared, blind.finalize(public, prepared, signed, hidden.inverse))


def said(mark: int = 8, code: str = "", **more) -> Said:
    return Said(mark, receipt=digest(code or new_code(secrets.token_bytes)), **more)


def accept(issuer: SecretKey, official: str = "G1", post: str = "S1", period: str = HALF) -> str:
    return accept_key(
        issuer.public.spki, issuer.public.variant.name, official, post, period, date(2026, 1, 2)
    )


def night_after(day: date = DAY) -> int:
    """What the night after a day takes into the box."""
    return take_in(datetime(day.year, day.month, day.day, 4, tzinfo=UTC) + timedelta(days=1))
