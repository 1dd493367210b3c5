"""Composite indices: known children, one total, no circle."""

from collections.abc import Mapping
from typing import Any

from hengjian.policy.checks_dates import spans
from hengjian.policy.errors import nearest
from hengjian.policy.library import Library, Loaded


def check_indices(library: Library) -> None:
    """Check every index of the library.

    Clause: SPEC A9
    """
    for item in library.of("index").values():
        for day, _, version in spans(item.entry.versions):
            here = ("versions", day.isoformat(), "nodes")
            _children(library, item, here, version.nodes)
            _one_total(library, item, here, version.nodes)
            _total(library, item, here, version)


def _children(library: Library, item: Loaded, here: tuple[str, ...], nodes: Mapping[str, Any]) -> None:
    parents: dict[str, str] = {}
    indicators = library.codes("indicators")
    for code, node in nodes.items():
        if code in indicators:
            library.refuse("node_code", f"节点“{code}”与指标同名", item.where(*here, code), "请另取代码")
        for child in node.children:
            where = item.where(*here, code, "children", child)
            if child not in nodes and child not in indicators:
                hint = nearest(child, [*nodes, *indicators])
                library.refuse("unknown_code", f"没有代码为“{child}”的节点或指标", where, hint)
            if child in parents:
                what = f"“{child}”已是“{parents[child]}”的下级"
                library.refuse("node_twice", what, where, "每个节点只能有一个上级")
            parents[child] = code


def _one_total(library: Library, item: Loaded, here: tuple[str, ...], nodes: Mapping[str, Any]) -> None:
    children = {child for node in nodes.values() for child in node.children}
    tops = [code for code in nodes if code not in children]
    if len(tops) != 1:
        what = f"最上层节点应恰为一个，现有 {len(tops)} 个（{'、'.join(tops) or '成环'}）"
        library.refuse("node_total", what, item.where(*here), "请使其余节点都有上级")
        return
    reached, queue = set[str](), list(tops)
    while queue:
        code = queue.pop()
        if code in nodes and code not in reached:
            reached.add(code)
            queue.extend(nodes[code].children)
    for code in nodes:
        if code not in reached:
            library.refuse("node_circle", f"节点“{code}”处于环中", item.where(*here, code), "请改正上下级")


def _total(library: Library, item: Loaded, here: tuple[str, ...], version: Any) -> None:
    if version.total is None:
        return
    weights = [
        weight
        for node in version.nodes.values()
        for child, weight in node.children.items()
        if child not in version.nodes
    ]
    if abs(sum(weights) - version.total) > version.rounding + 1e-9:
        library.refuse(
            "weights_sum",
            f"指标权重合计 {sum(weights):g}，不等于所声明的 {version.total:g}（允差 {version.rounding:g}）",
            item.where(*here),
            "请改正权重，或改写 total、rounding",
        )
