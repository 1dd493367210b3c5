"""Floods, comments alike and runs are found; usual traffic, with its visits and busy days, is left alone."""

import uuid
from datetime import date, timedelta
from random import Random

import numpy as np
import pytest

from hengjian.notary.models import Commitment
from hengjian.ratings.followups import jobs
from hengjian.ratings.followups.flags import Limits, Mark, limits_of, plain, unusual
from hengjian.ratings.followups.models import Flag
from tests.unit.ratings.followups.places import DAY, key_of_town, put

GOOD = ("quick", "kind", "clear", "fair", "solved", "clean")
BAD = ("slow", "rude", "unclear", "unfair", "unsolved", "asked")
SAID = [
    "办得很快，当天就拿到了证", "窗口的同志讲得清楚，少跑一趟", "材料清单和网上写的不一样，来回跑了两次",
    "排队的时间太长，希望多开一个窗口", "老人不会用手机，工作人员帮忙填好了表",
    "答应三天回话，一个星期也没有消息", "村里的路修好了，书记来看过两回",
    "政策讲得不明白，问了三个人三种说法", "很满意", "谢谢", "还行", "态度一般",
]  # fmt: skip
FIRST = date(2026, 1, 5)
SPAN = 150


@pytest.fixture(scope="module")
def limits(policy) -> Limits:
    return limits_of(policy)


def usual_days(random: Random, rate: float) -> list[int]:
    """Ballots a day at a busy or quiet counter; a visit of six to fifteen people every two weeks or so."""
    numbers = np.random.default_rng(random.getrandbits(32))
    weekly = [0.3 if (FIRST + timedelta(days=n)).weekday() >= 5 else 1.0 for n in range(SPAN)]
    counts = [int(numbers.poisson(rate * share * numbers.gamma(4, 0.25))) for share in weekly]
    for n in range(SPAN):
        if random.random() < 1 / 14:
            counts[n] += sum(random.random() < 0.4 for _ in range(random.randint(6, 15)))
    return counts


def usual(random: Random, rate: float = 1.5) -> list[Mark]:
    """A half-year of one post as it usually is: most are content, a third choose the usual tags."""
    marks = []
    for n, count in enumerate(usual_days(random, rate)):
        for _ in range(count):
            mark = min(10, max(1, round(random.gauss(8.2, 1.6))))
            known = GOOD if mark > 5 else BAD
            tags = tuple(sorted(random.sample(known, random.choice((0, 0, 1, 1, 2)))))
            comment = random.choice(SAID) if random.random() < 0.12 else ""
            marks.append(
                Mark(uuid.UUID(int=random.getrandbits(128)), mark, tags, vary(random, comment), day(n))
            )
    return marks


def vary(random: Random, text: str) -> str:
    """People do not write the same sentence: some letters differ."""
    words = list(text)
    for _ in range(len(words) // 3):
        words[random.randrange(len(words))] = random.choice("的了我们今天上午下午来办事情好不快慢多少")
    return "".join(words)


def day(n: int) -> date:
    return FIRST + timedelta(days=n)


def days() -> list[date]:
    return [day(n) for n in range(SPAN)]


def test_usual_traffic_is_left_alone(limits) -> None:
    """Forty posts, a half-year each: 6,000 days, 20,000 ballots. One day in a thousand at most."""
    random, false = Random(20260305), {"flood": 0, "run": 0, "alike": 0}
    for post in range(40):
        for found in unusual(usual(random, rate=(0.3, 1.5, 4.0, 9.0)[post % 4]), days(), limits):
            false[found.kind] += 1
    assert false["flood"] <= 6
    assert false["run"] <= 1
    assert false["alike"] == 0


def test_a_flood_is_found(limits) -> None:
    random, found = Random(7), 0
    for _ in range(20):
        marks = usual(random)
        marks += [Mark(uuid.uuid4(), random.randint(1, 10), (), "", day(100)) for _ in range(40)]
        found += any(
            one.kind == "flood" and one.key == day(100).isoformat() for one in unusual(marks, days(), limits)
        )
    assert found == 20


def test_a_run_of_the_same_marks_is_found(limits) -> None:
    random, found = Random(8), 0
    for _ in range(20):
        marks = usual(random)
        run = [Mark(uuid.uuid4(), 1, ("asked", "rude"), "", day(100)) for _ in range(12)]
        for one in unusual(marks + run, [day(100)], limits):
            if one.kind == "run":
                found += set(one.ballots) == {mark.ballot for mark in run}
                assert (one.figures["mark"], one.figures["count"]) == (1, 12)
    assert found == 20


def test_comments_alike_are_found_however_they_are_written(limits) -> None:
    random = Random(9)
    said = [
        "书记态度恶劣，推诿扯皮，不办事！",
        "书记态度恶劣、推诿扯皮 不办事",
        "该书记态度恶劣，推诿扯皮，不办事。",
    ]
    run = [Mark(uuid.uuid4(), 1, (), text, day(10 * n)) for n, text in enumerate(said)]
    (found,) = [one for one in unusual(usual(random) + run, [day(30)], limits) if one.kind == "alike"]
    assert set(found.ballots) == {mark.ballot for mark in run}
    two = run[:2]
    assert not [one for one in unusual(two, [day(30)], limits) if one.kind == "alike"]


def test_short_words_of_praise_are_not_compared(limits) -> None:
    marks = [Mark(uuid.uuid4(), 10, (), "非常满意！", day(n)) for n in range(30)]
    assert unusual(marks, [day(29)], limits) == []


def test_plain() -> None:
    assert plain("  Ａ b，Ｃ。书记！") == "abc书记"


@pytest.mark.django_db
def test_the_night_flags_once_and_logs_it_and_the_ballots_count_on(limits, rules) -> None:
    from hengjian.ratings.ballots.releases import valid

    key = key_of_town()
    for _ in range(40):
        put(key, 1, tags=["asked"])
    night = DAY + timedelta(days=1)
    assert jobs.flag(night, limits) == 2  # a flood, and a run
    assert jobs.flag(night, limits) == 0
    flag = Flag.objects.get(kind="flood")
    assert (flag.official, flag.post, len(flag.ballots), flag.figures["count"]) == ("G1", "S1", 40, 40)
    assert Commitment.objects.filter(kind="followups.flag").count() == 2
    assert valid(night).count() == 40
