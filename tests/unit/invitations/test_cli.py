"""The commands as a person types them: template, import, deliver, hand over, keys, funnel."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hengjian import cli
from hengjian.cli import invitations as verbs
from hengjian.cli import session, words
from hengjian.ratings.invitations import issuing
from hengjian.ratings.invitations.models import Invitation, IssuerKey
from hengjian.roster.sheets.reading import read_tables
from hengjian.terms.calendar import SHANGHAI
from tests.unit.invitations.servers import mail_server

NOON = datetime.now(UTC).astimezone(SHANGHAI).replace(hour=12, minute=0)
CHANNELS = """
base: https://rate.test
sources: [approvals]
email: {{host: 127.0.0.1, port: {port}, sender: a@city.test, security: none}}
"""


@pytest.fixture
def typed(monkeypatch, capsys, tmp_path: Path, people, keys) -> Iterator:
    @contextmanager
    def ready(**_given: object) -> Iterator[Path]:
        yield tmp_path

    for place in (session, verbs):
        monkeypatch.setattr(place, "django_ready", ready)
    monkeypatch.setenv("HENGJIAN_DATA", str(tmp_path))
    monkeypatch.setattr(verbs, "now", lambda: NOON)
    pool = iter(keys)
    monkeypatch.setattr("hengjian.proof.blind_keys.SecretKey.generated", lambda: next(pool))
    monkeypatch.setattr("hengjian.ratings.invitations.operations.Office.make_key", lambda: next(pool))
    monkeypatch.setattr(issuing.open_keys, "__defaults__", (lambda: next(pool),))

    def run(*argv: object) -> tuple[int, str, str]:
        code = cli.run([str(word) for word in argv])
        said = capsys.readouterr()
        return code, said.out, said.err

    yield run
    words.use("zh")


def test_from_the_file_to_the_mail(typed, tmp_path: Path) -> None:
    code, out, err = typed("invitations", "template", tmp_path / "t.xlsx")
    assert code == 0, err
    header = read_tables(tmp_path / "t.xlsx")[0].header
    day = NOON.date().isoformat()
    rows = [
        f"approvals,A-1,approval,{day},330100,G1,S1,,电子邮件,person@example.test,,一",
        f"approvals,A-2,approval,{day},330100,G1,S1,,窗口二维码,,,二",
        f"approvals,A-3,haircut,{day},330100,G1,S1,,电子邮件,hidden@example.test,,三",
    ]
    file = tmp_path / "events.csv"
    file.write_text("\n".join([",".join(title.rstrip("*") for title in header), *rows]), encoding="utf-8")
    code, out, err = typed("invitations", "import", file)
    assert code != 0, "no channels yet"
    with mail_server() as mail:
        (tmp_path / "invitations").mkdir(exist_ok=True)
        (tmp_path / "invitations" / "channels.yaml").write_text(CHANNELS.format(port=mail.port))
        code, out, err = typed("invitations", "import", file)
        assert code == 0, err
        assert "接收 2，重复 0，待核 1" in out
        assert "haircut" in out
        assert "hidden@" not in out + err
        code, out, err = typed("invitations", "deliver")
        assert (code, "已发送 1" in out) == (0, True), out + err
        assert [address for address, _mail in mail.mails] == ["person@example.test"]
    printed = Invitation.objects.get(channel="printed")
    code, out, err = typed("invitations", "hand-over", printed.pk)
    assert (code, issuing.opened(out.strip().partition("#")[2], NOON).unit) == (0, "云溪镇")
    code, out, err = typed("invitations", "funnel", day, day, "--by", "channel")
    assert code == 0, err
    assert "电子邮件" in out
    assert " 1" not in out.split("未送达")[0].replace(day, "")


def test_keys_of_a_half_year(typed) -> None:
    code, _out, err = typed("invitations", "keys", "2026-Q1")
    assert (code, "半年" in err) == (2, True), err
    code, _out, err = typed("invitations", "keys", "2026-H1")
    assert code == 0, err
    assert IssuerKey.objects.filter(half="2026-H1").count() == 2
