"""docs/reference/api.md, written from the OpenAPI document: ``python -m hengjian.console.api.reference``."""

from typing import Any

HEAD = """# 数据接口 · The interface

由 `/api/v1/openapi.json` 生成，不要手改（`python -m hengjian.console.api.reference`）。
密钥怎样批准、领取见
[决策 0027](../decisions/0027-interface-keys.md)；报送事项见 [events-api.md](events-api.md)。

Written from `/api/v1/openapi.json`; do not edit. How keys are approved and drawn:
[decision 0027](../decisions/0027-interface-keys.md); handing over events: [events-api.md](events-api.md).

```sh
curl -H "Authorization: Bearer hja_…" https://hengjian.example/api/v1/cycles
```

写入须带 `Idempotency-Key`（8 至 80 个字母、数字或 `_.:-`），同一个键重发只答复、不重做；
一次至多 2 MB、2,000 行。
每个密钥每分钟至多 120 次，每页至多 200 行。带 `If-None-Match` 而内容未变的答 304。错误是 RFC 9457 的
`application/problem+json`，`errors` 逐条给出 `code`、`where`、`what`、`do`。

A write carries an `Idempotency-Key` (8 to 80 letters, digits or `_.:-`): sent again it is only answered
again; at most 2 MB and 2,000 rows. [Notices](../how-to/notices.md) tell a platform when to read.

At most 120 requests a minute for a key and 200 rows a page. A request with `If-None-Match` is answered by 304
where nothing changed. Errors are RFC 9457 problems whose `errors` give code, where, what, do.
"""


def page() -> str:
    """The whole page."""
    from hengjian.console.api.site import document

    said = document()
    operations = [
        _operation(path, method, one)
        for path, methods in sorted(said["paths"].items())
        for method, one in methods.items()
    ]
    shapes = [_shape(name, one) for name, one in sorted(said["components"]["schemas"].items())]
    return "\n".join([HEAD, "## 读写 Operations", *operations, "## 内容 Shapes", *shapes]).rstrip() + "\n"


def _operation(path: str, method: str, one: dict[str, Any]) -> str:
    lines = [f"### {one['summary']}", f"`{method.upper()} {path}`" + _part(one), "", one["description"], ""]
    given = one.get("parameters", [])
    if given:
        lines += ["| name | in | required | type |", "|---|---|---|---|"]
        lines += [
            f"| `{p['name']}` | {p['in']} | {'yes' if p['required'] else ''} | {_type(p['schema'])} |"
            for p in given
        ]
        lines.append("")
    for content in one.get("requestBody", {}).get("content", {}).values():
        lines += [f"body: {_type(content['schema'])}", ""]
    answers = one["responses"].get(200, one["responses"].get("200", {}))
    for content in answers.get("content", {}).values():
        lines += [f"200: {_type(content['schema'])}", ""]
    return "\n".join(lines)


def _part(one: dict[str, Any]) -> str:
    return f" · 范围 scope `{one['tags'][0]}`" if one.get("tags") else ""


def _shape(name: str, one: dict[str, Any]) -> str:
    lines = [f"### {name}", one.get("description", ""), "", "| field | type |", "|---|---|"]
    lines += [f"| `{field}` | {_type(kind)} |" for field, kind in one.get("properties", {}).items()]
    return "\n".join([*lines, ""])


def _type(said: dict[str, Any]) -> str:
    """A type in words: what it may be, what it holds."""
    if "$ref" in said:
        name = said["$ref"].rsplit("/", maxsplit=1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in said:
        return " / ".join(dict.fromkeys(_type(one) for one in said["anyOf"]))
    if said.get("type") == "array":
        return f"list of {_type(said.get('items', {}))}"
    if isinstance(said.get("additionalProperties"), dict):
        return f"map of {_type(said['additionalProperties'])}"
    return str(said.get("format") or said.get("type") or "any")


if __name__ == "__main__":
    import sys

    import django

    django.setup()
    sys.stdout.write(page())
