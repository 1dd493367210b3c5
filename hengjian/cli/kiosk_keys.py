"""The keys' way from the issuing to the casting side, and into files that anybody may read.

A face does it, because the two rooms never meet. What goes over is public: key, official, post, half-year.
"""

import base64
import json
import os
from datetime import date, datetime
from pathlib import Path

from hengjian.terms.period import Period

WINDOW = 45  # days after a half-year in which its keys are still handed over


def halves(on: date) -> list[str]:
    """The half-years whose keys may be needed on a day."""
    this = Period(f"{on.year}-H{1 if on.month <= 6 else 2}")
    before = Period(f"{on.year - 1}-H2") if on.month <= 6 else Period(f"{on.year}-H1")
    return [half.text for half in (this, before) if (on - half.end).days <= WINDOW]


def accept(moment: datetime) -> tuple[int, list[str]]:
    """Hand the public keys over; gives how many stand, and the officials without a post in that half-year.

    Clause: NORMS L6
    """
    from hengjian.notary.recording import day_of
    from hengjian.ratings.ballots.operations import accept_key
    from hengjian.ratings.invitations.models import IssuerKey

    today, done, unplaced = day_of(moment), 0, []
    for key in IssuerKey.objects.filter(half__in=halves(today)).select_related("official").order_by("slot"):
        post = post_of(key.official.code, Period(key.half))
        if post is None:
            unplaced.append(key.official.code)
            continue
        accept_key(base64.b64decode(key.spki), key.variant, key.official.code, post, key.half, today)
        done += 1
    return done, unplaced


def post_of(official: str, half: Period) -> str | None:
    """The post to which an official's ballots of a half-year belong.

    One key serves an official for a half-year, so that ballots do not say more than they must. What was
    accepted stays; else the post that serves the public, then the one held longest in that time.
    """
    from hengjian.ratings.ballots.models import AcceptedKey
    from hengjian.roster.models import Tenure

    known = AcceptedKey.objects.filter(official=official, period=half.text).values_list("post", flat=True)
    if found := known.first():
        return found
    held = [
        (not one.post.public_facing, -_days(one.since, one.until, half), one.post.code)
        for one in Tenure.objects.filter(official__code=official).select_related("post")
        if one.since <= half.end and (one.until is None or one.until >= half.start)
    ]
    return min(held)[2] if held else None


def _days(since: date, until: date | None, half: Period) -> int:
    return (min(until or half.end, half.end) - max(since, half.start)).days


def publish_proofs(data: Path, moment: datetime) -> int:
    """Write each key's proof and the trust file where the kiosk serves them; gives how many proofs are new.

    Clause: SPEC B4, SPEC F3
    A file appears whole; one that stands is written anew once the log's newest head has more witnesses.
    """
    from hengjian.notary.folder import in_data_folder, write_whole
    from hengjian.notary.recording import day_of
    from hengjian.ratings.invitations.queries import keys_of

    public = data / "kiosk" / "public"
    (public / "keys").mkdir(parents=True, exist_ok=True)
    trust = in_data_folder(data).trust
    if trust.exists():
        _changed(public / "trust", trust.read_bytes(), write_whole)
    new = 0
    for half in halves(day_of(moment)):
        for key in keys_of(half):
            path = public / "keys" / f"{key.slot}.json"
            if key.proof is None or (path.exists() and _settled(path, moment)):
                continue
            said = {
                "entry": base64.b64encode(key.proof.entry).decode(),
                "proof": key.proof.file.decode(),
            }
            new += _changed(path, json.dumps(said).encode(), write_whole)
    return new


def _settled(path: Path, moment: datetime) -> bool:
    """Whether a proof has stood for an hour: by then the witnesses have signed what they will."""
    return path.stat().st_mtime + 3600 < moment.timestamp() and os.path.getsize(path) > 0  # noqa: PTH202


def _changed(path: Path, data: bytes, write: object) -> bool:
    if path.exists() and path.read_bytes() == data:
        return False
    write(path, data)  # type: ignore[operator]
    return True
