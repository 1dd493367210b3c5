"""The work of the roles that no other journey does, at a desk and with a phone.

Three administrators let four people in; the office and a head bring a cycle to its publication; a leader
signs a panel's roll; the discipline secretary, the inspection team, an inspector and a feed's owner look and
check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.journey import panel_round
from tests.journey.conftest import Site, Visitor

SEED, WANG = "demo-seed-2026-h1", "D1030011@P1030011"
WIDTHS = [1440, 360]
OWN = "一 long sentence only 我 know"
TOWN = "990103002"  # not the town of the panel's own journey
NEW = {"head": "组织部部长", "discipline": "纪委书记", "inspector": "核查员", "feed": "数据归口部门"}
Come = Callable[[str], Visitor]


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def sent(who: Visitor, button: str) -> None:
    """Press a button and wait until its page stands."""
    who.page.click(button)
    who.page.wait_for_load_state("networkidle")


def seen(who: Visitor, name: str) -> str:
    """The page's text, after a picture and after axe found nothing."""
    who.picture(f"role-{name}")
    text = str(who.page.inner_text("main"))
    assert who.faults() == [], name
    return text


def menu(who: Visitor) -> list[str]:
    """What the navigation offers."""
    return [str(one) for one in who.page.locator("nav[aria-label='主导航'] a").all_inner_texts()]


