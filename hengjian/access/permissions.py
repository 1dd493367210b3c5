"""Who may do what, in pairs: ``can_x`` answers, ``check_can_x`` raises NotPermitted.

Everything is denied unless a grant in force on the day allows it. ``within`` is the code path of the
organisation concerned (``city/county/town``; empty: the whole city): a grant whose scope is an
organisation reaches that one and those under it, never the whole.
"""

from datetime import date

from hengjian.access.powers import POWERS
from hengjian.access.queries import Person, held
from hengjian.access.roles import Role
from hengjian.terms.errors import NotPermitted


def _covers(scope: str, within: str) -> bool:
    return scope in {"", within} or within.startswith(f"{scope}/")


def _holds(user: Person, on: date, *roles: Role, within: str = "") -> bool:
    return any(one.role in roles and _covers(one.organisation, within) for one in held(user, on))


def _above(user: Person, on: date, *roles: Role, within: str) -> bool:
    """A role granted for the whole city or for an organisation above that one, never for itself alone."""
    scopes = [one.organisation for one in held(user, on) if one.role in roles]
    if not within:
        return bool(scopes)
    return any(scope != within and _covers(scope, within) for scope in scopes)


def _anywhere(user: Person, on: date, power: str) -> bool:
    """A role with this power, whatever its reach."""
    return any(one.role in _roles(power) for one in held(user, on))


def scopes(user: Person, on: date, power: str) -> tuple[str, ...]:
    """The organisations for which this person has a power that reaches units; ``""`` is the whole city."""
    return tuple(dict.fromkeys(one.organisation for one in held(user, on) if one.role in _roles(power)))


def check_scopes(user: Person, on: date, power: str) -> tuple[str, ...]:
    """The same; refuses whoever has it for no organisation at all."""
    found = scopes(user, on, power)
    _check(bool(found), power)
    return found


def _roles(power: str) -> frozenset[Role]:
    return POWERS[power].roles


def _check(allowed: bool, power: str) -> None:
    if not allowed:
        deed = POWERS[power].deed
        raise NotPermitted(f"您没有权限：{deed}", do="请联系安全管理员核对授权", code=f"access.{power}")


def can_manage_access(user: Person, on: date) -> bool:
    """Grant and revoke roles, bind identities of single sign-on."""
    return _holds(user, on, *_roles("manage_access"))


def check_can_manage_access(user: Person, on: date) -> None:
    """Refuse whoever may not grant and revoke roles."""
    _check(can_manage_access(user, on), "manage_access")


def can_manage_accounts(user: Person, on: date) -> bool:
    """Make accounts, close them, set initial passwords."""
    return _holds(user, on, *_roles("manage_accounts"))


def check_can_manage_accounts(user: Person, on: date) -> None:
    """Refuse whoever may not make and close accounts."""
    _check(can_manage_accounts(user, on), "manage_accounts")


def can_read_accounts(user: Person, on: date) -> bool:
    """See which accounts there are and what is granted to them."""
    return _holds(user, on, *_roles("read_accounts"))


def check_can_read_accounts(user: Person, on: date) -> None:
    """Refuse whoever may not see accounts and grants."""
    _check(can_read_accounts(user, on), "read_accounts")


def can_read_sign_ins(user: Person, on: date) -> bool:
    """See who signed in when, and how it ended."""
    return _holds(user, on, *_roles("read_sign_ins"))


def check_can_read_sign_ins(user: Person, on: date) -> None:
    """Refuse whoever may not see others' sign-ins."""
    _check(can_read_sign_ins(user, on), "read_sign_ins")


def can_manage_roster(user: Person, on: date, within: str = "") -> bool:
    """Change organisations, posts, officials and tenures."""
    return _holds(user, on, *_roles("manage_roster"), within=within)


def check_can_manage_roster(user: Person, on: date, within: str = "") -> None:
    """Refuse whoever may not change the roster."""
    _check(can_manage_roster(user, on, within), "manage_roster")


def can_manage_cycles(user: Person, on: date) -> bool:
    """Open a cycle, import its records, freeze and score it."""
    return _holds(user, on, *_roles("manage_cycles"))


