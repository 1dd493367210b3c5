"""The funnel hides what is few; the room's secret and its channels' file are kept with care."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengjian.ratings.invitations import operations, queries
from hengjian.ratings.invitations.channels.config import load
from hengjian.ratings.invitations.errors import ChannelsRefused, InvitationRefused
from hengjian.ratings.invitations.models import Ending, Issue, Opening
from hengjian.ratings.invitations.secrets_file import room_secret
from tests.unit.invitations.conftest import DAY, NOW

ROWS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=2),
    st.lists(st.integers(0, 30), min_size=5, max_size=5).map(lambda row: tuple(sorted(row, reverse=True))),
    min_size=1,
    max_size=6,
)


@given(ROWS)
def test_no_small_number_shows_and_no_total_gives_one_away(counts) -> None:
    shown = queries.without_small_cells(counts, 5)
    assert set(shown) == set(counts)
    for name, row in shown.items():
        for at, number in enumerate(row):
            assert number is None or number == counts[name][at]
            assert number is None or not 0 < number < 5
            if at and number is not None and row[at - 1] is not None:
                assert not 0 < abs(row[at - 1] - number) < 5
    for at in range(5):
        hidden = [name for name, row in shown.items() if row[at] is None]
        assert len(hidden) != 1 or len(shown) == 1


def test_the_funnel_counts_each_stage(office, draft, seed) -> None:
    drafts = [draft(i, channel="printed") for i in range(30)]
    drafts += [draft(40 + i, channel="assisted", official="G2", post="S2") for i in range(10)]
    numbers = operations.admit_events(drafts, office, source="接口").invited
    for number in numbers[:20]:
        operations.hand_over(number, "t", NOW)
        operations.hand_over(number, "t", NOW)  # twice handed over, counted once
    Ending.objects.bulk_create([Ending(invitation_id=n, reason="capped", at=NOW) for n in numbers[20:25]])
    Opening.objects.bulk_create([Opening(invitation_id=n, on=DAY) for n in numbers[:12]])
    Issue.objects.bulk_create([Issue(invitation_id=n, blinded_hash="0" * 64, on=DAY) for n in numbers[:6]])
    rules = seed.in_force(DAY)
    by_channel = {one.name: one.counts() for one in queries.funnel(DAY, DAY, "channel", rules)}
    assert by_channel == {"printed": (30, 25, 20, 12, 6), "assisted": (10, 10, 0, 0, 0)}
    (unit,) = queries.funnel(DAY, DAY, "unit", rules)
    assert (unit.name, unit.counts()) == ("云溪镇", (40, 35, 20, 12, 6))
    assert queries.funnel(DAY - timedelta(days=9), DAY - timedelta(days=1), "unit", rules) == []
    assert queries.failures(DAY, DAY) == {"printed": {"capped": 5}}
    Issue.objects.bulk_create([Issue(invitation_id=numbers[6], blinded_hash="0" * 64, on=DAY)])
    Opening.objects.bulk_create([Opening(invitation_id=n, on=DAY) for n in numbers[12:17]])
    (unit,) = queries.funnel(DAY, DAY, "unit", rules)
    assert unit.counts() == (40, 35, 20, None, 7)  # 20 - 17 would tell of three persons


def test_the_secret_is_made_once_and_is_its_owners_only(tmp_path) -> None:
    made = room_secret(tmp_path)
    path = tmp_path / "invitations" / "secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert room_secret(tmp_path) == made
    assert len(made.value) == 32
    assert "value" not in repr(made)
    sealed = made.seal("to:a@b", "1")
    assert made.open(sealed, "1") == "to:a@b"
    with pytest.raises(InvitationRefused):
        made.open(sealed, "2")
    path.write_text("00")
    with pytest.raises(InvitationRefused):
        room_secret(tmp_path)


FILE = """
base: https://rate.example.gov.cn/
sources: [approvals]
email: {host: mail.test, port: 25, sender: a@b.test, security: none}
sms: {url: "https://gateway.test", key_id: k, key_file: gateway.key, template: rate}
"""


def test_the_channels_file(tmp_path) -> None:
    (tmp_path / "channels.yaml").write_text(FILE)
    key = tmp_path / "gateway.key"
    key.write_bytes(b"secret\n")
    key.chmod(0o644)
    with pytest.raises(ChannelsRefused, match="0600"):
        load(tmp_path, lambda: NOW)
    key.chmod(0o600)
    ways = load(tmp_path, lambda: NOW)
    assert (ways.base, ways.sources) == ("https://rate.example.gov.cn", frozenset({"approvals"}))
    assert sorted(ways.channels) == ["email", "sms"]
    assert "secret" not in repr(ways)


@pytest.mark.parametrize(
    "content",
    [
        "", "base: [", "base: ftp://x", "base: https://x\nfax: {}", "base: https://x#y",
        "base: https://x\nemail: {host: h, port: 25, sender: a@b, security: none, user: u}",
    ],
)  # fmt: skip
def test_a_wrong_channels_file_is_refused(tmp_path, content: str) -> None:
    (tmp_path / "channels.yaml").write_text(content)
    with pytest.raises(ChannelsRefused):
        load(tmp_path, lambda: NOW)
