"""Ways of signing in that others keep, from ``sso.yaml`` in the data folder: OpenID Connect, CAS, LDAP.

::

    providers:
      - id: city                      # stands in addresses; never change it
        name: 市统一身份认证平台
        server_url: https://id.example.gov.cn
        client_id: hengjian
        client_secret: …
        uid_field: sub                # by which claim persons are bound (default sub)
        sign_in_host: https://…       # where its sign-in page stands, if not at server_url
      - id: portal
        kind: cas
        name: 市政务门户
        server_url: https://cas.example.gov.cn/cas
        our_url: https://hengjian.example.gov.cn
        uid_field: employeeNumber     # an attribute; without it the CAS user name
      - id: staff
        kind: ldap
        name: 机关统一账号
        server_url: ldaps://ldap.example.gov.cn    # ldap:// with start_tls: true
        ca_file: /etc/ssl/city-ca.pem              # who signed its certificate; default: the system's list
        base: ou=people,dc=example,dc=gov,dc=cn
        login_field: uid                           # what people type (default uid)
        uid_field: entryUUID                       # by what they are bound (default; AD: objectGUID)
        reader: cn=hengjian,ou=services,dc=example,dc=gov,dc=cn
        reader_password: …

The address to register with an OpenID provider is ``https://<host>/sso/<id>/login/callback/``, with a CAS
server ``https://<host>/sso/cas/<id>/callback/`` and what follows it.
"""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from hengjian.access.elsewhere import CasServer, Directory
from hengjian.terms.errors import Refused
from hengjian.terms.secret_files import others_may_read

FILE = "sso.yaml"
NEEDED = {
    "openid": ("id", "name", "server_url", "client_id", "client_secret"),
    "cas": ("id", "name", "server_url", "our_url"),
    "ldap": ("id", "name", "server_url", "base", "reader", "reader_password"),
}
HERE = ("127.0.0.1", "localhost")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
FIELD = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")


def providers(folder: Path) -> list[dict[str, Any]]:
    """The OpenID providers as django-allauth wants them; none without the file."""
    return [_app(one) for one in _said(folder, "openid")]


def cas_servers(folder: Path) -> tuple[CasServer, ...]:
    """The CAS servers."""
    return tuple(
        CasServer(
            one["id"], one["name"], one["server_url"].rstrip("/"), one["our_url"].rstrip("/"),
            one.get("uid_field", ""),
        )
        for one in _said(folder, "cas")
    )  # fmt: skip


def directories(folder: Path) -> tuple[Directory, ...]:
    """The LDAP directories."""
    said = _said(folder, "ldap")
    if said and find_spec("ldap") is None:
        raise _wrong(
            folder / FILE,
            "写了 kind: ldap，但没有安装 python-ldap",
            "请执行 apt-get install gcc libldap-dev libsasl2-dev，再 pip install 'hengjian[ldap]'",
        )
    return tuple(
        Directory(
            one["id"], one["name"], one["server_url"], bool(one.get("start_tls")), one.get("ca_file", ""),
            one["base"], one.get("login_field", "uid"), one.get("uid_field", "entryUUID"),
            one["reader"], one["reader_password"],
        )
        for one in said
    )  # fmt: skip


def _said(folder: Path, kind: str) -> list[dict[str, Any]]:
    """What the file says of this kind, the whole file checked."""
    path = folder / FILE
    if not path.exists():
        return []
    if others_may_read(path):
        raise _wrong(path, "别的账号也能读这个文件，不能使用", "请执行 chmod 600")
    said = _parsed(path)
    listed = said.get("providers") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        raise _wrong(path, "没有 providers 一节", "请按文档写明")
    for one in listed:
        _check(path, one)
    names = [one["id"] for one in listed]
    if len(set(names)) != len(names):
        raise _wrong(path, "有两个平台用了同一个 id", "每个平台的 id 只用一次，用过的不要改作他用")
    return [one for one in listed if one.get("kind", "openid") == kind]


def _parsed(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as fault:
        raise _wrong(path, "不是 UTF-8 编码的文字", "请另存为 UTF-8") from fault
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        place = f"第 {mark.line + 1} 行第 {mark.column + 1} 列" if mark else ""
        raise _wrong(path, f"{FILE} {place}不合 YAML 的写法", "请核对缩进、冒号和引号") from fault
    except yaml.YAMLError as fault:  # a sign that no text may hold
        raise _wrong(path, "有不能出现的字符", "请核对文件内容") from fault


def _check(path: Path, one: Any) -> None:
    kind = one.get("kind", "openid") if isinstance(one, dict) else "openid"
    if kind not in NEEDED:
        raise _wrong(path, f"kind 不认识：{kind}", f"应为 {'、'.join(NEEDED)} 之一")
    missing = [key for key in NEEDED[kind] if not (isinstance(one, dict) and one.get(key))]
    if missing:
        raise _wrong(path, f"缺少 {'、'.join(missing)}", "请补全")
    for key, value in one.items():
        if key != "start_tls" and not isinstance(value, str):
            raise _wrong(path, f"{key} 不是文字：{value}", "请加上引号")
        if key in {"uid_field", "login_field"} and not FIELD.fullmatch(value):
            raise _wrong(path, f"{key} 不是字段名：{value}", "只用字母、数字和连字符")
    if not NAME.fullmatch(one["id"]):
        raise _wrong(path, f"id 不合格式：{one['id']}", "只用小写字母、数字和连字符")
    _check_addresses(path, one, kind)


def _check_addresses(path: Path, one: dict[str, Any], kind: str) -> None:
    for key in {"server_url", "our_url", "sign_in_host"} & one.keys():
        if re.search(r"[\s,]", one[key]):
            raise _wrong(path, f"{key} 不是一个地址：{one[key]}", "只写一个地址")
        scheme, _colon, rest = one[key].partition("://")
        here = rest.partition("/")[0].partition(":")[0] in HERE
        safe = {"ldaps", *(["ldap"] if here or one.get("start_tls") else [])}
        if kind == "ldap" and scheme not in safe:
            raise _wrong(path, f"目录地址没有加密：{one[key]}", "请改用 ldaps://，或写 start_tls: true")
        if kind != "ldap" and not (scheme == "https" or (scheme == "http" and here)):
            raise _wrong(path, f"平台地址不是 https：{one[key]}", "请改用 https 地址")


def _app(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "provider_id": one["id"], "name": one["name"], "client_id": one["client_id"],
        "secret": one["client_secret"],
        "settings": {"server_url": one["server_url"], "uid_field": one.get("uid_field", "sub"),
                     "origins": [one["server_url"], *filter(None, [one.get("sign_in_host")])],
                     "oauth_pkce_enabled": True, "scope": ["openid"]},
    }  # fmt: skip


def _wrong(path: Path, what: str, do: str) -> Refused:
    return Refused(what, where=str(path), do=do, code="config.sso")
