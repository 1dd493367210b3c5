"""From an approval to the reply on the receipt: mail, page, ballots, release, the official's sheet, the case.

Issue C, "What it must show" 1. Real: the console's interface for systems of record, a mail server, both
kiosk processes, the log with three witnesses, Chromium. Days pass by the jobs' own clocks.
"""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hengjian.proof.blind_keys import SecretKey
from hengjian.ratings.ballots.receipts import digest, new_code
from tests.journey.conftest import Site, Visitor, _answering
from tests.journey.raters import Rater
from tests.unit.invitations.servers import mail_server
from tests.unit.kiosk.conftest import closing, template, town
from tests.unit.kiosk.running import Town, address, free_port, random

__all__ = ["closing", "template", "town"]

OTHERS = 39
PASSWORD = "a long password for tests"
CYCLE = "any-time-trial"


@pytest.fixture(scope="module", autouse=True)
def beside_a_browser() -> Iterator[None]:
    """Playwright's loop runs in this thread; Django takes that for code that must not wait."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def running(
    template: str, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Iterator[Town]:
    """Two townships of the synthetic city, both kiosk processes, a log."""
    from tests.unit.cycles import small_city
    from tests.unit.kiosk import running

    data: Path = tmp_path_factory.mktemp("rating") / "data"
    keys = [SecretKey.generated() for _ in range(2)]
    with (
        django_db_blocker.unblock(),
        running.town(template, data, keys, people=small_city.let_roster_in) as made,
    ):
        yield made


@contextmanager
def console(town: Town) -> Iterator[Site]:
    """The console over the same database."""
    port = free_port()
    env = os.environ | {"DATABASE_URL": address(town.name, "hengjian"), "HENGJIAN_DATA": str(town.data)}
    command = [
        str(Path(sys.executable).with_name("hengjian")),
        "serve",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    served = subprocess.Popen([*command, "--without-notary", "--without-kiosk"], env=env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        yield Site(
            _answering(f"http://127.0.0.1:{port}", served), dict.fromkeys(("office", "official"), PASSWORD)
        )
    finally:
        served.send_signal(signal.SIGINT)
        served.wait(30)


def people(town: Town, official: str) -> dict[str, Any]:
    """Accounts: the assessment office, the official, two of another unit who follow low marks up."""
    from hengjian.access import operations
    from hengjian.access.operations import Scope
    from hengjian.access.roles import Role

    roles = {
        "office": Role.OFFICE,
        "official": Role.OFFICIAL,
        "caller": Role.FOLLOWUP,
        "checker": Role.FOLLOWUP,
    }
    made = {}
    for name, role in roles.items():
        made[name] = operations.create_user(name, f"合成{name}", now=town.now, password=PASSWORD)
        scope = Scope(official_id=official if role is Role.OFFICIAL else "")
        operations.grant(
            made[name], role, on=town.day - timedelta(days=1), by=None, reason="测试", scope=scope
        )
    return made


def fed_in(site: Site, key: str, member: Any, day: Any) -> dict[str, Any]:
    """The system of record hands an approval over."""
    event = {
        "external": "SP-2026-0001", "kind": "approval", "on": day.isoformat(),
        "organisation": member.town.code, "official": member.official, "post": member.post,
        "channel": "email", "address": "zhang@example.test", "person": "zhang",
    }  # fmt: skip
    asked = urllib.request.Request(
        f"{site.address}/api/v1/events", json.dumps({"events": [event]}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {key}",
         "Idempotency-Key": "journey-1"},
    )  # fmt: skip
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return dict(json.loads(answer.read()))


def mailed(town: Town) -> str:
    """The link out of the mail that a real mail server took, sent at the first hour that is not quiet."""
    from hengjian.ratings.invitations.channels.smtp import SmtpChannel
    from hengjian.ratings.invitations.delivery import Post
    from hengjian.ratings.invitations.jobs import run
    from hengjian.ratings.invitations.secrets_file import room_secret
    from hengjian.ratings.invitations.timing import Hours

    hours = Hours.of(town.office.policy.in_force(town.day))
    with mail_server() as box:
        way = SmtpChannel("127.0.0.1", box.port, "pingjia@example.test", "none", "", "")
        post = Post(town.issue.address, {"email": way}, hours, room_secret(town.data))
        assert run(hours.allowed(datetime.now(UTC)), 10, post)["sent"] == 1
        ((to, mail),) = box.mails
    assert to == "zhang@example.test"
    text = mail.get_payload(decode=True).decode()
    (link,) = re.findall(r"http://\S+/r#\S+", text)
    return str(link)


def others_rate(town: Town, member: Any) -> None:
    """Enough further people, each with an invitation and a token of his own."""
    from hengjian.ratings.invitations import operations

    given = town.events(
        *(f"person-{n}" for n in range(OTHERS)),
        unit=member.town.code,
        official=member.official,
        post=member.post,
    )
    for number, one in enumerate(given):
        token = town.token(operations.hand_over(one, "窗口一", datetime.now(UTC)))
        ballot = {"mark": 9 if number % 3 else 7, "receipt": digest(new_code(random))}
        assert town.cast.post("/cast/ballot", token=token, ballot=ballot).status == 200


def days_pass(town: Town, *days: int) -> None:
    """What the worker does in these nights, counted from today."""
    from hengjian.cli.duties import ballots, followups
    from hengjian.cli.duties import night as gather

    for night in days:
        moment = datetime.now(UTC) + timedelta(days=night)
        ballots(town.office.policy, moment)
        followups(town.office.policy, moment)
        gather(town.office.policy, moment)
    town.turn(datetime.now(UTC))


def assessed(town: Town, days: int) -> None:
    """The half-year's cycle, from open to published, after the release."""
    from hengjian.cycles import operations
    from hengjian.cycles.operations import NewCycle
    from hengjian.cycles.transitions import Audit
    from hengjian.ratings.invitations.issuing import half_of
    from hengjian.terms.period import Period

    period = Period(half_of(town.day))
    later = datetime.now(UTC) + timedelta(days=days)
    given = NewCycle(CYCLE, "随时评试行（合成数据）", period.text, "seed", period.end, later, synthetic=True)
    operations.open_cycle(given, Audit("office", later, "测试"))
    operations.freeze(CYCLE, Audit("office", later))
    operations.score(CYCLE, Audit("office", later + timedelta(hours=1)))
    operations.review(CYCLE, Audit("leader", later + timedelta(hours=2), "已核对"))
    operations.publish(CYCLE, Audit("office", later + timedelta(hours=3)), town.data / "bundles")


