"""A person with a browser, as far as a server sees one: cookies, forms with their tokens, links, thinking.

A page is what its address answers, redirects followed, with the fragments that it asks for when it stands
(``hx-trigger="load"``). Where to go next is drawn from the links, tabs and filters that the page offers,
so nothing is asked for that this person is not offered.
"""

import asyncio
import re
import time
from dataclasses import dataclass, field
from html import unescape
from random import Random
from urllib.parse import urlencode, urljoin, urlsplit

ID = r"[^/?#]+"
TRIES = 6
KINDS = [
    (re.compile(pattern), name)
    for pattern, name in (
        (rf"/cycles/{ID}/seats/{ID}/workings/", "workings"),
        (rf"/cycles/{ID}/seats/{ID}/certainty/", "certainty"),
        (rf"/cycles/{ID}/seats/{ID}/records/{ID}/proof/", "record proof"),
        (rf"/cycles/{ID}/seats/{ID}/records/{ID}/", "record"),
        (rf"/cycles/{ID}/seats/{ID}/paper/", "paper"),
        (rf"/cycles/{ID}/seats/{ID}/", "seat sheet"),
        (rf"/cycles/{ID}/do/{ID}/", "before a step"),
        (rf"/cycles/{ID}/(bundle|papers)/", "paper"),
        (rf"/cycles/{ID}/(\w+)/", r"cycle \1"),
        (rf"/cycles/{ID}/", "cycle"),
        (rf"/panels/rolls/{ID}/", "panel roll"),
        (r"/panels/[0-9a-f-]{36}/links/", "panel links"),
        (r"/panels/[0-9a-f-]{36}/third-party/.*", "panel third party"),
        (r"/panels/[0-9a-f-]{36}/", "panel round"),
        (rf"/policies/(?!compare){ID}/what-if/", "what-if"),
        (rf"/policies/(?!compare){ID}/.*", "policy"),
        (rf"/quarantine/{ID}/", "quarantine entry"),
        (r"/followups/[0-9a-f-]{36}/", "follow-up case"),
        (r"/notary/heads/\d+/", "log head"),
        (r"/accounts/\d+/", "account of somebody"),
        (r"/", "home"),
    )
]
# left alone: what ends the session, changes the account, leads out, or is another program's page
LEFT = re.compile(
    r"^/(sign-|static/|form/|i18n/|account/|mfa/|sso/|log/|api/|imports/template/)|/proof/file/|/bundle/"
)
EXPORT = re.compile(r"[?&](export|format)=|/paper(s)?/|/template/")
FORM = re.compile(r'<form[^>]*method="get"[^>]*>.*?</form>', re.DOTALL)
ACTION = re.compile(r'action="([^"]*)"')
SELECT = re.compile(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
OPTION = re.compile(r'<option value="([^"]*)"')
FIELD = re.compile(r"<input[^>]*>")
LINK = re.compile(r'<a[^>]*\bhref="([^"#]+)"')
UNFOLD = re.compile(r'hx-get="([^"]+)" hx-trigger="toggle once"')
LOADED = re.compile(r'hx-get="([^"]+)" hx-trigger="load"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
# what people come for most; all else counts 1
WEIGHTS = {
    "cycle ranking": 8.0, "seat sheet": 8.0, "workings": 4.0, "home": 3.0, "cycle": 3.0,
    "cycle dashboard": 3.0, "quarantine": 3.0, "ratings units": 3.0,
    "certainty": 2.0, "record": 2.0, "what-if": 2.0, "trail": 2.0,
}  # fmt: skip


def kind_of(url: str) -> str:
    """What page an address is, without what it is about."""
    parts = urlsplit(url)
    name = parts.path.strip("/").replace("/", " ")
    for pattern, kind in KINDS:
        if found := pattern.fullmatch(parts.path):
            name = found.expand(kind)
            break
    return f"export of {name}" if "export=" in parts.query else name


@dataclass
class Seen:
    """One page or fragment as it came."""

    kind: str
    url: str
    seconds: float
    status: int
    at: float
    body: str = ""


class Wire:
    """One connection that is kept, and opened again when the server has closed it."""

    def __init__(self, port: int, address: str) -> None:
        self.address = address
        self.port, self.cookies = port, {}
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(
        self, method: str, path: str, form: dict[str, str] | None = None, head: dict[str, str] | None = None
    ):
        """Status, headers, body of one request."""
        body = b"" if form is None else urlencode(form).encode()
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Accept-Language: zh-CN",
            "Accept: text/html",
            f"X-Forwarded-For: {self.address}",
            f"Referer: http://127.0.0.1:{self.port}/",
        ]
        lines += [f"{name}: {value}" for name, value in (head or {}).items()]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        sent = "\r\n".join([*lines, "", ""]).encode() + body
        for again in (False, True):
            try:
                if self.writer is None:
                    self.reader, self.writer = await asyncio.open_connection(
                        "127.0.0.1", self.port, limit=2**20
                    )
                self.writer.write(sent)
                return await self._answer()
            except (ConnectionError, asyncio.IncompleteReadError):
                self.writer = None
                if again:
                    raise
        raise ConnectionError

    async def _answer(self) -> tuple[int, dict[str, str], bytes]:
        assert self.reader is not None
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in (one for one in lines[1:] if one):
            name, _colon, value = line.partition(": ")
            if name.lower() == "set-cookie":
                key, _is, rest = value.partition("=")
                self.cookies[key] = rest.split(";")[0]
            headers[name.lower()] = value
        if headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(await self.reader.readline(), 16):
                parts.append(await self.reader.readexactly(size))
                await self.reader.readline()
            await self.reader.readline()
            return int(lines[0].split()[1]), headers, b"".join(parts)
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(lines[0].split()[1]), headers, body

    def close(self) -> None:
        """Hang up."""
        if self.writer is not None:
            self.writer.close()


@dataclass
class Person:
    """Somebody at work."""

    name: str
    port: int
    think: tuple[float, float]
    seen: list[Seen] = field(default_factory=list)
    plain: list[Seen] = field(default_factory=list)
    visits: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.draw, self.wire, self.offered = (
            Random(self.name),
            Wire(self.port, f"10.0.{len(self.name)}.{sum(self.name.encode()) % 250 + 1}"),
            {},
        )

    async def get(self, url: str) -> Seen:
        """One page with its fragments, timed as the person waits for it."""
        begun, at = time.perf_counter(), url
        status, headers, body = await self.wire.ask("GET", url)
        for _hop in range(4):
            if status not in {301, 302}:
                break
            at = urljoin(at, headers["location"])
            status, headers, body = await self.wire.ask("GET", at)
        seconds, when = time.perf_counter() - begun, time.time()
        text = body.decode("utf-8", "replace") if "text/html" in headers.get("content-type", "") else ""
        page = Seen(kind_of(url), at, seconds, status, when, text)
        self.seen.append(page)
        for part in LOADED.findall(text):
            await self._fragment(unescape(part))
        return page

    async def _fragment(self, url: str) -> None:
        begun = time.perf_counter()
        status, _headers, _body = await self.wire.ask("GET", url, head={"HX-Request": "true"})
        seconds = time.perf_counter() - begun
        self.seen.append(Seen(f"{kind_of(url)} (part)", url, seconds, status, time.time()))

    async def sign_in(self, password: str) -> None:
        """By the form, with its token; who is asked to wait (429) waits, and it counts as an error."""
        for _try in range(TRIES):
            page = await self.get("/sign-in/")
            form = {"csrfmiddlewaretoken": _token(page.body), "username": self.name, "password": password}
            begun = time.perf_counter()
            status, headers, body = await self.wire.ask("POST", "/sign-in/", form | {"next": "/"})
            seconds = time.perf_counter() - begun
            self.seen.append(Seen("(sign in)", "/sign-in/", seconds, status, time.time()))
            if status == 302:
                self._offers(await self.get(headers["location"]))
                return
            assert status == 429 or "请 15 分钟后再试" in body.decode(), (
                self.name,
                status,
                re.sub(r"<[^>]+>|\s+", " ", body.decode())[:600],
            )
            await asyncio.sleep(self.think[1])
        raise TimeoutError(self.name)

    async def work(self, until: float, static: str) -> None:
        """Click, look, think, until the time is over; beside each page one static file."""
        await asyncio.sleep(self.draw.uniform(0, self.think[1]))
        while time.perf_counter() < until:
            page = await self.get(self._next())
            if page.status == 200 and page.body:
                await self._purpose(page)
                self._offers(page)
            page.body = ""
            await asyncio.sleep(self.draw.uniform(*self.think) / 2)
            begun = time.perf_counter()
            status, _headers, _body = await self.wire.ask("GET", static)
            self.plain.append(Seen("static", static, time.perf_counter() - begun, status, time.time()))
            await asyncio.sleep(self.draw.uniform(*self.think) / 2)
        self.wire.close()

    async def _purpose(self, page: Seen) -> None:
        """Now and then a reader says why names are wanted: a deed that is written down."""
        if 'name="purpose" required' not in page.body or self.draw.random() > 0.2:
            return
        form = {"csrfmiddlewaretoken": _token(page.body), "purpose": "assessment", "note": "",
                "deed": "choose", "next": urlsplit(page.url).path}  # fmt: skip
        options = OPTION.findall(page.body.partition('name="purpose" required')[2].partition("</select>")[0])
        form["purpose"] = next(one for one in options if one)
        begun = time.perf_counter()
        status, _headers, _body = await self.wire.ask("POST", "/purpose/", form)
        seconds = time.perf_counter() - begun
        self.seen.append(Seen("(choose a purpose)", "/purpose/", seconds, status, time.time()))

    def _offers(self, page: Seen) -> None:
        """What this page lets one open."""
        self.offered = {}
        for url in _links(page, self.draw):
            self.offered.setdefault(kind_of(url), []).append(url)

    def _next(self) -> str:
        """A kind by how often people come for it and how long this person has not; then one of its links."""
        if not self.offered:
            return "/"
        kinds = sorted(self.offered)
        weights = [_weight(one) / (1 + self.visits.get(one, 0)) for one in kinds]
        kind = self.draw.choices(kinds, weights)[0]
        self.visits[kind] = self.visits.get(kind, 0) + 1
        return self.draw.choice(self.offered[kind])


def _weight(kind: str) -> float:
    return (
        0.1 if kind.startswith("export of") or kind in {"paper", "cycle verify"} else WEIGHTS.get(kind, 1.0)
    )


def _token(body: str) -> str:
    found = TOKEN.search(body)
    assert found, body[:500]
    return found[1]


def _links(page: Seen, draw: Random) -> list[str]:
    """Links, branches that unfold, and one choice of each filter."""
    found = [unescape(one) for one in (*LINK.findall(page.body), *UNFOLD.findall(page.body))]
    for form in FORM.findall(page.body):
        action = ACTION.search(form.partition(">")[0])
        asked = {}
        for tag in FIELD.findall(form):
            named, valued = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
            if named and ("checkbox" not in tag or "checked" in tag):
                asked[unescape(named[1])] = unescape(valued[1]) if valued else ""
        for name, options in SELECT.findall(form):
            asked[name] = unescape(draw.choice(OPTION.findall(options) or [""]))
        path = unescape(action[1]) if action else urlsplit(page.url).path
        found.append(f"{path}?{urlencode(asked)}")
    wanted = [
        urljoin(urlsplit(page.url).path, one)
        for one in found
        if not one.startswith(("http:", "https:", "data:"))
    ]
    return [one for one in wanted if one.startswith("/") and not LEFT.search(one)]
