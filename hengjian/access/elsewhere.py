"""Where else somebody may show who he is: what ``sso.yaml`` says of CAS servers and LDAP directories."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CasServer:
    """A CAS server; ``our_url`` is what it sends people back to, whatever a request says of its host."""

    id: str
    name: str
    server_url: str
    our_url: str
    uid_field: str


@dataclass(frozen=True)
class Directory:
    """An LDAP directory; ``reader`` may look people up there and nothing else."""

    id: str
    name: str
    server_url: str
    start_tls: bool
    ca_file: str
    base: str
    login_field: str
    uid_field: str
    reader: str
    reader_password: str
