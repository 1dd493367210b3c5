"""Where a notice may be sent: over HTTPS to a public address, or to a host that the configuration names.

Whoever may name an address could otherwise make this server knock at doors inside (SSRF). The name is
resolved here, every address behind it is judged, and the link is made to the judged address itself, so that a
name which changes its meaning between the two has no effect. Redirects are followed by nobody.
"""

import socket
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from hengjian.exchange.errors import wrong
from hengjian.terms.errors import Refused

LONGEST = 300
_WRAPPED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # IPv4 behind a translator


@dataclass(frozen=True)
class Target:
    """An address taken apart."""

    secure: bool
    host: str
    port: int
    path: str


def target_of(url: str, named: Collection[str]) -> Target:
    """The parts of an address that may be approved. Raises: Refused."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as fault:
        raise _refused() from fault
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST
    if not plain or not host or port == 0 or "@" in parts.netloc or parts.fragment:
        raise _refused()
    if parts.scheme != "https" and not (parts.scheme == "http" and host in named):
        raise wrong(
            _("接收地址须为 https"), _("内网平台确需 http 的，由系统管理员列入 HENGJIAN_PUSH_HOSTS"), "url"
        )
    if host not in named and _is_number(host):
        check_address(host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port or (443 if parts.scheme == "https" else 80), path)


def addresses_of(target: Target, named: Collection[str]) -> list[str]:
    """The numbers behind the host, each judged. Raises: Refused; OSError when the name is unknown."""
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    numbers = list(dict.fromkeys(str(one[4][0]) for one in found))
    if target.host not in named:
        for number in numbers:
            check_address(number)
    return numbers


def check_address(number: str) -> None:
    """Refuse what is not a public address. Raises: Refused."""
    one = ip_address(number.split("%", maxsplit=1)[0])
    if isinstance(one, IPv6Address):
        if one.ipv4_mapped is not None:
            one = one.ipv4_mapped
        elif one.sixtofour or one.teredo or any(one in net for net in _WRAPPED):
            raise _inside()
    if not one.is_global or one.is_multicast:
        raise _inside()


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _refused() -> Refused:
    return wrong(_("接收地址不可用"), _("请写 https://主机/路径，不带账号密码和 #"), "url")


def _inside() -> Refused:
    return wrong(
        _("接收地址在内部网络"), _("确需推送的内网平台，由系统管理员列入 HENGJIAN_PUSH_HOSTS"), "inside"
    )
