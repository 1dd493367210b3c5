"""How each rule of the loader is broken once: the shape of a break, and texts to break with."""

from typing import NamedTuple


class Break(NamedTuple):
    """How a rule is broken: old text to new, the fault's code, where it is told, what it says."""

    code: str
    file: str
    old: str
    new: str
    at: str
    says: str
    do: str = ""


DEBT, ZONE, CARD = "cost_benefit/debt.yaml", "indicators/zone.yaml", "scorecards/ecological.yaml"
GROUPS, PANELS, GRADES = "groups/groups.yaml", "panels/presets.yaml", "grades/grades.yaml"
COUNTY = """
try_county:
  name: 试调
  name_en: try
  clause: SPEC A2
  owner: 某县委组织部
  county: C1
  zone: ecological
  category: principal
  reason: {reason}
  versions:
    2026-01-01:
      change: {change}
"""
GOOD_CHANGE = "{gep: 5, tax_per_mu: -5}"


def county(change: str = GOOD_CHANGE, reason: str = "生态保护任务重") -> str:
    return COUNTY.format(change=change, reason=reason)


INDEX = """
trial:
  name: 试指数
  name_en: trial
  clause: SPEC A9
  owner: 市统计局
  versions:
    2026-01-01:
{nodes}
"""


def index(*nodes: str) -> str:
    return INDEX.format(nodes="\n".join(f"      {node}" for node in nodes))


def node(code: str, children: str) -> str:
    return f"  {code}: {{name: 甲, name_en: a, children: {{{children}}}}}"
