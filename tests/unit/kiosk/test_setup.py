"""The kiosk's file, its form, and the keys' way over, without any process."""

import json
import os
from datetime import date
from pathlib import Path

import pytest

from hengjian.kiosk import form, setup
from hengjian.kiosk.errors import SetupRefused
from hengjian.kiosk.files import files, published
from hengjian.kiosk.web import policy as content_policy
from hengjian.policy import folder
from hengjian.terms.period import Period

DAY = date(2026, 6, 20)


@pytest.fixture(scope="module")
def rules():
    return folder.load(folder.shipped()["seed"]).in_force(DAY)


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "kiosk.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_an_absent_file_means_one_origin_and_no_frames(tmp_path: Path) -> None:
    given = setup.load(tmp_path)
    assert (given.origins, given.embed, given.hotline) == ((), (), "12345")
    assert "frame-ancestors 'none'" in content_policy(given)
    assert "connect-src 'self';" in content_policy(given)


def test_listed_platforms_and_origins_stand_in_the_policy(tmp_path: Path) -> None:
    text = "embed: [https://zwfw.example.gov.cn]\nissue: https://a.example\ncast: https://b.example\n"
    found = content_policy(setup.load(written(tmp_path, text)))
    assert "frame-ancestors https://zwfw.example.gov.cn" in found
    assert "connect-src 'self' https://a.example https://b.example" in found


@pytest.mark.parametrize(
    "text",
    [
        "embed: ['*']", "embed: [\"https://x.example; script-src *\"]", "cast: https://x.example/path",
        "hotline: '<b>12345</b>'", "unknown: 1", "[1, 2]", "embed: {", "issue: ''",
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SetupRefused) as fault:
        setup.load(written(tmp_path, text))
    assert str(tmp_path / "kiosk.yaml") in fault.value.where


def test_the_five_levels_cover_the_ten_marks(rules) -> None:
    levels = form.levels(rules)
    named = [next(level["zh"] for level in levels if mark <= level["to"]) for mark in range(1, 11)]
    five = ["非常不满意", "不满意", "基本满意", "满意", "非常满意"]
    assert named == [name for name in five for _ in range(2)]
    scale = folder.load(folder.shipped()["seed"]).files["instruments/scales.yaml"].decode()
    assert "levels: {" + ", ".join(f"{name}: {at}" for at, name in enumerate(five, 1)) + "}" in scale


def test_the_form_says_what_the_policy_says(rules) -> None:
    found = form.form_of(rules, setup.Setup())
    assert [tag["good"] for tag in found["tags"]] == [True] * 6 + [False] * 6
    assert (found["comment"], found["amend_days"], found["least"]) == (500, 7, 30)
    assert form.kind_of(rules, "village_visit") == {"zh": "下村走访", "en": "Village visit"}
    assert form.kind_of(rules, "unheard_of")["zh"] == "unheard_of"
    assert json.loads(form.forms(folder.load(folder.shipped()["seed"]), setup.Setup())(DAY)) == found


def test_the_hotline_stands_where_no_script_runs() -> None:
    (page,) = (file for path, file in files({"/r": "rate.html"}, "0571-12345").items() if path == "/r")
    assert page.plain.decode().count("0571-12345") == 4
    assert b"{{" not in page.plain


def test_published_files_are_looked_up_never_joined(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / f"{'a' * 64}.json").write_text("{}")
    (tmp_path / "secret").write_text("secret")
    assert published(tmp_path, f"/kiosk/keys/{'a' * 64}.json") is not None
    for path in (
        "/kiosk/secret",
        "/kiosk/keys/../secret",
        f"/kiosk/keys/{'A' * 64}.json",
        "/kiosk/keys/",
        "/kiosk/trust",
    ):
        assert published(tmp_path, path) is None


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (date(2026, 1, 1), ["2026-H1", "2025-H2"]), (date(2026, 2, 15), ["2026-H1"]),
        (date(2026, 6, 30), ["2026-H1"]), (date(2026, 7, 1), ["2026-H2", "2026-H1"]),
    ],
)  # fmt: skip
def test_keys_of_the_last_half_year_are_handed_over_for_a_while(on: date, found: list[str]) -> None:
    from hengjian.cli.kiosk_keys import halves

    assert halves(on) == found


def test_the_post_of_a_key_is_the_one_that_serves_the_public_then_the_longest_held(db: None) -> None:
    from hengjian.cli.kiosk_keys import post_of
    from hengjian.proof.blind_keys import SecretKey
    from hengjian.ratings.ballots.operations import accept_key
    from hengjian.roster.models import Official, Post, Tenure
    from tests import sample_day

    half = Period("2026-H1")
    sample_day.people()
    official, home = Official.objects.get(code="G1"), Post.objects.get(code="S1").organisation
    assert post_of("G1", half) == "S1"
    quiet = Post.objects.create(
        code="A0", title="内勤", organisation=home, category="middle", level="township",
        public_facing=False, single_holder=False, since=date(2020, 1, 1),
    )  # fmt: skip
    Tenure.objects.create(official=official, post=quiet, single_holder=False, since=date(2020, 1, 1))
    assert post_of("G1", half) == "S1"
    Post.objects.filter(code="S1").update(public_facing=False)
    short = Tenure.objects.get(official=official, post__code="S1")
    assert post_of("G1", half) in {"A0", "S1"}
    Tenure.objects.filter(pk=short.pk).update(since=date(2026, 6, 1))
    assert post_of("G1", half) == "A0"
    made = SecretKey.generated(bits=2048).public
    accept_key(made.spki, made.variant.name, "G1", "S1", half.text, DAY)
    assert post_of("G1", half) == "S1"  # what was booked stays
    assert post_of("nobody", half) is None


def test_init_makes_what_both_processes_need(tmp_path: Path, django_db_setup: None, template: str) -> None:
    import subprocess
    import sys

    from tests.unit.kiosk.running import address, database

    with database(template) as name:
        env = os.environ | {"DATABASE_URL": address(name, "hengjian"), "HENGJIAN_DATA": str(tmp_path)}
        hengjian = str(Path(sys.executable).with_name("hengjian"))
        for _ in range(2):
            done = subprocess.run(
                [hengjian, "kiosk", "init"], env=env, capture_output=True, text=True, timeout=120, check=False
            )
            assert done.returncode == 0, done.stderr
        assert (tmp_path / "followups" / "contacts.pub").exists()
        refused = subprocess.run(
            [hengjian, "kiosk", "cast"], env=env, capture_output=True, text=True, timeout=120, check=False
        )
        assert refused.returncode == 2
        assert "hengjian_cast" in refused.stderr
