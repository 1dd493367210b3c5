"""Both processes over real HTTP: a rating from link to receipt, and what each refuses."""

import base64
import http.client
import json
import socket

import pytest

from hengjian.proof.evidence import TlogProof
from hengjian.proof.trust import parse
from hengjian.ratings.ballots.receipts import digest, new_code
from tests.unit.kiosk.running import BROWSER, VISITOR, random

SECRET_DOORS = {
    "issue": ("/issue/open", "/issue/token", "/issue/opt-out"),
    "cast": ("/cast/ballot", "/cast/receipt", "/cast/amend", "/cast/answer", "/cast/contact", "/cast/report"),
}


def test_from_link_to_receipt(town) -> None:
    secret = town.link()
    offer = town.issue.post("/issue/open", secret=secret)
    assert offer.status == 200
    assert (offer.said["unit"], offer.said["post"], offer.said["issued"]) == ("云溪镇", "窗口S1", False)
    assert offer.said["kind"] == {"zh": "审批", "en": "Approval"}
    code = new_code(random)
    ballot = {"mark": 3, "tags": ["slow"], "comment": "等了三天", "receipt": digest(code)}
    answer = town.cast.post("/cast/ballot", token=town.token(secret), ballot=ballot)
    assert answer.status == 200, answer.body
    assert town.cast.post("/cast/answer", code=code, text="谢谢").status == 200
    assert town.cast.post("/cast/amend", code=code, ballot=ballot | {"mark": 7}).status == 200
    town.night()
    seen = town.cast.post("/cast/receipt", code=code).said
    trust = parse((town.data / "notary" / "trust").read_bytes())
    proof = TlogProof.parse(seen["proof"].encode())
    assert proof.verify(base64.b64decode(seen["entry"]), trust).checkpoint.size > seen["index"]
    assert [(reply["side"], reply["text"]) for reply in seen["replies"]] == [("rater", "谢谢")]
    assert "mark" not in json.dumps(seen)


def test_a_retry_counts_once_and_the_receipt_tells(town) -> None:
    token, code = town.token(town.link()), new_code(random)
    ballot = {"mark": 9, "receipt": digest(code)}
    assert town.cast.post("/cast/ballot", token=token, ballot=ballot).status == 200
    again = town.cast.post("/cast/ballot", token=token, ballot=ballot | {"mark": 1})
    assert (again.status, again.said["code"]) == (409, "ballots.token_used")
    assert town.cast.post("/cast/receipt", code=code).status == 200


def test_one_link_gives_one_token(town) -> None:
    secret = town.link()
    town.token(secret)
    assert town.issue.post("/issue/open", secret=secret).said["issued"] is True
    answer = town.issue.post("/issue/token", secret=secret, blinded="05" * 256)
    assert (answer.status, answer.said["code"]) == (409, "invitations.issued")


def test_opting_out_by_the_link(town) -> None:
    from hengjian.ratings.invitations.models import Attempt, Contact, OptOut
    from hengjian.ratings.invitations.secrets_file import hash_of

    (number,) = town.events("opting-out", channel="email")
    assert Contact.objects.filter(pk=number).exists()
    secret = "s" * 43
    Attempt.objects.create(invitation_id=number, secret_hash=hash_of(secret), at=town.now)
    assert town.issue.post("/issue/opt-out", secret=secret).status == 200
    assert OptOut.objects.count() == 1
    by_hand = town.issue.post("/issue/opt-out", secret=town.link())
    assert (by_hand.status, by_hand.said["code"]) == (422, "invitations.by_hand")


def test_a_contact_and_reports_are_shut_where_they_come_in(town) -> None:
    from hengjian.ratings.followups.boxes import key_of
    from hengjian.ratings.followups.models import DayBox

    code = town.rated(2)
    left = {"code": code, "name": "老张", "reach": "13800138000"}
    assert town.cast.post("/cast/contact", **left).status == 200
    assert town.cast.post("/cast/contact", **left).status == 409
    told = {"kind": "inducement", "text": "给了两桶油", "code": "", "key": "", "name": "", "reach": ""}
    assert town.cast.post("/cast/report", **told).status == 200
    assert town.cast.post("/cast/report", **told | {"kind": "retaliation", "code": code}).status == 200
    assert town.cast.post("/cast/report", **told | {"kind": "gossip"}).status == 422
    boxes = {row.left: row for row in DayBox.objects.all()}
    assert set(boxes) == {"contact", "inducement", "retaliation"}
    assert boxes["retaliation"].ballot == boxes["contact"].ballot is not None
    assert boxes["inducement"].ballot is None
    opened = key_of(town.data).open(bytes(boxes["contact"].box), str(boxes["contact"].pk))
    assert json.loads(opened)["contact"] == {"name": "老张", "reach": "13800138000"}
    assert b"13800138000" not in b"".join(bytes(row.box) for row in boxes.values())


def test_nothing_is_stored_before_the_key_stands_on_the_casting_side(town) -> None:
    from hengjian.ratings.invitations import operations

    (number,) = town.events("unpublished", official="G2", post="S2")
    secret = operations.hand_over(number, "窗口一", town.now)
    token = town.token(secret)
    ballot = {"mark": 5, "receipt": digest(new_code(random))}
    refused = town.cast.post("/cast/ballot", token=token, ballot=ballot)
    assert (refused.status, refused.said["code"]) == (422, "ballots.key")
    slot = town.issue.post("/issue/open", secret=secret).said["slot"]
    assert town.issue.ask("GET", f"/kiosk/keys/{slot}.json").status == 404
    town.publish()
    assert town.issue.ask("GET", f"/kiosk/keys/{slot}.json").status == 200


