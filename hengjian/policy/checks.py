"""What must hold between the entries of a policy. Every breach is collected."""

from hengjian.policy.checks_dates import check_calendar, check_dates
from hengjian.policy.checks_index import check_indices
from hengjian.policy.checks_panel import check_panel
from hengjian.policy.checks_tables import check_tables
from hengjian.policy.checks_values import check_indicators, check_parameters, check_rules
from hengjian.policy.library import Library


def check(library: Library) -> None:
    """Run every check over a library; faults are written into it.

    Clause: SPEC A8
    """
    check_dates(library)
    check_parameters(library)
    check_indicators(library)
    check_indices(library)
    check_tables(library)
    check_panel(library)
    check_rules(library)
    check_calendar(library)