def check_can_manage_cycles(user: Person, on: date) -> None:
    """Refuse whoever may not open, freeze or score a cycle."""
    _check(can_manage_cycles(user, on), "manage_cycles")


def can_review(user: Person, on: date) -> bool:
    """Review a scored cycle and sign it."""
    return _holds(user, on, *_roles("review"))


def check_can_review(user: Person, on: date) -> None:
    """Refuse whoever may not review and sign."""
    _check(can_review(user, on), "review")


def can_publish(user: Person, on: date) -> bool:
    """Publish a cycle that a leader has reviewed."""
    return _holds(user, on, *_roles("publish"))


def check_can_publish(user: Person, on: date) -> None:
    """Refuse whoever may not publish."""
    _check(can_publish(user, on), "publish")


def can_read_results(user: Person, on: date, within: str = "") -> bool:
    """Read everybody's results, rankings and workings."""
    return _holds(user, on, *_roles("read_results"), within=within)


def check_can_read_results(user: Person, on: date, within: str = "") -> None:
    """Refuse whoever may not read everybody's results."""
    _check(can_read_results(user, on, within), "read_results")


def can_read_own_sheet(user: Person, official_id: object, on: date, within: str = "") -> bool:
    """Read this official's sheet: the readers of all results, and the official."""
    roles, wanted = _roles("read_own_sheet"), str(official_id)
    own = any(one.role in roles and one.official == wanted for one in held(user, on))
    return own or can_read_results(user, on, within)


def check_can_read_own_sheet(user: Person, official_id: object, on: date, within: str = "") -> None:
    """Refuse whoever may not read this official's sheet."""
    _check(can_read_own_sheet(user, official_id, on, within), "read_own_sheet")


def can_read_quarantine(user: Person, on: date, within: str = "") -> bool:
    """Look through the records that were refused."""
    return _holds(user, on, *_roles("read_quarantine"), within=within)


def check_can_read_quarantine(user: Person, on: date, within: str = "") -> None:
    """Refuse whoever may not look through the quarantine."""
    _check(can_read_quarantine(user, on, within), "read_quarantine")


def can_correct_quarantine(user: Person, on: date, within: str = "") -> bool:
    """Correct a refused record and admit it again."""
    return _holds(user, on, *_roles("correct_quarantine"), within=within)


def check_can_correct_quarantine(user: Person, on: date, within: str = "") -> None:
    """Refuse whoever may not correct refused records."""
    _check(can_correct_quarantine(user, on, within), "correct_quarantine")


def can_dismiss_quarantine(user: Person, on: date, within: str = "") -> bool:
    """Decide that a refused record will not come in."""
    return _holds(user, on, *_roles("dismiss_quarantine"), within=within)


def check_can_dismiss_quarantine(user: Person, on: date, within: str = "") -> None:
    """Refuse whoever may not keep a refused record out for good."""
    _check(can_dismiss_quarantine(user, on, within), "dismiss_quarantine")


def can_check_quarantine(user: Person, on: date, within: str = "") -> bool:
    """Look into a refused record and say what was found."""
    return _holds(user, on, *_roles("check_quarantine"), within=within)


def check_can_check_quarantine(user: Person, on: date, within: str = "") -> None:
    """Refuse whoever may not say what was found about a refused record."""
    _check(can_check_quarantine(user, on, within), "check_quarantine")


def can_read_policies(user: Person, on: date) -> bool:
    """Read the policy pages: anybody to whom a role of the assessment is granted."""
    return _anywhere(user, on, "read_policies")


def check_can_read_policies(user: Person, on: date) -> None:
    """Refuse whoever holds no role."""
    _check(can_read_policies(user, on), "read_policies")


def can_look(user: Person, on: date) -> bool:
    """Look at persons in clear, for a purpose, by a ticket: whoever reads results somewhere."""
    return _anywhere(user, on, "look")


def check_can_look(user: Person, on: date) -> None:
    """Refuse whoever may not look at persons in clear."""
    _check(can_look(user, on), "look")


def can_seal_looks(user: Person, on: date) -> bool:
    """Keep a look from the person concerned until a day, by clause and reason."""
    return _holds(user, on, *_roles("seal_looks"))


def check_can_seal_looks(user: Person, on: date) -> None:
    """Refuse whoever may not seal looks."""
    _check(can_seal_looks(user, on), "seal_looks")


