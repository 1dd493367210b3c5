"""Ten thousand requests with something wrong in each: all are refused (4xx) and nothing of them is stored."""

import http.client
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

from django.db import connection

from hengjian.proof import blind
from hengjian.proof.blind_keys import SecretKey
from hengjian.ratings.ballots.operations import accept_key
from hengjian.ratings.ballots.receipts import digest, new_code
from tests.unit.kiosk.running import Process, random

ALL, AT_A_TIME = 10_000, 4
JUNK: list[Any] = [
    None, True, 0, -1, 1.5, 11, 2**70, "", "8", [], {}, "\0", "ff" * 4_000, ["slow", "slow"], ["x"], [[]],
    {"$ne": 1}, "' OR 1=1 --", "ａｂ", "AB" * 32, "0x" + "0" * 62, "\u202e", "x" * 501,
]  # fmt: skip
Request = tuple[str, str, bytes, str]  # which process, door, body, type


def _signed(key: SecretKey) -> dict[str, str]:
    """A token of a key that is in our own hands."""
    public = key.public
    prepared = blind.prepare(public, random(32), random)
    hidden = blind.blind(public, prepared, random)
    signature = blind.finalize(
        public, prepared, blind.blind_sign(key, hidden.message, random), hidden.inverse
    )
    return {"key": public.key_id.hex(), "message": prepared.hex(), "signature": signature.hex()}


class Forger:
    """Draws requests, each with one thing wrong at least."""

    def __init__(self, town: Any, seed: int) -> None:
        self.draw = Random(seed)
        self.code, self.secret = new_code(random), town.link()
        self.fresh = [town.token(town.link()) for _ in range(3)]
        self.used = town.token(self.secret)
        said = {"mark": 5, "receipt": digest(self.code)}
        assert town.cast.post("/cast/ballot", token=self.used, ballot=said).status == 200
        other, late = SecretKey.generated(bits=2048), SecretKey.generated(bits=2048)
        accept_key(late.public.spki, late.public.variant.name, "G1", "S1", "2024-H1", town.day)
        self.unknown, self.expired = _signed(other), _signed(late)
        self.kinds: list[Callable[[], Request]] = [
            self.field, self.bit, self.mixed, self.replayed, self.unknown_key, self.late, self.shape,
            self.large, self.receipts, self.links, self.broken, self.typed,
        ]  # fmt: skip

    def next(self) -> Request:
        return self.draw.choice(self.kinds)()

    def ballot(self) -> dict[str, Any]:
        return {"mark": 8, "tags": [], "comment": "", "how": "self", "receipt": digest(new_code(random))}

    def cast(self, token: Any, ballot: Any) -> Request:
        body = json.dumps({"token": token, "ballot": ballot}).encode()
        return "cast", "/cast/ballot", body, "application/json"

    def good(self) -> dict[str, str]:
        return dict(self.draw.choice(self.fresh))

    def field(self) -> Request:
        token, ballot = self.good(), self.ballot()
        held: dict[str, Any] = self.draw.choice([token, ballot])  # type: ignore[list-item]
        name = self.draw.choice([one for one in sorted(held) if one not in ("comment", "tags")])
        held[name] = self.draw.choice([junk for junk in JUNK if junk != held[name]])
        return self.cast(token, ballot)

    def bit(self) -> Request:
        token = self.good()
        name = self.draw.choice(["message", "signature"])
        raw = bytearray.fromhex(token[name])
        raw[self.draw.randrange(len(raw))] ^= 1 << self.draw.randrange(8)
        return self.cast(token | {name: raw.hex()}, self.ballot())

    def mixed(self) -> Request:
        one, other = self.draw.sample(self.fresh, 2)
        return self.cast(one | {"signature": other["signature"]}, self.ballot())

    def replayed(self) -> Request:
        return self.cast(self.used, self.ballot() | {"mark": self.draw.randint(1, 10)})

    def unknown_key(self) -> Request:
        return self.cast(self.unknown, self.ballot())

    def late(self) -> Request:
        return self.cast(self.expired, self.ballot())

    def shape(self) -> Request:
        token, ballot = self.good(), self.ballot()
        held: dict[str, Any] = self.draw.choice([token, ballot])  # type: ignore[list-item]
        held.pop(self.draw.choice(["mark", "receipt"] if held is ballot else sorted(held)))
        held[self.draw.choice(["x", "Mark", "__proto__"])] = self.draw.choice(JUNK)
        return self.cast(token, ballot)

    def large(self) -> Request:
        return self.cast(self.good(), self.ballot() | {"comment": "长" * self.draw.randint(501, 9_000)})

    def receipts(self) -> Request:
        door = self.draw.choice(["/cast/receipt", "/cast/amend", "/cast/answer", "/cast/contact"])
        code = self.draw.choice([new_code(random), self.code[:-1], self.code[::-1], *JUNK[:10]])
        more = {"/cast/amend": {"ballot": self.ballot()}, "/cast/answer": {"text": "好"}}.get(door, {})
        return "cast", door, json.dumps({"code": code, **more}).encode(), "application/json"

    def links(self) -> Request:
        door = self.draw.choice(["/issue/open", "/issue/token", "/issue/opt-out"])
        secret = self.draw.choice(["x" * 43, self.secret[:-1], *JUNK[:12]])
        more = {"blinded": self.draw.randbytes(256).hex()} if door == "/issue/token" else {}
        if door == "/issue/token" and self.draw.random() < 0.3:
            secret = self.secret  # used, with another message
        return "issue", door, json.dumps({"secret": secret, **more}).encode(), "application/json"

    def broken(self) -> Request:
        _which, door, body, kind = self.cast(self.good(), self.ballot())
        at = self.draw.randrange(1, len(body) - 1)
        return "cast", door, self.draw.choice([body[:at], body[at:], self.draw.randbytes(at)]), kind

    def typed(self) -> Request:
        _which, door, body, _kind = self.cast(self.good(), self.ballot())
        return (
            "cast",
            door,
            body,
            self.draw.choice(["text/plain", "application/xml", "x", "multipart/form-data"]),
        )


