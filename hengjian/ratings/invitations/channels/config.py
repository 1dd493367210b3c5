"""``invitations/channels.yaml`` in the data folder: base address, systems of record, mail server, gateways.

base: https://rate.example.gov.cn
sources: [approvals, visits, receptions]
email: {host: mail.example.gov.cn, port: 587, sender: pingjia@example.gov.cn, security: starttls,
        user: pingjia, password_file: mail.password}
sms: {url: "https://gateway.example.gov.cn", key_id: hengjian, key_file: gateway.key, template: rate}
wechat: {url: "https://gateway.example.gov.cn", key_id: hengjian, key_file: gateway.key, template: rate-wx}
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import yaml
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from hengjian.ratings.invitations.channels import Channel
from hengjian.ratings.invitations.channels.gateway import GatewayChannel
from hengjian.ratings.invitations.channels.smtp import PLAIN, SmtpChannel
from hengjian.ratings.invitations.errors import ChannelsRefused

FILE = "channels.yaml"
_HTTP = r"^https?://[^\s/?#]+(/[^\s?#]*)?$"
Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Email(_Part):
    """A mail server."""

    host: Text
    port: int = Field(ge=1, le=65_535)
    sender: str = Field(pattern=r"^[^\s@<>]+@[^\s@<>]+$")
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    password_file: str = ""


class Gateway(_Part):
    """A gateway for text messages or WeChat."""

    url: str = Field(pattern=_HTTP)
    key_id: Text
    key_file: Text
    template: Text


class Setup(_Part):
    """The whole file."""

    base: str = Field(pattern=_HTTP)
    sources: frozenset[Text] = frozenset()
    email: Email | None = None
    sms: Gateway | None = None
    wechat: Gateway | None = None

    @field_validator("email")
    @classmethod
    def _no_password_in_clear(cls, email: Email | None) -> Email | None:
        if email is not None and email.user and email.security == PLAIN:
            raise ValueError("口令不得明文传送：security 请用 starttls 或 tls")
        return email


@dataclass(frozen=True)
class Ways:
    """What the file says, ready for use."""

    base: str
    sources: frozenset[str]
    channels: Mapping[str, Channel]


def load(folder: Path, clock: Callable[[], datetime]) -> Ways:
    """The channels of ``<data>/invitations``.

    Raises: ChannelsRefused when the file is missing or wrong, with the place of each fault.
    """
    path = folder / FILE
    try:
        setup = Setup.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except FileNotFoundError as fault:
        raise _refused(path, _("还没有配置发送渠道")) from fault
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _refused(path, f"{place}: {first['msg']}") from fault
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        raise _refused(path, " ".join(str(fault).split())[:200]) from fault
    channels: dict[str, Channel] = {}
    if setup.email is not None:
        mail = setup.email
        password = _read(folder, mail.password_file).decode() if mail.password_file else ""
        channels["email"] = SmtpChannel(mail.host, mail.port, mail.sender, mail.security, mail.user, password)
    for kind, way in (("sms", setup.sms), ("wechat", setup.wechat)):
        if way is not None:
            key = _read(folder, way.key_file)
            channels[kind] = GatewayChannel(kind, way.url, way.key_id, key, way.template, clock)
    return Ways(setup.base.rstrip("/"), setup.sources, channels)


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.stat().st_mode & 0o077:
            raise _refused(path, _("别人也能读这个文件，请设为 0600"))
        return path.read_bytes().strip()
    except OSError as fault:
        raise _refused(path, fault.strerror or _("读不了")) from fault


def _refused(path: Path, what: str) -> ChannelsRefused:
    return ChannelsRefused(
        what, where=str(path), do=_("写法见 docs/reference/gateway.md"), code="invitations.channels"
    )