# -- what strangers send ------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["issue", "cast"])
def test_malformed_requests_are_refused_and_nothing_breaks(town, which: str) -> None:
    process = getattr(town, which)
    bodies = [
        b"", b"{", b"null", b"[]", b'"text"', b"1e999", b'{"secret": NaN}', b"\xff\xfe", b"[" * 9_000,
        b'{"secret": 1}', b'{"secret": "x", "more": 1}', b'{"code": {"$ne": 1}}', b'{"secret": "\\ud800"}',
        b'{"token": {"key": "zz", "message": "", "signature": ""}, "ballot": {}}',
        b'{"secret": "x", "blinded": "not hex"}', b'{"code": "' + b"A" * 9_000 + b'"}',
        b'{"code": "\\u0000", "text": "\\u0000"}', b'{"code": "x", "ballot": {"mark": 1e400, "receipt": ""}}',
    ]  # fmt: skip
    for door in SECRET_DOORS[which]:
        for body in bodies:
            answer = process.ask("POST", door, body=body, Content_Type="application/json")
            assert 400 <= answer.status < 500, (door, body[:60], answer.status, answer.body)
            assert set(answer.said) == {"code", "what", "where", "do"}
    assert process.log.read_text().count("unexpected") == 0


@pytest.mark.parametrize("which", ["issue", "cast"])
def test_bodies_have_a_limit_and_a_type(town, which: str) -> None:
    process, door = getattr(town, which), SECRET_DOORS[which][0]
    large = json.dumps({"secret": "x" * 20_000}).encode()
    assert process.ask("POST", door, body=large, Content_Type="application/json").status == 413
    said = http.client.HTTPConnection("127.0.0.1", process.port, timeout=30)
    said.request(
        "POST", door, iter([b'{"a": "', *[b"x" * 1_000] * 40, b'"}']), {"Content-Type": "application/json"}
    )
    assert said.getresponse().status == 413
    said.close()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert process.ask("POST", door, body=b'{"secret": "x"}', Content_Type=kind).status == 415


@pytest.mark.parametrize("which", ["issue", "cast"])
def test_other_addresses_and_methods(town, which: str) -> None:
    process, other = getattr(town, which), town.cast if which == "issue" else town.issue
    for path in ("/", "/nowhere", "/kiosk/", "/kiosk/../setup.py", "/kiosk/keys/../../kiosk.yaml",
                 "/kiosk/%2e%2e/x", "/kiosk/keys/" + "0" * 64 + ".json", "//etc/passwd", "/r/"):  # fmt: skip
        assert process.ask("GET", path).status == 404, path
    for door in SECRET_DOORS[which]:
        for method in ("GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
            answer = process.ask(method, door)
            assert (answer.status, answer.headers["allow"]) == (405, "POST"), method
        assert other.post(door, secret="x").status in (404, 405)  # the other process has no such door
    assert process.ask("POST", "/kiosk/kiosk.css", {}).status == 405
    head = process.ask("HEAD", "/kiosk/kiosk.css")
    assert (head.status, head.body) == (200, b"")


def test_a_half_closed_request_hurts_nobody(town) -> None:
    with socket.create_connection(("127.0.0.1", town.cast.port)) as link:
        link.sendall(b"POST /cast/ballot HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     b"Content-Length: 100\r\n\r\n{")  # fmt: skip
    assert town.cast.post("/cast/receipt", code="x").status == 404


# -- what is kept of whom ------------------------------------------------------------------------


def test_headers_ask_for_nothing_and_keep_nothing(town) -> None:
    pages = [("issue", "/r"), ("cast", "/receipt"), ("issue", "/kiosk/rate.js"), ("cast", "/nowhere")]
    for which, path in pages:
        found = getattr(town, which).ask("GET", path).headers
        assert "set-cookie" not in found
        assert found["referrer-policy"] == "no-referrer"
        assert found["x-content-type-options"] == "nosniff"
        assert found["x-frame-options"] == "DENY"
        policy = dict(part.strip().split(" ", 1) for part in found["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["connect-src"].split() == ["'self'", town.issue.address, town.cast.address]
    assert town.issue.post("/issue/open", secret="x").headers["cache-control"] == "no-store"


def test_only_our_own_origins_may_ask(town) -> None:
    door, body = "/cast/receipt", {"code": "x"}
    asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "content-type"}
    ours = town.cast.ask("OPTIONS", door, Origin=town.issue.address, **asked)
    assert (ours.status, ours.headers["access-control-allow-origin"]) == (204, town.issue.address)
    assert "access-control-allow-credentials" not in ours.headers
    for origin in ("https://elsewhere.example", "null", town.issue.address + ".example"):
        assert town.cast.ask("OPTIONS", door, Origin=origin, **asked).status == 405
        assert "access-control-allow-origin" not in town.cast.ask("POST", door, body, Origin=origin).headers


def test_logs_say_nothing_of_anybody(town) -> None:
    code, secret = town.rated(2, comment="一句只有此人会说的话"), town.link()
    town.issue.post("/issue/open", secret=secret)
    town.issue.post("/issue/open", secret="wrong-" + "x" * 30)
    town.cast.post("/cast/receipt", code=code)
    town.cast.ask("POST", "/cast/ballot", body=b"{", Content_Type="application/json")
    for process in (town.issue, town.cast):
        lines = process.log.read_text(encoding="utf-8").splitlines()
        assert len(lines) == 1, lines  # where it listens, and nothing since
        for trace in (secret, code, VISITOR, BROWSER, "一句", "/issue/open", "/cast/"):
            assert trace not in lines[0]


def test_a_browser_that_knows_a_file_is_told_so(town) -> None:
    first = town.issue.ask("GET", "/kiosk/kiosk.css", Accept_Encoding="gzip")
    assert first.headers["content-encoding"] == "gzip"
    again = town.issue.ask("GET", "/kiosk/kiosk.css", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
