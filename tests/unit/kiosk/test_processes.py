"""Both processes over real HTTP: a rating from link to receipt, and what each refuses."""

from hengjian.ratings.ballots.receipts import digest, new_code
from tests.unit.kiosk.running import random


def test_from_link_to_receipt(town) -> None:
    secret = town.link()
    offer = town.issue.post("/issue/open", secret=secret)
    assert offer.status == 200
    assert (offer.said["unit"], offer.said["post"], offer.said["issued"]) == ("云溪镇", "窗口S1", False)
    assert offer.said["kind"] == {"zh": "审批", "en": "Approval"}
    code = new_code(random)
    ballot = {"mark": 3, "tags": ["slow"], "comment": "等了三天", "receipt": digest(code)}
    answer = town.cast.post("/cast/ballot", token=town.token(secret), ballot=ballot)
    assert answer.status == 200, answer.body
    town.publish()
    seen = town.cast.post("/cast/receipt", code=code)
    assert seen.status == 200
    assert seen.said["index"] is not None
    assert seen.said["proof"].startswith("c2sp.org/tlog-proof@v1")
    assert town.cast.post("/cast/answer", code=code, text="谢谢").status == 200
    assert town.cast.post("/cast/amend", code=code, ballot=ballot | {"mark": 7}).status == 200
    (reply,) = town.cast.post("/cast/receipt", code=code).said["replies"]
    assert (reply["side"], reply["text"]) == ("rater", "谢谢")