def can_read_trail(user: Person, on: date) -> bool:
    """Read who looked at whom, sealed looks too."""
    return _holds(user, on, *_roles("read_trail"))


def check_can_read_trail(user: Person, on: date) -> None:
    """Refuse whoever may not read the query trail."""
    _check(can_read_trail(user, on), "read_trail")


def can_read_tallies(user: Person, on: date) -> bool:
    """Hold the tokens of a whole half-year against its ballots."""
    return _holds(user, on, *_roles("read_tallies"))


def check_can_read_tallies(user: Person, on: date) -> None:
    """Refuse whoever may not hold tokens against ballots."""
    _check(can_read_tallies(user, on), "read_tallies")


def can_read_log(user: Person, on: date) -> bool:
    """Read the state of the public log, its heads, witnesses and proofs."""
    return _holds(user, on, *_roles("read_log"))


def check_can_read_log(user: Person, on: date) -> None:
    """Refuse whoever may not read the log's pages."""
    _check(can_read_log(user, on), "read_log")


# Of these ``within`` is the rated unit: whoever holds the role for that unit itself is of it, and may not.
# Without ``within`` it is asked whether somebody may do so for any unit at all.
def can_follow_up(user: Person, on: date, within: str = "") -> bool:
    """Handle low marks given to a unit below the own: call back, answer, close."""
    return _above(user, on, *_roles("follow_up"), within=within)


def check_can_follow_up(user: Person, on: date, within: str = "") -> None:
    """Refuse whoever may not handle low marks, or is of the rated unit."""
    _check(can_follow_up(user, on, within), "follow_up")


def can_decide_marks(user: Person, on: date, within: str = "") -> bool:
    """Decide, with another, whether marks given to a unit below the own count."""
    return _above(user, on, *_roles("decide_marks"), within=within)


def check_can_decide_marks(user: Person, on: date, within: str = "") -> None:
    """Refuse whoever may not decide on marks, or is of the rated unit."""
    _check(can_decide_marks(user, on, within), "decide_marks")


def can_contest_marks(user: Person, on: date) -> bool:
    """Contest the public's marks: the official concerned."""
    return _anywhere(user, on, "contest_marks")


def check_can_contest_marks(user: Person, on: date) -> None:
    """Refuse whoever is not an official with a sheet of the own."""
    _check(can_contest_marks(user, on), "contest_marks")


def can_handle_reports(user: Person, on: date, within: str = "") -> bool:
    """Read and handle sealed reports about a unit below the own."""
    return _above(user, on, *_roles("handle_reports"), within=within)


def check_can_handle_reports(user: Person, on: date, within: str = "") -> None:
    """Refuse whoever may not see sealed reports, or is of the unit concerned."""
    _check(can_handle_reports(user, on, within), "handle_reports")


def can_suspend(user: Person, on: date, within: str = "") -> bool:
    """Decide and sign whether somebody of a unit below the own is suspended."""
    return _above(user, on, *_roles("suspend"), within=within)


def check_can_suspend(user: Person, on: date, within: str = "") -> None:
    """Refuse whoever has no authority to suspend."""
    _check(can_suspend(user, on, within), "suspend")


def can_manage_panels(user: Person, on: date) -> bool:
    """Open a round, draw up and change rolls, hand out links, close a round."""
    return _holds(user, on, *_roles("manage_panels"))


def check_can_manage_panels(user: Person, on: date) -> None:
    """Refuse whoever may not manage rounds and rolls."""
    _check(can_manage_panels(user, on), "manage_panels")


def can_sign_panels(user: Person, on: date) -> bool:
    """Sign a roll that the office has drawn up."""
    return _holds(user, on, *_roles("sign_panels"))


def check_can_sign_panels(user: Person, on: date) -> None:
    """Refuse whoever may not sign a roll."""
    _check(can_sign_panels(user, on), "sign_panels")


def can_read_panels(user: Person, on: date) -> bool:
    """Read rounds, rolls and progress by group."""
    return _holds(user, on, *_roles("read_panels"))


def check_can_read_panels(user: Person, on: date) -> None:
    """Refuse whoever may not read rounds and rolls."""
    _check(can_read_panels(user, on), "read_panels")