def case_closed(people: dict[str, Any], reply: str) -> None:
    """The low mark's case: assigned, called, answered by one, closed by another."""
    from hengjian.ratings.followups.models import Case, Kind
    from hengjian.ratings.followups.operations import cases
    from hengjian.ratings.followups.operations.cases import Act

    (case,) = Case.objects.filter(kind=Kind.LOW_MARK).values_list("pk", flat=True)
    later = datetime.now(UTC) + timedelta(days=2)
    cases.assign(str(case), people["caller"], Act(people["checker"], "请核实办理时限", later))
    cases.answer(str(case), Act(people["caller"], reply, later + timedelta(hours=1)))
    cases.close(str(case), Act(people["checker"], "已核实，同意办结", later + timedelta(hours=2)))


def test_from_an_approval_to_the_reply_on_the_receipt(town: Town, chromium: Any) -> None:
    from hengjian.ratings.ballots.models import Due, Release
    from hengjian.ratings.ballots.rules import rules_of
    from hengjian.ratings.invitations import systems
    from tests.unit.cycles import small_city

    member = small_city.PEOPLE[0]
    users = people(town, member.official)
    systems.register(systems.NewSystem("approvals", "审批系统"), town.office)
    key = systems.new_key("approvals", "office", town.now)
    with console(town) as site:
        answer = fed_in(site, key, member, town.day)
        assert answer["admitted"] == 1, answer
        link = mailed(town)
        town.publish()

        rater = Rater(town, chromium, 360)
        rater.page.goto(link)
        rater.page.wait_for_selector("#mark-2", state="attached")
        assert member.town.name[:3] in rater.told()
        rater.rate(2, "slow", comment="材料交齐后等了三天，电话 13800138000")
        code = rater.submit()
        others_rate(town, member)

        days_pass(town, 1)
        reply = "经核实，窗口将承诺时限由五天改为一天，已向您致歉。"
        case_closed(users, reply)
        held = rules_of(town.office.policy.in_force(town.day))
        ripe = held.hold + 2  # every ballot has been held for its days
        last = ripe + held.delay  # and the batch's own day has come
        days_pass(town, ripe, last)
        (released,) = Release.objects.values_list("count", "mean")
        assert released == (OTHERS + 1, Decimal("8.2")), list(Due.objects.values())
        assessed(town, last + 1)

        visitor = Visitor(site, chromium, 360)
        visitor.sign_in("official")
        visitor.open(f"/cycles/{CYCLE}/seats/{member.official}@{member.post}/workings/")
        visitor.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        sheet = visitor.page.inner_text("main")
        assert "随时评第 1 批" in sheet
        assert "每份有效评价按公布的平均分 8.2 计" in sheet
        assert "等了三天" not in sheet
        visitor.picture("sheet-any-time")
        visitor.close()

        rater.page.goto(f"{town.cast.address}/receipt#{code}")
        rater.wait_for(reply)
        rater.page.wait_for_selector("#proof")
        assert "3 家见证单位" in rater.page.inner_text("#proof")
        assert "已计入公布的平均分" in rater.told()
        rater.picture("receipt-reply")
        assert rater.faults() == []
        rater.close()
