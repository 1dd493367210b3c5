"""What is done when a duty is due. Each looks at the state of things, and can be done again."""

from collections.abc import Callable, Mapping
from datetime import datetime
from time import sleep
from typing import Any

from hengjian.cli.session import now
from hengjian.policy.folder import PolicyFolder
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import HengjianError, Refused

AT_ONCE = 2_000  # invitations a round
Said = dict[str, Any]
Deed = Callable[[PolicyFolder, datetime], Said | None]


def deliver(policy: PolicyFolder, moment: datetime) -> Said | None:
    """Send what is due, settle what was left open, forget what has served. None: no channels yet."""
    from django.conf import settings

    from hengjian.ratings.invitations.channels.config import FILE, load
    from hengjian.ratings.invitations.delivery import Post
    from hengjian.ratings.invitations.jobs import run
    from hengjian.ratings.invitations.secrets_file import room_secret
    from hengjian.ratings.invitations.timing import Hours

    folder = settings.DATA / "invitations"
    if not (folder / FILE).exists():
        return None
    ways = load(folder, now)
    rules = policy.in_force(moment.astimezone(SHANGHAI).date())
    post = Post(ways.base, ways.channels, Hours.of(rules), room_secret(settings.DATA))
    return dict(run(moment, AT_ONCE, post, now))


def pushes(_policy: PolicyFolder, moment: datetime) -> Said | None:
    """Tell subscribers what happened. None: nobody ever subscribed."""
    from django.conf import settings

    from hengjian.exchange.jobs import Office, is_used, run
    from hengjian.ratings.invitations.secrets_file import room_secret

    if not is_used():
        return None
    return dict(run(moment, Office(room_secret(settings.DATA), settings.PUSH_HOSTS, now)))


def keys(_policy: PolicyFolder, moment: datetime) -> Said:
    """Hand the issuers' public keys to the casting side and publish their proofs."""
    from django.conf import settings

    from hengjian.cli.kiosk_keys import accept, publish_proofs

    accepted, unplaced = accept(moment)
    return {"keys": accepted, "unplaced": len(unplaced), "proofs": publish_proofs(settings.DATA, moment)}


def ballots(policy: PolicyFolder, moment: datetime) -> Said:
    """Put the day's ballots into the box, release what is due; says no number."""
    from hengjian.ratings.ballots.jobs import nightly
    from hengjian.ratings.ballots.rules import rules_of

    nightly(moment, rules_of(policy.in_force(moment.astimezone(SHANGHAI).date())))
    return {}


def followups(policy: PolicyFolder, moment: datetime) -> Said:
    """Open cases, remind, take up, erase, flag. Says no number: it would be that of yesterday's low marks."""
    from hengjian.ratings.ballots.rules import rules_of
    from hengjian.ratings.followups.clocks import clocks_of
    from hengjian.ratings.followups.flags import limits_of
    from hengjian.ratings.followups.jobs import nightly

    rules = policy.in_force(moment.astimezone(SHANGHAI).date())
    nightly(moment, rules_of(rules), clocks_of(rules), limits_of(rules))
    return {}


def night(_policy: PolicyFolder, moment: datetime) -> Said:
    """Take what must not be counted into one leaf of the log; on empty nights too."""
    from hengjian.notary.nights.operations import gather

    gather(moment)
    return {}


def reconcile(_policy: PolicyFolder, moment: datetime) -> Said | None:
    """Reconcile rows and leaves once a night, unless the running log does. None: no log yet."""
    from django.conf import settings

    from hengjian.notary import reconciliation
    from hengjian.notary.folder import in_data_folder
    from hengjian.notary.seals import seals_in

    folder = in_data_folder(settings.DATA)
    if not folder.key.exists():
        return None
    if not reconciliation.due(moment):
        return {}
    try:
        found = reconciliation.reconcile(now, seals_in(folder))
    except Refused as refusal:
        if refusal.code != "notary.reconciling":
            raise
        return {}
    return {"differences": found.found}


def anchor(_policy: PolicyFolder, moment: datetime) -> Said | None:
    """Send the hours' heads to every place of anchors.yaml. None: no log, or no place yet."""
    from django.conf import settings

    from hengjian.notary.anchors.config import load
    from hengjian.notary.anchors.operations import note_due, send
    from hengjian.notary.folder import in_data_folder, load_key

    folder = in_data_folder(settings.DATA)
    targets = load(folder.root)
    if not targets or not folder.key.exists():
        return None
    origin, said, failed = load_key(folder).name, {}, None
    for target in targets:
        try:
            note_due(target.name, origin, moment)
            said[target.name] = len(send(target, moment, sleep).settled)
        except HengjianError as fault:  # what is due stays due; the other places get theirs
            failed = fault
    if failed is not None:
        raise failed
    return said


def accounts(policy: PolicyFolder, moment: datetime) -> Said:
    """End the sign-ins that have timed out; close the accounts whose tenures are long over."""
    from hengjian.access.sign_ins import sweep
    from hengjian.roster.jobs import close_accounts_of_the_gone

    today = moment.astimezone(SHANGHAI).date()
    after = policy.in_force(today).parameters["privacy.account_closes_after"].value
    return {"ended": sweep(moment), "closed": close_accounts_of_the_gone(today, moment, int(str(after)))}


def retention(policy: PolicyFolder, moment: datetime) -> Said:
    """Carry out the lists that were approved, note what is due."""
    from hengjian.retention.carrying_out import check_erasures
    from hengjian.retention.classes import BY_NAME
    from hengjian.retention.jobs import nightly
    from hengjian.retention.terms import terms_of

    rules = policy.in_force(moment.astimezone(SHANGHAI).date())
    done = nightly(terms_of(rules, tuple(BY_NAME)), moment)
    check_erasures()
    return {"reports": done}


DEEDS: Mapping[str, Deed] = {
    "deliver": deliver, "pushes": pushes, "keys": keys, "ballots": ballots, "followups": followups,
    "night": night, "retention": retention, "accounts": accounts, "anchor": anchor, "reconcile": reconcile,
}  # fmt: skip
