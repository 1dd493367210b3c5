"""The synthetic leading groups: six in each township, names drawn from lists, nobody real."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random

from hengjian.demo.places import TOWN_Y, TOWNS, Town

SEED = "hengjian-demo-people"
SURNAMES = (
    "赵钱孙李周吴郑冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏"
    "陶姜戚谢邹喻柏水窦章苏潘葛范彭郎鲁韦马苗凤方俞任袁柳"
)
FIRST = "文志建立国永德景承维思启守正怀明远知行若书清云松林山川海宁安和平嘉景"
SECOND = "华明军平勇强辉峰涛斌杰伟敏静丽芳娟霞玲莉洁雯岚昕宁远航成达信诚义仁礼智"


@dataclass(frozen=True)
class Member:
    """One member of a township's leading group. ``skill`` and ``trust`` from 0 to 1."""

    official: str
    name: str
    post: str
    title: str
    town: Town
    category: str
    rank: str
    since: date
    opening_debt_ratio: float
    skill: float
    trust: float


def _posts(town: Town) -> tuple[tuple[str, str, str], ...]:
    head = "乡长" if town.name.endswith("乡") else "镇长"
    return (
        ("党委书记", "principal", "section_principal"),
        (f"党委副书记、{head}", "principal", "section_principal"),
        ("党委副书记", "deputy", "section_deputy"),
        ("党委委员、纪委书记", "deputy", "section_deputy"),
        (f"副{head}（经济发展）", "deputy", "section_deputy"),
        (f"副{head}（民生保障）", "deputy", "section_deputy"),
    )


@cache
def members() -> tuple[Member, ...]:
    """All 108, the same at every call."""
    draw = Random(SEED)  # noqa: S311
    names = _names(draw)
    return tuple(_member(town, seat, next(names), draw) for town in TOWNS for seat in range(6))


@cache
def wang() -> Member:
    """The party secretary of town Y."""
    return next(m for m in members() if m.town.code == TOWN_Y and m.title.endswith("党委书记"))


def _names(draw: Random) -> Iterator[str]:
    seen: set[str] = set()
    while True:
        name = draw.choice(SURNAMES) + draw.choice(FIRST) + draw.choice(SECOND)
        if name not in seen:
            seen.add(name)
            yield name


def _member(town: Town, seat: int, name: str, draw: Random) -> Member:
    title, category, rank = _posts(town)[seat]
    number = f"{town.code[-6:]}{seat + 1}"
    is_wang = town.code == TOWN_Y and seat == 0
    year, month = draw.randint(2021, 2024), draw.choice((3, 6, 9))
    skill, trust = draw.uniform(-0.16, 0.16), draw.uniform(-0.14, 0.14)
    return Member(
        official=f"D{number}",
        name="王某" if is_wang else name,
        post=f"P{number}",
        title=f"{town.name}{title}",
        town=town,
        category=category,
        rank=rank,
        since=date(2022, 3, 1) if is_wang else date(year, month, 1),
        opening_debt_ratio=round(max(0.0, 70.0 + town.debt * 0.6), 1),
        skill=0.10 if is_wang else round(skill, 3),
        trust=0.12 if is_wang else round(trust, 3),
    )
