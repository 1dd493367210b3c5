"""Who somebody is at a CAS server (protocol 3.0): sent there, back with a ticket, the ticket asked about.

A ticket is good for the address that it was made for, and that address carries a number which only the asking
browser's session knows: a ticket of somebody else signs nobody in.
"""

import re
import secrets
from hmac import compare_digest
from urllib.parse import urlencode
from xml.etree import ElementTree

import requests
import structlog
from django.http import HttpRequest
from urllib3.exceptions import HTTPError

from hengjian.access.elsewhere import CasServer

ASKED = "hengjian_cas"
SECONDS = (5, 10)
LARGEST = 64 * 1024
TICKET = re.compile(r"ST-[\x21-\x7e]{1,253}")
SPACE = "{http://www.yale.edu/tp/cas}"
log = structlog.get_logger(__name__)


def ask(request: HttpRequest, server: CasServer, following: str | None) -> str:
    """The address at the CAS server to go to; the session keeps what is asked."""
    state = secrets.token_urlsafe(24)
    request.session[ASKED] = {"server": server.id, "state": state, "next": following}
    return f"{server.server_url}/login?{urlencode({'service': _service(server, state)})}"


def answered(request: HttpRequest, server: CasServer) -> tuple[str | None, str | None]:
    """By what the person who comes back is bound, None when it was not proved; and where to go then."""
    asked = request.session.pop(ASKED, None)
    state, ticket = request.GET.get("state", ""), request.GET.get("ticket", "")
    if (
        not asked
        or asked["server"] != server.id
        or not compare_digest(asked["state"].encode(), state.encode())
    ):
        return None, None
    if not TICKET.fullmatch(ticket):
        return None, None
    return _person(server, ticket, state), asked["next"]


def _service(server: CasServer, state: str) -> str:
    return f"{server.our_url}/sso/cas/{server.id}/callback/?{urlencode({'state': state})}"


def _person(server: CasServer, ticket: str, state: str) -> str | None:
    given = {"service": _service(server, state), "ticket": ticket}
    try:
        with requests.get(
            f"{server.server_url}/p3/serviceValidate",
            params=given, timeout=SECONDS, allow_redirects=False, stream=True,
        ) as answer:  # fmt: skip
            answer.raise_for_status()
            return _read(server, answer.raw.read(LARGEST + 1, decode_content=True))
    except (requests.RequestException, HTTPError, ElementTree.ParseError, ValueError) as error:
        log.warning("sign_in.cas_failed", server=server.id, error=type(error).__name__)
        return None


def _read(server: CasServer, text: bytes) -> str | None:
    if len(text) > LARGEST or any(sign in text for sign in (b"<!DOCTYPE", b"<!ENTITY", b"\0")):  # NUL: UTF-16
        raise ValueError("answer")
    root = ElementTree.fromstring(text.decode())  # noqa: S314 (no declarations of entities: refused above)
    yes = root.find(f"{SPACE}authenticationSuccess") if root.tag == f"{SPACE}serviceResponse" else None
    if yes is None:
        return None
    field = f"{SPACE}attributes/{SPACE}{server.uid_field}" if server.uid_field else f"{SPACE}user"
    held = [(one.text or "").strip() for one in yes.findall(field)]
    return held[0] or None if len(held) == 1 else None
