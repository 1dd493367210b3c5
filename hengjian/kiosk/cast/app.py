"""The doors of the casting process: a ballot by its token, and what a receipt shows, amends and answers."""

import base64
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from hengjian.kiosk import form, setup
from hengjian.kiosk.desk import Desk
from hengjian.kiosk.errors import Malformed
from hengjian.kiosk.files import files
from hengjian.kiosk.guard import check_narrow
from hengjian.kiosk.web import Site, texts, today
from hengjian.policy.folder import PolicyFolder
from hengjian.ratings.ballots import operations, queries
from hengjian.ratings.ballots.box import BallotBox
from hengjian.ratings.ballots.errors import ReceiptRefused
from hengjian.ratings.ballots.rules import Rules, rules_of
from hengjian.ratings.ballots.tokens import Said, Token

ROOMS = ("ballots", "followups", "notary")
PAGES = {"/receipt": "receipt.html"}
LONGEST_CODE = 64


def application(data: Path, policy: PolicyFolder) -> Site:
    """The process over a data folder."""
    doors = Doors(policy)
    given = setup.load(data / "kiosk")
    return Site(
        given, files(PAGES, given.hotline), form.forms(policy, given),
        {
            "/cast/ballot": doors.ballot, "/cast/receipt": doors.receipt, "/cast/amend": doors.amend,
            "/cast/answer": doors.answer,
        },
        data / "kiosk" / "public", doors.start, doors.stop,
    )  # fmt: skip


class Doors:
    """What strangers may ask of this process; a ballot is answered after it is durable."""

    box: BallotBox

    def __init__(self, policy: PolicyFolder) -> None:
        @lru_cache(maxsize=2)
        def rules(day: date) -> Rules:
            return rules_of(policy.in_force(day))

        self._rules, self._desk = rules, Desk()

    async def start(self) -> None:
        """Refuse an account that could see invitations; then open the box."""
        await self._desk.do(lambda: check_narrow(ROOMS))
        self.box = BallotBox(self._rules)

    async def stop(self) -> None:
        """Store what waits."""
        await self.box.close()
        self._desk.close()

    async def ballot(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take a ballot in.

        Clause: SPEC B2
        """
        _only(body, "token", "ballot")
        await self.box.cast(Token.read(body["token"]), Said.read(body["ballot"]), today())
        return {"counted": today().isoformat()}

    async def amend(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Replace the ballot of a receipt.

        Clause: SPEC T-C14
        """
        _only(body, "code", "ballot")
        await self.box.amend(_code(body["code"]), Said.read(body["ballot"]), today())
        return {"amended": today().isoformat()}

    async def receipt(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a code shows: counted or not, the proof of it, and what was done.

        Clause: NORMS L7
        """
        (code,) = texts(body, "code")
        found = await self._desk.do(lambda: queries.receipt(_code(code), self._rules(today())))
        if found is None:
            raise _unknown()
        return {
            "cast_on": found.cast_on.isoformat(),
            "index": found.index,
            "entry": None if found.entry is None else base64.b64encode(found.entry).decode(),
            "proof": None if found.proof is None else found.proof.decode(),
            "released": found.released,
            "amend_until": found.amend_until.isoformat(),
            "today": today().isoformat(),
            "replies": [
                {"side": side, "on": on.isoformat(), "text": text} for side, on, text in found.replies
            ],
        }

    async def answer(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The rater answers what was done.

        Clause: NORMS L7
        """
        code, text = texts(body, "code", "text")
        await self._desk.do(lambda: operations.answer(_code(code), text, today()))
        return {"answered": today().isoformat()}


def _only(body: Mapping[str, Any], *names: str) -> None:
    if set(body) != set(names):
        raise Malformed("fields")


def _code(given: Any) -> str:
    if not isinstance(given, str) or len(given) > LONGEST_CODE:
        raise _unknown()
    return given


def _unknown() -> ReceiptRefused:
    return ReceiptRefused(_("没有这个回执"), do=_("请核对回执码"), code="ballots.receipt")
