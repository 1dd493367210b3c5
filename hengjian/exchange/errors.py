"""What this room refuses."""

from django.utils.translation import gettext as _

from hengjian.terms.errors import NotPermitted, Refused


class AccessKeyUnknown(Refused):
    """No living key is this; whether it never was, ran out or was ended is not told."""

    http_status = 401


def unknown() -> AccessKeyUnknown:
    """The key opens nothing."""
    return AccessKeyUnknown(_("密钥无效"), do=_("请核对密钥；失效的请申请新的"), code="exchange.key")


def outside(part: str) -> NotPermitted:
    """The key was not given for this."""
    return NotPermitted(
        _("密钥的范围不含“%s”") % part, do=_("请由安全管理员批准范围合适的密钥"), code="exchange.scope"
    )


def wrong(what: str, do: str, code: str) -> Refused:
    """The form asks for a key that may not be."""
    return Refused(what, do=do, code=f"exchange.{code}")
