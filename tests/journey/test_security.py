"""An attacker's journey through the running console: each attempt is refused, and leaves nothing behind."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from tests.journey.conftest import OPEN, Site, Visitor

SEED = "demo-seed-2026-h1"
FIRST, OWN = "first password 2026", "一 long sentence only 我 know"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass
class Person:
    """Somebody with a browser that does whatever one tells it."""

    site: Site
    browser: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.browser.get(self.site.address + path, allow_redirects=False, timeout=60, **more)

    def token(self, path: str = "/sign-in/") -> str:
        found = TOKEN.search(self.get(path).text)
        assert found is not None, path
        return found.group(1)

    def post(self, path: str, data: dict[str, str] | None = None, page: str = "", **more: Any) -> Any:
        """A form sent as the page would send it."""
        given = {"csrfmiddlewaretoken": self.token(page or "/"), **(data or {})}
        return self.browser.post(
            self.site.address + path, data=given, allow_redirects=False, timeout=120, **more
        )

    def enter(self, name: str, password: str = "") -> Person:
        said = {"username": name, "password": password or self.site.passwords[name]}
        answer = self.post("/sign-in/", said, page="/sign-in/")
        assert answer.status_code == 302, answer.text
        return self


@pytest.fixture(scope="module")
def office(site: Site) -> Person:
    return Person(site).enter("demo-office")


@pytest.fixture(scope="module")
def seats(office: Person) -> list[str]:
    page = office.get(f"/cycles/{SEED}/ranking/").text
    found = sorted(set(re.findall(rf"/cycles/{SEED}/seats/([^/\"]+)/", page)))
    assert len(found) > 10
    return found


# --- wrong role ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("demo-wang", "/cycles/"), ("demo-wang", f"/cycles/{SEED}/ranking/"), ("demo-wang", "/trail/"),
        ("demo-system", f"/cycles/{SEED}/ranking/"), ("demo-security", "/quarantine/"),
        ("demo-audit", f"/cycles/{SEED}/"), ("demo-office", "/accounts/"), ("demo-office", "/reports/"),
        ("demo-inspection", f"/cycles/{OPEN}/do/freeze/"), ("demo-leader", f"/cycles/{OPEN}/do/publish/"),
    ],
)  # fmt: skip
def test_a_wrong_role_is_refused(site: Site, name: str, path: str) -> None:
    person = Person(site).enter(name)
    assert person.get(path).status_code == 403
    assert person.post(path, {"sure": "yes", "reason": "x"}, page="/account/").status_code in {403, 405}


# --- other people's rows -------------------------------------------------------------------------------
def test_an_official_reads_no_other_seat_whatever_the_address_says(site: Site, seats: list[str]) -> None:
    wang = Person(site).enter("demo-wang")
    own = set(re.findall(rf"/cycles/{SEED}/seats/([^/\"]+)/", wang.get("/").text))
    assert len(own) == 1
    assert wang.get(f"/cycles/{SEED}/seats/{next(iter(own))}/").status_code == 200
    for seat in [one for one in seats if one not in own][:8]:
        for part in ("", "workings/", "certainty/", "paper/"):
            assert wang.get(f"/cycles/{SEED}/seats/{seat}/{part}").status_code in {403, 404}


def test_a_reader_of_one_county_sees_no_row_of_another(site: Site, seats: list[str]) -> None:
    """Made as an office makes one: the system administrator the account, the security one the grant."""
    system, security = Person(site).enter("demo-system"), Person(site).enter("demo-security")
    made = system.post(
        "/accounts/new/", {"username": "county", "display_name": "某县"}, page="/accounts/new/"
    )
    word = re.search(r"<dd><code>([\w-]{20})</code></dd>", made.text).group(1)  # type: ignore[union-attr]
    number = re.search(r'/accounts/(\d+)/"', made.text).group(1)  # type: ignore[union-attr]
    page = f"/accounts/{number}/"
    assert (
        system.post(page, {"deed": "grant", "role": "auditor", "reason": "x"}, page=page).status_code == 403
    )
    grant = {"deed": "grant", "role": "auditor", "reason": "按任命", "organisation": "no/such/county"}
    assert security.post(page, grant, page=page).status_code == 302
    county = Person(site).enter("county", word)
    said = {"oldpassword": word, "password1": OWN, "password2": OWN}
    county.post("/account/password/", said, page="/account/password/")
    for path in (f"/cycles/{SEED}/ranking/", f"/cycles/{SEED}/bundle/", f"/cycles/{SEED}/calibration/"):
        answer = county.get(path)
        assert answer.status_code in {403, 404} or not any(seat in answer.text for seat in seats), path
    for seat in seats[:5]:
        assert county.get(f"/cycles/{SEED}/seats/{seat}/").status_code in {403, 404}


# --- forged numbers ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    ["/cycles/..%2f..%2fetc%2fpasswd/", "/cycles/' OR 1=1 --/", f"/cycles/{SEED}/seats/x@y/",
     f"/cycles/{SEED}/seats/%00/", "/quarantine/999999999/", "/quarantine/99999999999999999999999/",
     "/accounts/1/", "/followups/00000000-0000-0000-0000-000000000000/", "/panels/rolls/999999/",
     "/reports/00000000-0000-0000-0000-000000000000/", "/imports/..%2f..%2fsecret_key/",
     "/static/../../data/secret_key", "/static/..%2f..%2fsecret_key", "/notary/heads/99999999999999999999/",
     f"/cycles/{SEED}/seats/x/records/{'f' * 64}/", "/policies/../../../secret_key/"],
)  # fmt: skip
def test_a_forged_address_finds_nothing(office: Person, path: str) -> None:
    sent = requests.Request("GET", office.site.address).prepare()
    sent.url = office.site.address + path  # as it stands: nothing is tidied on the way
    sent.headers["Cookie"] = "; ".join(f"{one.name}={one.value}" for one in office.browser.cookies)
    answer = office.browser.send(sent, allow_redirects=False, timeout=60)
    assert answer.status_code in {400, 403, 404, 422}, answer.status_code
    assert "Traceback" not in answer.text


# --- forms from elsewhere ------------------------------------------------------------------------------
def test_a_form_from_elsewhere_does_nothing(site: Site, office: Person) -> None:
    target = f"{site.address}/cycles/{OPEN}/do/freeze/"
    without = office.browser.post(target, data={"sure": "yes"}, allow_redirects=False, timeout=60)
    assert without.status_code == 403
    others = Person(site).enter("demo-leader").token("/")
    foreign = {"sure": "yes", "csrfmiddlewaretoken": others}
    assert office.browser.post(target, data=foreign, allow_redirects=False, timeout=60).status_code == 403
    own = {"sure": "yes", "csrfmiddlewaretoken": office.token("/")}
    evil = {"Origin": "https://evil.example"}
    assert (
        office.browser.post(target, data=own, headers=evil, allow_redirects=False, timeout=60).status_code
        == 403
    )
    assert f"/cycles/{OPEN}/do/freeze/" in office.get(f"/cycles/{OPEN}/").text  # still open
    assert office.get("/sign-out/").status_code == 405


def test_a_link_leads_nowhere_outside(site: Site) -> None:
    for there in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
        person = Person(site)
        said = {"username": "demo-auditor", "password": site.passwords["demo-auditor"], "next": there}
        answer = person.post("/sign-in/", said, page="/sign-in/")
        assert answer.headers["Location"] == "/", there


def test_another_host_name_is_not_answered(office: Person) -> None:
    assert office.get("/", headers={"Host": "evil.example"}).status_code == 400


# --- the session ---------------------------------------------------------------------------------------
def test_a_planted_session_is_worth_nothing(site: Site) -> None:
    attacker, victim = Person(site), Person(site)
    attacker.get("/sign-in/")
    planted = "a" * 32
    victim.browser.cookies.set("sessionid", planted, domain="127.0.0.1")
    victim.enter("demo-auditor")
    assert victim.browser.cookies.get("sessionid", domain="127.0.0.1", path="/") != planted
    attacker.browser.cookies.set("sessionid", planted, domain="127.0.0.1")
    assert attacker.get("/policies/").status_code == 302


def test_a_session_is_worth_nothing_after_signing_out(site: Site) -> None:
    person = Person(site).enter("demo-auditor")
    stolen = person.browser.cookies.get("sessionid")
    assert person.post("/sign-out/").status_code == 302
    thief = Person(site)
    thief.browser.cookies.set("sessionid", stolen, domain="127.0.0.1")
    assert thief.get("/policies/").status_code == 302


def test_guessing_a_password_is_stopped(site: Site) -> None:
    site.run("user", "add", "guessed", "--name", "某", "--role", "auditor", "--password", FIRST)
    for _n in range(5):
        Person(site).post("/sign-in/", {"username": "guessed", "password": "x"}, page="/sign-in/")
    answer = Person(site).post("/sign-in/", {"username": "guessed", "password": FIRST}, page="/sign-in/")
    assert answer.status_code == 200
    assert "15 分钟后再试" in answer.text or "15 minutes" in answer.text


# --- files ---------------------------------------------------------------------------------------------
def book(**members: bytes) -> bytes:
    """A small workbook whose parts one can replace."""
    import xlsxwriter

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as workbook:
        workbook.add_worksheet("机构").write_row(0, 0, ["机构代码", "全称"])
    out = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, members.get(name.rpartition("/")[2].partition(".")[0], old.read(name)))
    return out.getvalue()


XXE = b"""<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets>&x;</sheets></workbook>"""
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<workbook>&b;</workbook>"""
FILES = {
    "a program that calls itself a table": ("表.xlsx", b"\x7fELF" + b"\0" * 4000),
    "a page that calls itself a table": ("表.xlsx", b"<html><script>alert(1)</script></html>"),
    "an old format under a new name": ("表.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 4000),
    "a file outside": ("表.xlsx", book(workbook=XXE)),
    "entities that grow": ("表.xlsx", book(workbook=LAUGHS)),
    "a bomb": ("表.xlsx", book(sheet1=b"<worksheet>" + b" " * 450_000_000 + b"</worksheet>")),
    "a program": ("表.exe", b"MZ" + b"\0" * 100),
    "a page": ("表.html", b"<script>alert(1)</script>"),
    "a way out": ("../../../secret_key.xlsx", b"nothing"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_not_what_it_says_is_refused(site: Site, office: Person, what: str) -> None:
    before = sorted(path.name for path in site.data.iterdir())
    name, content = FILES[what]
    answer = office.post(
        "/imports/", {"kind": "roster"}, page="/imports/", files={"file": (name, content, SHEET)}
    )
    if answer.status_code == 302:  # kept outside the web root, and refused when it is read
        shown = office.get(answer.headers["Location"])
        assert 'role="alert"' in shown.text
        took = office.post(answer.headers["Location"], {"deed": "take"}, page=answer.headers["Location"])
        assert took.status_code == 422
        assert "root:" not in took.text
    else:
        assert answer.status_code == 422
    assert {path.name for path in site.data.iterdir()} <= {*before, "uploads"}
    for path in ("/uploads/", "/static/uploads/", "/data/"):
        assert office.get(path).status_code == 404


def test_a_body_without_end_is_not_taken(office: Person) -> None:
    """What is announced as too large is refused before it is read."""
    sent = requests.Request("POST", f"{office.site.address}/imports/").prepare()
    sent.headers.update({"Content-Length": str(10**12), "Content-Type": "application/octet-stream"})
    try:
        answer = office.browser.send(sent, timeout=20)
    except requests.exceptions.RequestException:
        return  # the server hung up
    assert answer.status_code in {400, 403, 413}


def test_a_name_that_is_a_formula_leaves_as_text(site: Site) -> None:
    system = Person(site).enter("demo-system")
    for number, name in enumerate(["=HYPERLINK(1)", "+1+cmd|x", "-2+3", "@SUM(1)", "\t=1"]):
        said = {"username": f"formula{number}", "display_name": name}
        assert system.post("/accounts/new/", said, page="/accounts/new/").status_code == 200
    answer = system.get("/accounts/?q=formula&export=csv&table=0")
    assert answer.status_code == 200
    cells = [cell for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}] == []
    answer = system.get("/accounts/?q=formula&export=xlsx&table=0")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert not [name for name in file.namelist() if b"<f>" in file.read(name)]


# --- in a real browser ---------------------------------------------------------------------------------
@pytest.fixture
def victim(site: Site, chromium: Any) -> Iterator[Visitor]:
    visitor = Visitor(site, chromium, 1440)
    yield visitor
    visitor.close()


def test_script_that_gets_into_a_page_does_not_run(site: Site, victim: Visitor) -> None:
    system = Person(site).enter("demo-system")
    said = {
        "username": "scripted",
        "display_name": "<img src=x onerror='window.hit=1'><script>hit=1</script>",
    }
    assert system.post("/accounts/new/", said, page="/accounts/new/").status_code == 200
    victim.sign_in("demo-system")
    victim.open("/accounts/?q=scripted")
    assert "onerror" in victim.page.inner_text("main")  # as text
    assert victim.page.evaluate("window.hit") is None
    ran = """() => { const one = document.createElement("script"); one.textContent = "window.hit = 1";
                     document.body.append(one); return window.hit }"""
    assert victim.page.evaluate(ran) is None
    assert victim.page.evaluate("document.cookie.includes('sessionid')") is False
    outside = "() => fetch('https://evil.example/').then(() => 'sent', () => 'refused')"
    assert victim.page.evaluate(outside) == "refused"


def test_no_page_stands_in_somebody_elses_frame(site: Site, victim: Visitor) -> None:
    page = victim.page
    page.route("https://evil.example/", lambda route: route.fulfill(
        content_type="text/html", body=f"<iframe src='{site.address}/sign-in/'></iframe>"
    ))  # fmt: skip
    page.goto("https://evil.example/")
    page.wait_for_timeout(1_000)
    assert all("#id_password" not in (frame.content() or "") and "id_password" not in frame.content()
               for frame in page.frames)  # fmt: skip


def test_headers_of_every_kind_of_answer(site: Site, office: Person) -> None:
    for path in ("/", "/sign-in/", "/cycles/", "/no-such-page/", f"/cycles/{SEED}/ranking/?export=csv"):
        said = office.get(path).headers
        assert "script-src 'self'" in said["Content-Security-Policy"], path
        assert "'unsafe" not in said["Content-Security-Policy"]
        assert (said["X-Content-Type-Options"], said["X-Frame-Options"]) == ("nosniff", "DENY")
        assert said["Referrer-Policy"] == "same-origin"
        assert "camera=()" in said["Permissions-Policy"]
        assert said["Cross-Origin-Opener-Policy"] == said["Cross-Origin-Resource-Policy"] == "same-origin"
    cookie = Person(site).get("/sign-in/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT-X"])
def test_methods_that_no_page_knows(office: Person, method: str) -> None:
    for path in ("/", "/account/", f"/cycles/{SEED}/", "/policies/"):
        sent = office.browser.request(method, office.site.address + path, timeout=60, allow_redirects=False)
        assert sent.status_code in {400, 403, 405, 501}, (path, sent.status_code)


def test_the_passwords_of_the_demonstration_are_in_no_log(site: Site) -> None:
    words = json.dumps(sorted(site.passwords.values()))
    for path in site.data.rglob("*.log"):
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not any(word in text for word in json.loads(words)), path
