"""Drafts of the rating page in a real browser: two links on one device, one link in two tabs, bad lines."""

from typing import Any

from tests.journey.kiosk_town import (
    beside_a_browser,
    closing,
    keys,
    phone,
    running,
    template,
    town,
)  # fmt: skip
from tests.journey.raters import Rater

__all__ = ["beside_a_browser", "closing", "keys", "phone", "running", "template", "town"]


def test_two_links_on_one_device_are_two_drafts(town: Any, phone: Rater) -> None:
    """Both filled in while the line is lost; the second leaves the first alone, and both are sent."""
    from hengjian.ratings.ballots.models import Arrival

    before, links = Arrival.objects.count(), (town.link(), town.link(official="G2", post="S2"))
    for secret, mark in zip(links, (4, 9), strict=True):
        phone.open(secret)
        phone.rate(mark, comment=f"第 {mark} 份")
        phone.context.set_offline(True)
        phone.page.click("button[type=submit]")
        phone.wait_for("网络不通")
        phone.context.set_offline(False)
    phone.page.close()
    phone.page = phone.context.new_page()
    phone.open()
    assert phone.page.input_value("#comment") == "第 9 份"  # the one that was worked at last
    phone.submit()
    phone.picture("rate-another")
    phone.complaints.clear()  # of the lost lines
    assert phone.faults() == []
    phone.page.click("#another")
    phone.page.wait_for_selector("#comment")
    assert phone.page.input_value("#comment") == "第 4 份"
    phone.submit()
    assert phone.page.locator("#another").count() == 0
    assert phone.page.evaluate("JSON.stringify(localStorage)") == "{}"
    marks = dict(Arrival.objects.filter(comment__startswith="第 ").values_list("comment", "mark"))
    assert marks == {"第 4 份": 4, "第 9 份": 9}
    assert Arrival.objects.count() == before + 2


def test_one_link_in_two_tabs_is_one_ballot_and_one_receipt(town: Any, phone: Rater) -> None:
    from hengjian.ratings.ballots.models import Arrival

    before, secret, first = Arrival.objects.count(), town.link(), phone.page
    phone.open(secret)
    second = phone.page = phone.context.new_page()
    phone.open(secret)
    phone.rate(3)
    second.wait_for_selector("#key:not([hidden])", state="attached")
    phone.page = first
    phone.rate(7, comment="以这份为准")  # asks for no second token
    code = phone.submit()
    second.wait_for_selector("text=已在另一个页面提交")
    assert phone.page.evaluate("JSON.stringify(localStorage)") == "{}"
    assert town.cast.post("/cast/receipt", code=code).status == 200
    assert Arrival.objects.count() == before + 1
    assert Arrival.objects.filter(comment="以这份为准", mark=7).count() == 1


def test_a_link_opened_on_a_bad_line_is_not_lost(town: Any, phone: Rater) -> None:
    phone.page.route("**/kiosk/form.json", lambda route: route.abort())
    phone.open(town.link())
    phone.wait_for("网络不通")
    phone.page.unroute("**/kiosk/form.json")
    phone.page.click("button:has-text('重试')")
    phone.page.wait_for_selector("#mark-1", state="attached")
