"""Checks of a plan: each refusal names the indicator or node and what to write instead."""

import math
from itertools import pairwise

import numpy as np

from hengjian.scoring.engine.parts import MEANS, METHODS, Floats, Leaf, Node, Normalise, refuse


def check_plan(leaves: tuple[Leaf, ...], nodes: tuple[Node, ...], cards: Floats | None) -> None:
    """Refuse a plan that cannot be computed.

    Clause: SPEC A9
    Raises: Refused with the indicator or node concerned.
    """
    codes = [leaf.code for leaf in leaves] + [node.code for node in nodes]
    if not leaves or not nodes or len(set(codes)) != len(codes):
        raise refuse("指标或节点为空，或编码重复", "每个编码只能出现一次，且至少一个指标和一个节点", "codes")
    for leaf in leaves:
        _check_leaf(leaf)
    _check_cards(len(leaves), cards)
    for at, node in enumerate(nodes):
        _check_node(node, set(codes[: len(leaves) + at]), carded=cards is not None)


def check_ranking(nodes: tuple[str, ...], step: float, ranked: tuple[str, ...]) -> None:
    """Refuse ranks that cannot be given.

    Clause: SPEC A3
    Raises: Refused when the step is too small or a node to rank is unknown.
    """
    if not step > 0 or round(step * 1e6) < 1:
        raise refuse("并列步长必须不小于 0.000001", "例如 0.01", "step")
    if set(ranked) - set(nodes):
        raise refuse("要排名的节点不在计划中", "请核对 ranked", "ranked")


def _check_leaf(leaf: Leaf) -> None:
    name = f"指标 {leaf.code}"
    if leaf.direction not in (1, -1):
        raise refuse(f"{name} 的方向不是 1 或 -1", "越大越好写 1，越小越好写 -1", "direction")
    if leaf.normalise.method not in METHODS:
        raise refuse(f"{name} 的归一化方法未知：{leaf.normalise.method}", "、".join(METHODS), "method")
    if leaf.missing == "neutral" and leaf.neutral is None:
        raise refuse(f"{name} 缺失时取中性分，但没有给出", "请写 neutral", "neutral")
    if leaf.impute.method == "constant" and not math.isfinite(leaf.impute.value):
        raise refuse(f"{name} 以常数插补，但没有给出", "请写 value", "impute")
    if leaf.treat.method == "limits" and not leaf.treat.low <= leaf.treat.high:
        raise refuse(f"{name} 的截尾下限高于上限", "请核对 low 和 high", "limits")
    _check_method(name, leaf.normalise, leaf.direction)


def _check_method(name: str, spec: Normalise, direction: int) -> None:
    if spec.method in ("scaled", "goalposts"):
        low = 0.0 if spec.ln else -math.inf
        if not (low < spec.low < spec.high < math.inf):
            raise refuse(
                f"{name} 的两端不成立：{spec.low}, {spec.high}",
                "下端要小于上端，取对数时都要为正",
                "posts",
            )
    aimed = spec.method in ("distance_to_target", "completion")
    least = 0.0 if spec.method == "completion" else -math.inf
    if aimed and not spec.target_column and not least < spec.target < math.inf:
        raise refuse(f"{name} 没有可用的目标值", "请写 target 或 target_column", "target")
    if spec.method.startswith("band"):
        _check_bands(name, spec, direction)


def _check_bands(name: str, spec: Normalise, direction: int) -> None:
    if len(spec.bands) < 2:
        raise refuse(f"{name} 的分档表少于两档", "请写 bands", "bands")
    values = [value for value, _ in spec.bands]
    points = [point * direction for _, point in spec.bands]
    if any(a >= b for a, b in pairwise(values)):
        raise refuse(f"{name} 的分档界限没有递增", "请按数值从小到大写", "bands")
    if any(a > b for a, b in pairwise(points)):
        raise refuse(f"{name} 的分档得分与方向相反", "越好的值得分不能越低", "bands")
    first = spec.bands[0][0]
    if spec.method == "band_linear" and not all(math.isfinite(value) for value in values):
        raise refuse(f"{name} 的线性分档界限必须有限", "请写具体数值", "bands")
    if spec.method == "band_steps" and first != -math.inf:
        raise refuse(f"{name} 的最低一档没有下限", "第一档的界限请写 -.inf", "bands")


def _check_cards(leaves: int, cards: Floats | None) -> None:
    if cards is None:
        return
    if cards.ndim != 2 or cards.shape[1] != leaves:
        raise refuse("计分表的列数与指标数不符", f"应有 {leaves} 列", "cards")
    if not np.all(np.isfinite(cards)) or np.any(cards < 0) or np.any(cards.sum(axis=1) <= 0):
        raise refuse("计分表的权重必须非负且不全为零", "请核对权重", "cards")


def _check_node(node: Node, earlier: set[str], *, carded: bool) -> None:
    name = f"节点 {node.code}"
    if not node.children or set(node.children) - earlier or len(set(node.children)) != len(node.children):
        raise refuse(f"{name} 的下级不存在、重复或排在它后面", "下级要先于上级列出", "children")
    if node.mean not in MEANS:
        raise refuse(f"{name} 的合成方法未知：{node.mean}", "、".join(MEANS), "mean")
    if node.mean == "power" and not math.isfinite(node.power):
        raise refuse(f"{name} 的幂不是有限数", "请写 power", "power")
    if not node.weights and not carded:
        raise refuse(f"{name} 没有权重，计划也没有计分表", "请写 weights 或 cards", "weights")
    if node.weights:
        _check_weights(name, node)
    if not 0.0 <= node.minimum <= 1.0:
        raise refuse(f"{name} 的最低到位比例不在 0 到 1 之间", "例如 0.5", "minimum")


def _check_weights(name: str, node: Node) -> None:
    good = all(math.isfinite(w) and w >= 0 for w in node.weights)
    if len(node.weights) != len(node.children) or not good or sum(node.weights) <= 0:
        raise refuse(f"{name} 的权重与下级不对应，或不是非负数", "每个下级一个权重，且不全为零", "weights")
