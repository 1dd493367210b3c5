"""The synthetic city: three counties, eighteen townships. None of these names is a real place."""

from dataclasses import dataclass

LABEL = "合成数据"
CITY = ("9901", f"衡川市（{LABEL}）")


@dataclass(frozen=True)
class County:
    """A county, wholly in one functional zone."""

    code: str
    name: str
    zone: str


@dataclass(frozen=True)
class Town:
    """A township with what it has to work with, each from 0 to 1.

    ``industry``, ``farming``, ``ecology``: endowment. ``drive``: how its leaders move things.
    ``service``: how it deals with people. ``standing``: how its leaders stand with those above.
    ``debt``: percent over or under the city's usual debt ratio of projects.
    """

    code: str
    name: str
    county: str
    industry: float
    farming: float
    ecology: float
    drive: float
    service: float
    standing: float
    debt: float


COUNTIES = (
    County("990101", "铸川区", "industrial_transition"),
    County("990102", "穗原县", "main_farming"),
    County("990103", "岫川县", "ecological"),
)

TOWN_Y = "990103001"

TOWNS = (
    Town("990101001", "锻溪镇", "990101", 0.93, 0.12, 0.14, 0.66, 0.48, 0.86, 46.0),
    Town("990101002", "砧桥镇", "990101", 0.85, 0.20, 0.18, 0.58, 0.62, 0.78, 22.0),
    Town("990101003", "炉安镇", "990101", 0.77, 0.16, 0.22, 0.72, 0.55, 0.74, 9.0),
    Town("990101004", "钎石镇", "990101", 0.69, 0.24, 0.26, 0.49, 0.70, 0.63, -12.0),
    Town("990101005", "熔江镇", "990101", 0.74, 0.28, 0.20, 0.61, 0.52, 0.70, 31.0),
    Town("990101006", "铧岭乡", "990101", 0.58, 0.34, 0.31, 0.55, 0.66, 0.57, -20.0),
    Town("990102001", "稷安镇", "990102", 0.44, 0.92, 0.33, 0.68, 0.60, 0.69, 4.0),
    Town("990102002", "禾渡镇", "990102", 0.38, 0.84, 0.36, 0.57, 0.71, 0.62, -8.0),
    Town("990102003", "黍原镇", "990102", 0.41, 0.78, 0.30, 0.63, 0.57, 0.66, 15.0),
    Town("990102004", "菽湾乡", "990102", 0.27, 0.70, 0.44, 0.52, 0.73, 0.51, -18.0),
    Town("990102005", "耘塘镇", "990102", 0.33, 0.75, 0.40, 0.47, 0.59, 0.58, 7.0),
    Town("990102006", "垄桥镇", "990102", 0.30, 0.64, 0.42, 0.60, 0.64, 0.54, -5.0),
    Town(TOWN_Y, "云岫镇", "990103", 0.03, 0.17, 0.95, 0.71, 0.74, 0.36, -34.0),
    Town("990103002", "樨谷镇", "990103", 0.20, 0.36, 0.80, 0.56, 0.61, 0.56, 6.0),
    Town("990103003", "苔岭乡", "990103", 0.10, 0.22, 0.88, 0.50, 0.66, 0.47, -15.0),
    Town("990103004", "霭峰乡", "990103", 0.07, 0.15, 0.91, 0.59, 0.58, 0.49, -22.0),
    Town("990103005", "芷源镇", "990103", 0.24, 0.30, 0.74, 0.64, 0.68, 0.58, 12.0),
    Town("990103006", "雾杉镇", "990103", 0.14, 0.27, 0.83, 0.46, 0.63, 0.52, -4.0),
)
