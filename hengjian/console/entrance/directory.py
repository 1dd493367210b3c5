"""Who somebody is in an LDAP directory: looked up by a reading account, then shown by the own password.

Nothing of the directory is kept, and the password goes nowhere but there. The connection is encrypted and the
server's certificate checked; referrals to other servers are not followed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from hengjian.access.elsewhere import Directory

if TYPE_CHECKING:
    from ldap.ldapobject import LDAPObject

SECONDS = 5
LONGEST = 256
WINDOWS = "objectguid"  # sixteen bytes, the first fields turned round
log = structlog.get_logger(__name__)


class Unreachable(Exception):  # noqa: N818 (not an error of whoever signs in)
    """The directory does not answer, or not as it was said to."""


def person_of(directory: Directory, login: str, password: str) -> str | None:
    """By what this person is bound; None: nobody of that name, or not this password.

    Raises: Unreachable.
    """
    import ldap

    # with an empty password a directory lets in anybody, as nobody (RFC 4513, 5.1.2)
    if not login or not password or max(len(login), len(password)) > LONGEST:
        return None
    try:
        found, subject = _looked_up(directory, login)
        with _line(directory) as line:
            try:
                line.simple_bind_s(found or _nobody(directory, login), password)
            except (ldap.INVALID_CREDENTIALS, ldap.NO_SUCH_OBJECT, ldap.INAPPROPRIATE_AUTH):
                return None
    except ldap.LDAPError as error:
        log.warning("sign_in.directory_failed", directory=directory.id, error=type(error).__name__)
        raise Unreachable from error
    return subject


def _looked_up(directory: Directory, login: str) -> tuple[str, str | None]:
    """The entry's name and by what it is bound; neither when there is none, or more than one."""
    import ldap
    from ldap.filter import filter_format

    wanted = filter_format("(%s=%s)", [directory.login_field, login])
    with _line(directory) as line:
        try:
            line.simple_bind_s(directory.reader, directory.reader_password)
        except ldap.INVALID_CREDENTIALS as error:  # the reader's, not the person's
            raise ldap.LDAPError("reader") from error
        rows = line.search_ext_s(
            directory.base, ldap.SCOPE_SUBTREE, wanted, [directory.uid_field], timeout=SECONDS
        )
    entries = [(name, values) for name, values in rows if name]  # without a name: a referral
    if len(entries) != 1:
        if entries:
            log.warning("sign_in.directory_ambiguous", directory=directory.id)
        return "", None
    name, values = entries[0]
    fields: dict[str, list[bytes]] = {field.lower(): held for field, held in values.items()}
    held = fields.get(directory.uid_field.lower(), [])
    if len(held) != 1:
        raise ldap.NO_SUCH_ATTRIBUTE(directory.uid_field)
    return name, _text(directory, held[0])


def _text(directory: Directory, value: bytes) -> str:
    return str(UUID(bytes_le=value)) if directory.uid_field.lower() == WINDOWS else value.decode()


def _nobody(directory: Directory, login: str) -> str:
    """A name that does not exist: whoever is not there is answered after the same steps."""
    from ldap.dn import escape_dn_chars

    return f"{directory.login_field}={escape_dn_chars(login)},{directory.base}"


@contextmanager
def _line(directory: Directory) -> Iterator["LDAPObject"]:
    import ldap

    line: Any = ldap.initialize(directory.server_url)
    for option, value in (
        (ldap.OPT_PROTOCOL_VERSION, ldap.VERSION3),
        (ldap.OPT_REFERRALS, ldap.OPT_OFF),
        (ldap.OPT_NETWORK_TIMEOUT, SECONDS),
        (ldap.OPT_TIMEOUT, SECONDS),
        (ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND),
        *([(ldap.OPT_X_TLS_CACERTFILE, directory.ca_file)] if directory.ca_file else []),
        (ldap.OPT_X_TLS_NEWCTX, 0),  # takes what was said of TLS into use
    ):
        line.set_option(option, value)
    try:
        if directory.start_tls:
            line.start_tls_s()
        yield line
    finally:
        line.unbind_s()
