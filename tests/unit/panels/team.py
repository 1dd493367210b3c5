"""A synthetic township's team with everybody who rates it; 合成数据, no person in it is real."""

from datetime import UTC, date, datetime
from functools import cache

from hengjian.policy import folder
from hengjian.ratings.panels.operations import Office

TOWN, COUNTY = "T01", "C01"
CHIEF, CHIEF_POST = "ZS", "ZS-P"
DEPUTIES = tuple(f"FS{n}" for n in range(1, 7))
MIDDLES = tuple(f"ZC{n}" for n in range(1, 7))
LEADERS = ("XZ1", "XF1", "XF2")
SELF_BY, OPENS, CLOSES = date(2026, 6, 5), date(2026, 6, 8), date(2026, 6, 19)
BEFORE = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
SELF_DAY = datetime(2026, 6, 3, 2, 0, tzinfo=UTC)
OPEN_DAY = datetime(2026, 6, 10, 2, 0, tzinfo=UTC)
AFTER = datetime(2026, 6, 22, 2, 0, tzinfo=UTC)
SINCE = date(2022, 1, 1)
SALT = b"salt of the tests"


def office(now: datetime = BEFORE, by: str = "考核办") -> Office:
    """The office at a moment, under the shipped policy."""
    return Office(by, now, files(), SALT)


@cache
def files() -> folder.PolicyFolder:
    """The shipped policy, read once."""
    return folder.load(folder.shipped()["seed"])


def build() -> None:
    """A county with three leaders, a town with a chief, six deputies and six of middle level."""
    from hengjian.roster.models import Organisation, ZoneAssignment

    county = Organisation.objects.create(
        code=COUNTY, name="合成县", short_name="合成县", level="county", path=f"/{COUNTY}/", since=SINCE
    )
    town = Organisation.objects.create(
        code=TOWN, name="合成镇", short_name="合成镇", level="township", parent=county,
        path=f"/{COUNTY}/{TOWN}/", since=SINCE,
    )  # fmt: skip
    ZoneAssignment.objects.create(organisation=county, zone="ecological", since=SINCE)
    seat(county, LEADERS[0], "principal", "县委书记")
    for code in LEADERS[1:]:
        seat(county, code, "deputy", "副县长")
    seat(town, CHIEF, "principal", "镇党委书记")
    for code in DEPUTIES:
        seat(town, code, "deputy", "副镇长")
    for code in MIDDLES:
        seat(town, code, "middle", "办公室主任")


def seat(home, code: str, category: str, title: str) -> None:
    """One official on one post."""
    from hengjian.roster.models import Official, Post, Tenure

    person = Official.objects.create(code=code, name=f"合成{code}", sort_key=code)
    post = Post.objects.create(
        code=f"{code}-P", title=title, organisation=home, category=category, level=home.level,
        public_facing=True, single_holder=True, since=SINCE,
    )  # fmt: skip
    Tenure.objects.create(official=person, post=post, single_holder=True, since=date(2024, 1, 1))


def outsiders(grid: int = 5):
    """Two of the department, two institutions, grid workers, three delegates, two of the staff."""
    from hengjian.ratings.panels import rolls

    wanted = [
        *(("ZZ", "department", COUNTY, "") for _n in range(2)),
        *(("JG", "institution", COUNTY, "合成评估院") for _n in range(2)),
        *(("WG", "grid_worker", TOWN, "") for _n in range(grid)),
        *(("DB", "delegate", COUNTY, "") for _n in range(3)),
        *(("GZ", "staff", TOWN, "") for _n in range(2)),
    ]
    drafts = [
        rolls.OutsiderDraft(f"{prefix}-{at:02}", kind, home, SINCE, name=name and f"{name}{at}")
        for at, (prefix, kind, home, name) in enumerate(wanted, start=1)
    ]
    return rolls.enrol(drafts, office())


def plan(**changed):
    """A round of the town's officials."""
    from hengjian.ratings.panels.rolls import RoundPlan

    given = {
        "period": "2026-H1", "title": "合成镇 2026 年上半年评价", "organisations": (TOWN,),
        "self_by": SELF_BY, "opens_on": OPENS, "closes_on": CLOSES,
    }  # fmt: skip
    return RoundPlan(**(given | changed))


def drawn():
    """A round with all its rolls drawn up."""
    from hengjian.ratings.panels import rolls

    build()
    outsiders()
    held = rolls.open_round(plan(), office())
    rolls.draw_up(held, office())
    return held


def drawn_with_the_county():
    """A round of the town's officials and of the county's leaders."""
    from hengjian.ratings.panels import rolls

    build()
    outsiders()
    held = rolls.open_round(plan(organisations=(COUNTY, TOWN)), office())
    rolls.draw_up(held, office())
    return held


def roll_of(held, official: str = CHIEF):
    """The roll about an official."""
    from hengjian.ratings.panels.models import Roll

    return Roll.objects.get(round=held, official__code=official)


def member(roll, rater: str):
    """A rater on a roll."""
    from hengjian.ratings.panels.models import Member

    rows = Member.objects.select_related("asked__official", "asked__outsider", "roll__round")
    found = [one for one in rows.filter(roll=roll) if rater in _codes(one)]
    assert len(found) == 1, rater
    return found[0]


def _codes(one):
    from hengjian.ratings.panels.rolls import code_of

    return {code_of(one.asked)}


def keys():
    """Issuer keys made once for all tests: making one takes a moment, and which one it is does not matter."""
    from itertools import count

    from hengjian.proof.blind_keys import SecretKey

    at = count()

    def make() -> SecretKey:
        number = next(at)
        if number == len(_KEYS):
            _KEYS.append(SecretKey.generated(bits=2048))
        return _KEYS[number]

    return make


_KEYS: list = []
