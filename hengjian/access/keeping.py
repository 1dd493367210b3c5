"""Who may do what about keeping and destroying data, and about leaks: pairs as in :mod:`permissions`."""

from datetime import date

from hengjian.access.permissions import _check, _holds, _roles
from hengjian.access.queries import Person


def can_list_records(user: Person, on: date) -> bool:
    """Draw up the list of records of the assessment that are to be destroyed."""
    return _holds(user, on, *_roles("list_records"))


def check_can_list_records(user: Person, on: date) -> None:
    """Refuse whoever may not draw up lists of records to destroy."""
    _check(can_list_records(user, on), "list_records")


def can_approve_records(user: Person, on: date) -> bool:
    """Approve the destruction of records of the assessment."""
    return _holds(user, on, *_roles("approve_records"))


def check_can_approve_records(user: Person, on: date) -> None:
    """Refuse whoever may not approve the destruction of records."""
    _check(can_approve_records(user, on), "approve_records")


def can_list_traces(user: Person, on: date) -> bool:
    """Draw up the list of looks and sign-ins that are to be destroyed."""
    return _holds(user, on, *_roles("list_traces"))


def check_can_list_traces(user: Person, on: date) -> None:
    """Refuse whoever may not draw up lists of traces to destroy."""
    _check(can_list_traces(user, on), "list_traces")


def can_approve_traces(user: Person, on: date) -> bool:
    """Approve the destruction of looks and sign-ins."""
    return _holds(user, on, *_roles("approve_traces"))


def check_can_approve_traces(user: Person, on: date) -> None:
    """Refuse whoever may not approve the destruction of traces."""
    _check(can_approve_traces(user, on), "approve_traces")


def can_read_retention(user: Person, on: date) -> bool:
    """See how long data are kept and what was destroyed."""
    return _holds(user, on, *_roles("read_retention"))


def check_can_read_retention(user: Person, on: date) -> None:
    """Refuse whoever may not see retention."""
    _check(can_read_retention(user, on), "read_retention")


def can_hold_records(user: Person, on: date) -> bool:
    """Hold back the destruction of data, and end that."""
    return _holds(user, on, *_roles("hold_records"))


def check_can_hold_records(user: Person, on: date) -> None:
    """Refuse whoever may not hold data back."""
    _check(can_hold_records(user, on), "hold_records")


def can_answer_requests(user: Person, on: date) -> bool:
    """Note persons' requests about their data, and answer them."""
    return _holds(user, on, *_roles("answer_requests"))


def check_can_answer_requests(user: Person, on: date) -> None:
    """Refuse whoever may not answer persons' requests."""
    _check(can_answer_requests(user, on), "answer_requests")


def can_record_leaks(user: Person, on: date) -> bool:
    """Record suspected leaks and what is done about them."""
    return _holds(user, on, *_roles("record_leaks"))


def check_can_record_leaks(user: Person, on: date) -> None:
    """Refuse whoever may not record leaks."""
    _check(can_record_leaks(user, on), "record_leaks")


def can_read_leaks(user: Person, on: date) -> bool:
    """Read suspected leaks."""
    return _holds(user, on, *_roles("read_leaks"))


def check_can_read_leaks(user: Person, on: date) -> None:
    """Refuse whoever may not read leaks."""
    _check(can_read_leaks(user, on), "read_leaks")