@pytest.fixture(scope="module", params=WIDTHS, ids=["desk", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def come(site: Site, chromium: Any, width: int) -> Iterator[Come]:
    """Somebody signs in once; the same window serves for the rest of the story."""
    windows: dict[str, Visitor] = {}

    def enter(name: str) -> Visitor:
        if name not in windows:
            windows[name] = Visitor(site, chromium, width)
            windows[name].sign_in(name)
        return windows[name]

    yield enter
    for one in windows.values():
        one.close()


@pytest.fixture(scope="module")
def staff(site: Site, chromium: Any, width: int, come: Come) -> Come:
    """Four accounts made by the system administrator and granted by the security administrator."""
    system, security = come("demo-system"), come("demo-security")
    for role, name in NEW.items():
        username = f"{role}-{width}"
        word = made(system, username, f"{name}（演示）")
        granted(security, username, role)
        first_day(site, chromium, username, word, width)
    return lambda role: come(f"{role}-{width}")


def made(system: Visitor, username: str, name: str) -> str:
    """A new account; the word that it is handed over with."""
    system.open("/accounts/")
    sent(system, "main a:has-text('新建账号')")
    system.page.fill("#id_username", username)
    system.page.fill("#id_display_name", name)
    sent(system, "main form.hj-form button[type=submit]")
    word = str(system.page.inner_text("dd code"))
    assert len(word) >= 16
    return word


def granted(security: Visitor, username: str, role: str) -> None:
    """A role for the whole city, for a reason."""
    security.open(f"/accounts/?q={username}")
    sent(security, f"tbody th a:has-text('{username}')")
    security.page.select_option("#id_role", role)
    security.page.fill("#id_reason", "按任命文件（演示）")
    sent(security, "form:has(#id_role) button[type=submit]")
    assert "已授权" in security.page.inner_text("[role=status]")


def first_day(site: Site, chromium: Any, username: str, word: str, width: int) -> None:
    """The initial word serves for one thing: to choose the own."""
    one = Visitor(site, chromium, width)
    one.open("/sign-in/")
    one.page.fill("#id_username", username)
    one.page.fill("#id_password", word)
    sent(one, "main form.hj-form button[type=submit]")
    assert one.page.url.endswith("/account/password/")
    for field, value in (("oldpassword", word), ("password1", OWN), ("password2", OWN)):
        one.page.fill(f"#id_{field}", value)
    sent(one, "main form button[type=submit]")
    site.passwords[username] = OWN
    one.close()


# --- 三员 ----------------------------------------------------------------------------------------------
def test_the_administrators_let_people_in_and_each_keeps_to_the_own_part(
    site: Site, staff: Come, come: Come, width: int
) -> None:
    system, security, audit = come("demo-system"), come("demo-security"), come("demo-audit")
    system.open("/accounts/")
    assert f"head-{width}" in seen(system, "system-accounts")
    assert [one for one in menu(system) if one in {"考核周期", "核查", "制度", "查询留痕"}] == []
    # an account that is lost is reset, put out, and closed; the grant is revoked with its reason
    word = made(system, f"gone-{width}", "调离人员（演示）")
    page = f"/accounts/?q=gone-{width}"
    granted(security, f"gone-{width}", "auditor")
    system.open(page)
    sent(system, "tbody th a")
    sent(system, "button:has-text('重置密码')")
    assert system.page.inner_text("dd code") != word
    sent(system, "main a:has-text('已记下')")
    assert system.page.locator("#id_role").count() == 0, "who makes accounts grants nothing"
    sent(system, "button:has-text('停用账号')")
    assert "已停用" in seen(system, "system-account")
    security.open(page)
    sent(security, "tbody th a")
    assert security.page.locator("button:has-text('重置密码')").count() == 0, "who grants resets nothing"
    security.page.fill("main input[name=reason] >> nth=0", "已调离（演示）")
    sent(security, "tbody button:has-text('撤销')")
    assert "已调离（演示）" in seen(security, "security-account")
    # nobody is administrator and something else, nor grants to himself
    refused_grant(security, "demo-audit", "auditor")
    refused_grant(security, "demo-security", "office")
    # the audit administrator reads what both did, and changes nothing
    audit.open(f"/accounts/?q=head-{width}")
    sent(audit, "tbody th a")
    told = seen(audit, "audit-account")
    assert "按任命文件（演示）" in told
    assert "登录记录" in told
    assert audit.page.locator("main form[method=post]").count() == 0
    audit.open("/trail/")
    seen(audit, "audit-trail")
    for other in (system, security, audit):
        assert other.open(f"/cycles/{SEED}/ranking/").status == 403


def refused_grant(security: Visitor, username: str, role: str) -> None:
    security.open(f"/accounts/?q={username}")
    sent(security, f"tbody th a:text-is('{username}')")
    before = security.page.locator("section[aria-labelledby=grants-title] tbody tr").count()
    security.page.select_option("#id_role", role)
    security.page.fill("#id_reason", "试一试")
    sent(security, "form:has(#id_role) button[type=submit]")
    assert security.page.locator("[role=alert]").count() == 1
    assert security.page.locator("section[aria-labelledby=grants-title] tbody tr").count() == before


# --- the office and the head of the organisation department -----------------------------------------------
def test_the_head_reviews_what_the_office_scored_and_it_is_published(
    site: Site, staff: Come, come: Come, width: int
) -> None:
    cycle = f"2026-h1-roles-{width}"
    cut_off = (today() + timedelta(days=1)).isoformat()
    site.run("cycle", "open", cycle, "--period", "2026-H1", "--policy", "seed", "--title",
             f"部长审核的一次考核 {width}（合成数据）", "--on", "2026-06-30", "--cut-off", cut_off,
             "--level", "township", "--synthetic", "--by", "demo-office")  # fmt: skip
    office, head = come("demo-office"), staff("head")
    stepped(office, cycle, "冻结数据", "已冻结", reason="数据已齐，不等截止。")
    stepped(office, cycle, "计分", "已计分")
    head.open("/")
    task = head.page.locator(".hj-todo li", has_text=f"部长审核的一次考核 {width}")
    assert "去审核" in task.inner_text()
    seen(head, "head-home")
    task.locator("a").click()
    head.page.wait_for_url(f"**/cycles/{cycle}/")
    assert "公布" not in head.page.locator("main .hj-actions").first.inner_text()
    head.open(f"/cycles/{cycle}/ranking/?group=ecological/township/principal")
    assert "王某" not in head.page.inner_text("main")
    head.choose("verify")
    assert "王某" in seen(head, "head-ranking")
    stepped(head, cycle, "审核", "已审核", reason="已核对缺项、校准和名次区间，同意公布。")
    stepped(office, cycle, "公布", "已公布")
    head.open(f"/cycles/{cycle}/")
    assert "已核对缺项、校准和名次区间" in seen(head, "head-published")


def stepped(who: Visitor, cycle: str, verb: str, state: str, reason: str = "") -> None:
    """One step of a cycle from its page."""
    who.open(f"/cycles/{cycle}/")
    sent(who, f"main .hj-actions a:text-is('{verb}')")
    if reason:
        who.page.fill("#id_reason", reason)
    if who.page.locator("#id_sure").count():
        who.page.check("#id_sure")
    assert who.faults() == [], verb
    sent(who, "main form:not([action='/purpose/']) button[type=submit]")
    assert state in who.page.inner_text("[aria-current=step]")


# --- a leader, and a rater who is asked ---------------------------------------------------------------------
def test_a_leader_signs_the_roll_that_waits_on_the_home_page(come: Come, width: int) -> None:
    office, leader = come("demo-office"), come("demo-leader")
    address = panel_round.open_round(office, today(), town=TOWN, title=f"班子评价 {width}（合成数据）")
    leader.open("/")
    task = leader.page.locator(".hj-todo li", has_text=f"班子评价 {width}")
    assert "名单等待签署" in task.inner_text()
    seen(leader, "leader-home")
    task.locator("a").click()
    leader.page.wait_for_url(f"**{address}")
    rolls = list(panel_round.rolls(leader, address).values())
    leader.open(rolls[0])
    assert "一人打分最多影响多少" in seen(leader, "leader-roll")
    assert leader.page.locator("button[value=add]").count() == 0, "who signs does not choose"
    panel_round.sign(leader, rolls[0], "已核对回避关系。")
    assert "已核对回避关系。" in seen(leader, "leader-signed")
    office.open(rolls[0])
    assert office.page.locator("button[value=add]").count() == 0, "what is signed stays"


# --- readers who change nothing ---------------------------------------------------------------------------
def test_the_discipline_secretary_follows_a_look_and_seals_the_own(staff: Come, come: Come) -> None:
    leader, secretary, wang = come("demo-leader"), staff("discipline"), come("demo-wang")
    leader.open(f"/cycles/{SEED}/seats/{WANG}/")
    if leader.page.locator(".hj-purpose button[value=choose]").count():
        leader.choose("petition")
    code = leader.page.inner_text("#ticket").split()[1]
    secretary.open("/trail/")
    secretary.page.fill("#id_code", code)
    sent(secretary, "main button:has-text('查询')")
    assert "demo-leader" in seen(secretary, "discipline-trail")
    secretary.open(f"/cycles/{SEED}/seats/{WANG}/")
    secretary.page.click("summary:has-text('封存')")
    secretary.page.check("input[name=seal]")
    secretary.page.fill("#id_clause", "监督执纪工作规则（演示）")
    secretary.page.fill("#id_reason", "初步核实（演示）")
    secretary.page.fill("#id_until", (today() + timedelta(days=30)).isoformat())
    secretary.choose("audit")
    assert "依规封存至" in seen(secretary, "discipline-sealed")
    sealed = secretary.page.inner_text("#ticket").split()[1]
    wang.open("/looks/")
    told = str(wang.page.text_content("main"))  # on a phone the codes do not fit
    assert code in told
    assert sealed not in told
    assert secretary.open("/open-cycle/").status == 403


def test_the_inspection_team_reads_and_recomputes_and_finds_no_button(site: Site, come: Come) -> None:
    team = come("demo-inspection")
    team.open(f"/cycles/{SEED}/ranking/?group=ecological/township/principal")
    team.choose("verify")
    sent(team, "#ranking a:has-text('王某')")
    assert "生态系统生产总值" in seen(team, "inspection-sheet")
    for page in (f"/cycles/{SEED}/seats/{WANG}/workings/", f"/cycles/{SEED}/calibration/", "/panels/",
                 "/quarantine/", "/ratings/?half=2026-H1", "/notary/", f"/cycles/{SEED}/"):  # fmt: skip
        assert team.open(page).status == 200, page
        assert team.faults() == [], page
        posts = team.page.locator("main form[method=post]:not([action='/purpose/'])")
        assert posts.count() == 0, f"{page}: {posts.first.inner_html()}"
    team.open(f"/cycles/{SEED}/verify/")
    assert "一致" in seen(team, "inspection-verify")
    team.open(f"/cycles/{SEED}/")
    with team.page.expect_download() as bundle:
        team.page.click("a:has-text('下载结果包')")
    told = site.run("verify", str(bundle.value.path()))
    assert re.search("一致|✓", told), told
    for page in ("/open-cycle/", "/imports/", "/panels/new/", f"/cycles/{SEED}/papers/", "/accounts/"):
        assert team.open(page).status == 403, page


# --- what was refused at the door: checked by an inspector, put right by the feed's owner -------------------
def test_an_inspector_checks_and_a_feeds_owner_puts_right_what_was_refused(
    staff: Come, come: Come, width: int
) -> None:
    inspector, owner, office = staff("inspector"), staff("feed"), come("demo-office")
    inspector.open("/")
    assert "条待核记录等待核查" in seen(inspector, "inspector-home")
    sent(inspector, "main a:has-text('去核查')")
    inspector.page.select_option("#id_code", "organisation_unknown")
    inspector.page.wait_for_load_state("networkidle")
    seen(inspector, "inspector-quarantine")
    sent(inspector, "#rows tbody th a >> nth=0")
    address = inspector.page.url.removeprefix(inspector.site.address)
    assert inspector.page.locator("button[value=correct], button[value=dismiss]").count() == 0
    inspector.page.select_option("#id_found", "fails")
    inspector.page.fill("#reason-check", f"现场核对：单位代码写错，应为云岫镇（演示，{width}）")
    sent(inspector, "button[value=say_found]")
    assert "记录不实" in seen(inspector, "inspector-found")

    owner.open("/")
    assert "条待核记录等待处理" in seen(owner, "feed-home")
    owner.open(address)
    assert "应为云岫镇" in owner.page.inner_text("main")
    assert owner.page.locator("button[value=dismiss]").count() == 0, "who sends records keeps none out"
    wrong = owner.page.locator("input[aria-invalid=true]").first
    wrong.fill("990103001")
    owner.page.fill("#reason-correct", "来源部门已核对原始表，代码录错（演示）")
    seen(owner, "feed-record")
    sent(owner, "button[value=correct]")
    assert "已更正" in seen(owner, "feed-corrected")
    office.open(address)
    told = seen(office, "office-sees-correction")
    assert f"feed-{width}" in told
    assert "记录不实" in told
    for who in (inspector, owner):
        assert "考核周期" not in menu(who)
        assert who.open("/cycles/").status == 403
