"""Who may open which page: each address by its name, with the powers of which one is enough.

The running pages are walked through by this table (tests/unit/console/test_every_page.py), and the
table of docs/reference/rights.md is made from it.
"""

from collections.abc import Mapping
from enum import Enum

from hengjian.access.powers import POWERS
from hengjian.access.roles import Role


class Open(Enum):
    """Pages that need no power."""

    PUBLIC = "public"  # also for whoever is not signed in
    SIGNED_IN = "signed_in"  # for every account, with or without a role
    LINK = "link"  # by a panel's link that serves once, or the own account
    KEY = "key"  # by a key of a system of record or of the interface


Needs = Open | tuple[str, ...]
READ, CYCLES, PANELS = ("read_results",), ("manage_cycles",), ("manage_panels",)
OWN, LOG, POLICIES = ("read_results", "read_own_sheet"), ("read_log",), ("read_policies",)

PAGES: Mapping[str, Needs] = {
    **dict.fromkeys(
        ["set_language", "account_login", "account_logout", "mfa_authenticate", "mfa_login_webauthn",
         "openid_connect_login", "openid_connect_callback", "cas_login", "cas_callback", "directory_login",
         "console:sign-in", "console:sign-out",
         "console:account-abandon", "api:openapi-json", "api:api-root"],
        Open.PUBLIC,
    ),
    **dict.fromkeys(
        ["api:hand_in_events", "api:list_cycles", "api:read_cycle", "api:list_groups", "api:read_ranking",
         "api:read_sheet", "api:read_workings", "api:list_seats", "api:list_policies", "api:read_policy",
         "api:count_quarantine", "api:list_heads", "api:read_proof",
         "api:list_releases", "api:hand_in_rows", "api:import_roster"],
        Open.KEY,
    ),
    **dict.fromkeys(
        ["account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
         "account_change_password", "mfa_index", "mfa_activate_totp", "mfa_deactivate_totp",
         "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn",
         "mfa_remove_webauthn", "console:home", "console:account", "console:account-again",
         "console:account-sign-out", "console:account-others", "console:purpose", "console:manual",
         "console:manual-chapter", "console:manual-picture", "console:search",
         "console:home-calendar", "console:home-calendar-file",
         "console:home-notices", "console:filters-keep", "console:filters-throw-away",
         "console:keys-own", "console:pushes-own"],
        Open.SIGNED_IN,
    ),
    **dict.fromkeys(
        ["console:forms-enter", "console:forms", "console:forms-cast", "console:forms-receipt",
         "console:forms-declare", "console:forms-sheet", "console:forms-recuse", "console:forms-token"],
        Open.LINK,
    ),
    "console:retention": ("read_retention",),
    "console:retention-list": ("read_retention",),
    "console:leaks": ("read_leaks",),
    "console:leaks-leak": ("read_leaks",),
    "console:keys": ("read_accounts",),
    "console:pushes": ("read_accounts",),
    "console:accounts": ("read_accounts",),
    "console:accounts-new": ("manage_accounts",),
    "console:accounts-account": ("read_accounts",),
    **dict.fromkeys(
        ["console:cycles", "console:cycles-cycle", "console:cycles-missing", "console:cycles-bundle",
         "console:cycles-verify", "console:cycles-ranking", "console:cycles-dashboard", "console:results",
         "console:cycles-calibration",
         "console:cycles-compare", "console:policies-what-if", "console:public", "console:public-units",
         "console:public-channels", "console:public-duties"],
        READ,
    ),
    **dict.fromkeys(
        ["console:cycles-open", "console:cycles-edit", "console:cycles-papers", "console:cycles-correct",
         "console:cycles-add", "console:imports",
         "console:imports-template", "console:imports-preview", "console:public-sheets",
         "console:public-assisted"],
        CYCLES,
    ),
    "console:cycles-act": ("manage_cycles", "review", "publish"),
    **dict.fromkeys(
        ["console:cycles-seat", "console:cycles-certainty", "console:cycles-workings",
         "console:cycles-record", "console:cycles-record-proof"],
        OWN,
    ),
    "console:cycles-paper": ("manage_cycles", "read_own_sheet"),
    **dict.fromkeys(["console:officials", "console:officials-units", "console:results-ranking"], READ),
    "console:officials-official": OWN,
    **dict.fromkeys(["console:looks", "console:results-own"], ("read_own_sheet",)),
    "console:trail": ("read_trail",),
    "console:public-audit": ("read_tallies",),
    "console:public-sources": ("read_quarantine",),
    **dict.fromkeys(
        ["console:policies", "console:policies-compare", "console:policies-policy",
         "console:policies-scorecards", "console:policies-panel", "console:policies-parameters"],
        POLICIES,
    ),
    **dict.fromkeys(
        ["console:log", "console:log-heads", "console:log-checkpoint", "console:log-witnesses",
         "console:log-anchors", "console:log-reconciliation", "console:log-proof", "console:log-proof-file",
         "console:log-verify"],
        LOG,
    ),
    **dict.fromkeys(["console:panels", "console:panels-round", "console:panels-roll"], ("read_panels",)),
    **dict.fromkeys(
        ["console:panels-new", "console:panels-outsiders", "console:panels-ties", "console:panels-draw",
         "console:panels-close", "console:panels-links", "console:panels-third-party",
         "console:panels-third-party-template"],
        PANELS,
    ),
    **dict.fromkeys(
        ["console:remarks", "console:attachments", "console:attachments-withdraw"],
        ("correct_quarantine", "check_quarantine", "follow_up"),
    ),
    "console:attachments-file": ("read_quarantine", "follow_up"),
    "console:home-overdue": ("manage_cycles", "review"),
    "console:quarantine": ("read_quarantine",),
    "console:quarantine-entry": ("read_quarantine",),
    "console:quarantine-several": ("correct_quarantine", "dismiss_quarantine"),
    **dict.fromkeys(
        ["console:followups", "console:followups-problems", "console:followups-case"], ("follow_up",)
    ),
    "console:followups-reminders": ("follow_up", "manage_cycles"),
    "console:contests": ("decide_marks", "contest_marks"),
    "console:contests-flags": ("decide_marks",),
    "console:contests-decision": ("decide_marks",),
    **dict.fromkeys(["console:reports", "console:reports-report"], ("handle_reports", "suspend")),
}  # fmt: skip


def roles_of(needs: Needs) -> frozenset[Role]:
    """The roles that open a page by their powers."""
    if isinstance(needs, Open):
        return frozenset(Role)
    return frozenset().union(*(POWERS[power].roles for power in needs))
