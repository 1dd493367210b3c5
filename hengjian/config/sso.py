"""Single sign-on: which providers there are, from ``sso.yaml`` in the data folder.

::

    providers:
      - id: city                      # stands in addresses; never change it
        name: 市统一身份认证平台
        server_url: https://id.example.gov.cn
        client_id: hengjian
        client_secret: …
        uid_field: sub                # by which claim persons are bound (default sub)
        sign_in_host: https://…       # where its sign-in page stands, if not at server_url

The address to register with the provider is ``https://<host>/sso/<id>/login/callback/``.
"""

from pathlib import Path
from typing import Any

import yaml

from hengjian.terms.errors import Refused
from hengjian.terms.secret_files import others_may_read

FILE = "sso.yaml"
NEEDED = ("id", "name", "server_url", "client_id", "client_secret")


def providers(folder: Path) -> list[dict[str, Any]]:
    """The providers as django-allauth wants them; none without the file."""
    path = folder / FILE
    if not path.exists():
        return []
    if others_may_read(path):
        raise _wrong(path, "别的账号也能读这个文件，不能使用", "请执行 chmod 600")
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    listed = said.get("providers") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        raise _wrong(path, "没有 providers 一节", "请按文档写明")
    return [_app(path, one) for one in listed]


def _app(path: Path, one: Any) -> dict[str, Any]:
    missing = [key for key in NEEDED if not (isinstance(one, dict) and one.get(key))]
    if missing:
        raise _wrong(path, f"缺少 {'、'.join(missing)}", "请补全")
    url = str(one["server_url"])
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise _wrong(path, f"平台地址不是 https：{url}", "请改用 https 地址")
    return {
        "provider_id": str(one["id"]), "name": str(one["name"]), "client_id": str(one["client_id"]),
        "secret": str(one["client_secret"]),
        "settings": {"server_url": url, "uid_field": str(one.get("uid_field", "sub")),
                     "origins": [url, *filter(None, [one.get("sign_in_host")])],
                     "oauth_pkce_enabled": True, "scope": ["openid"]},
    }  # fmt: skip


def _wrong(path: Path, what: str, do: str) -> Refused:
    return Refused(what, where=str(path), do=do, code="config.sso")
