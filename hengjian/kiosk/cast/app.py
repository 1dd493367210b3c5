"""The doors of the casting process: a ballot by its token, and what a receipt shows, amends and answers.

Besides, what a rater tells of himself or of pressure: :mod:`hengjian.ratings.followups.telling`.
"""

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
from hengjian.kiosk.guard import Needs, check_narrow
from hengjian.kiosk.web import Site, texts, today
from hengjian.policy.folder import PolicyFolder
from hengjian.ratings.ballots import operations, queries, role
from hengjian.ratings.ballots.box import BallotBox
from hengjian.ratings.ballots.errors import ReceiptRefused
from hengjian.ratings.ballots.rules import Rules, rules_of
from hengjian.ratings.ballots.tokens import Said, Token
from hengjian.ratings.followups import telling
from hengjian.ratings.followups.boxes import lock_of
from hengjian.ratings.followups.clocks import clocks_of

LOG = ("receipt", "head", "signature", "publication", "tile", "bundle")  # what the log publishes anyway
SAID = ("mark", "tags", "comment")
NEEDS = Needs(
    (*role.READ, *role.FINDS, "ballots_exclusion", *(f"notary_{name}" for name in LOG)),
    (*role.DAY, "followups_daybox"),
    role.REDEEMER,
    tuple(f"{table}.{column}" for table in ("ballots_ballot", "ballots_arrival") for column in SAID),
    ("ballots_leaf(uuid)",),
)
PAGES = {"/receipt": "receipt.html"}
LONGEST_CODE = 64


def application(data: Path, policy: PolicyFolder, origins: Mapping[str, str]) -> Site:
    """The process over a data folder; ``origins`` hold where the kiosk's file says none."""
    doors = Doors(data, policy)
    given = setup.load(data / "kiosk", origins)
    return Site(
        given, files(PAGES, given.hotline), form.forms(policy, given),
        {
            "/cast/ballot": doors.ballot, "/cast/receipt": doors.receipt, "/cast/amend": doors.amend,
            "/cast/answer": doors.answer, "/cast/contact": doors.contact, "/cast/report": doors.report,
        },
        data / "kiosk" / "public", doors.start, doors.stop,
    )  # fmt: skip


class Doors:
    """What strangers may ask of this process; a ballot is answered after it is durable."""

    box: BallotBox

    def __init__(self, data: Path, policy: PolicyFolder) -> None:
        self._data, self._policy = data, policy

        @lru_cache(maxsize=2)
        def rules(day: date) -> Rules:
            return rules_of(policy.in_force(day))

        self._rules, self._desk = rules, Desk()

    async def start(self) -> None:
        """Refuse an account that could see invitations; then open the box."""
        await self._desk.do(lambda: check_narrow(NEEDS))
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
            "excluded": found.excluded and {"on": found.excluded[0].isoformat(), "why": found.excluded[1]},
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

    async def contact(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The rater of a ballot leaves a way to be called back; shut under a key that is not here.

        Clause: NORMS L7
        """
        code, name, reach = texts(body, "code", "name", "reach")
        given = telling.Contact(name, reach)
        await self._desk.do(lambda: telling.leave_contact(_code(code), given, lock_of(self._data), today()))
        return {"left": today().isoformat()}

    async def report(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Somebody was pressed or bought to rate, or made to pay for it; with or without a name or a ballot.

        Clause: SPEC B4
        """
        kind, text, code, key, name, reach = texts(body, "kind", "text", "code", "key", "name", "reach")
        given = telling.Contact(name, reach) if name or reach else None
        told = telling.Told(kind, text, _code(code), given, key)
        clocks = clocks_of(self._policy.in_force(today()))
        await self._desk.do(lambda: telling.report(told, lock_of(self._data), clocks, today()))
        return {"reported": today().isoformat()}


def _only(body: Mapping[str, Any], *names: str) -> None:
    if set(body) != set(names):
        raise Malformed("fields")


def _code(given: Any) -> str:
    if not isinstance(given, str) or len(given) > LONGEST_CODE:
        raise _unknown()
    return given


def _unknown() -> ReceiptRefused:
    return ReceiptRefused(_("没有这个回执"), do=_("请核对回执码"), code="ballots.receipt")