def _sent(processes: dict[str, Process], requests: list[Request]) -> Counter[tuple[int, str]]:
    links = {
        name: http.client.HTTPConnection("127.0.0.1", one.port, timeout=60) for name, one in processes.items()
    }
    found: Counter[tuple[int, str]] = Counter()
    for which, door, body, kind in requests:
        status, said = _asked(links[which], door, body, kind)
        found[status, json.loads(said).get("code", "")] += 1
    for link in links.values():
        link.close()
    return found


def _asked(
    link: http.client.HTTPConnection, door: str, body: bytes, kind: str, *, again: bool = True
) -> tuple[int, bytes]:
    """A body that was refused unread ends its connection: the next request takes a new one."""
    try:
        link.request("POST", door, body, {"Content-Type": kind})
        answer = link.getresponse()
        return answer.status, answer.read()
    except ConnectionError:
        link.close()
        assert again, door
        return _asked(link, door, body, kind, again=False)


def _counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ "
            "'^(ballots|invitations|followups|notary|evidence|access)_'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        counts = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts[table] = cursor.fetchone()[0]
    return counts


def test_ten_thousand_wrong_requests_leave_nothing(town) -> None:
    forger = Forger(town, 20260305)
    requests = [forger.next() for _ in range(ALL)]
    before = _counts()
    processes = {"cast": town.cast, "issue": town.issue}
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        parts = [requests[start::AT_A_TIME] for start in range(AT_A_TIME)]
        found = sum(pool.map(lambda part: _sent(processes, part), parts), Counter())
    assert found.total() == ALL
    assert [one for one in found if not 400 <= one[0] < 500] == []
    codes = {code for _status, code in found}
    assert {
        "ballots.token_used", "ballots.forged", "ballots.expired", "ballots.key", "ballots.malformed",
        "ballots.mark", "ballots.comment", "ballots.receipt", "invitations.unknown", "invitations.issued",
    } <= codes  # fmt: skip
    assert _counts() == before
    for process in processes.values():
        assert "unexpected" not in process.log.read_text(encoding="utf-8")
    for token in forger.fresh:  # none of it used a token up
        assert town.cast.post("/cast/ballot", token=token, ballot=forger.ballot()).status == 200


def test_the_checks_are_seen_to_fail(town) -> None:
    """One right request among the wrong ones is seen: by its status, and by what is stored."""
    right = Forger(town, 1)
    before = _counts()
    found = _sent({"cast": town.cast}, [right.cast(right.good(), right.ballot())])
    assert [status for status, _code in found] == [200]
    assert _counts() != before
