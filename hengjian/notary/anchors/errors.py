"""What can go wrong with anchors, in words."""

from hengjian.terms.errors import Refused, Tampered


class Unreachable(Refused):
    """The place does not answer; what is due stays due."""


class NodeRefused(Refused):
    """The node answered with an error."""


def unreachable(where: str, why: str) -> Unreachable:
    """The place does not answer."""
    return Unreachable(
        f"锚定点没有应答：{why}",
        where=where,
        do="到时的锚定都留着；恢复后运行 hengjian anchor send 会按顺序补齐",
        code="anchor.unreachable",
    )


def node_refused(where: str, method: str, why: str) -> NodeRefused:
    """The node said no."""
    return NodeRefused(
        f"节点拒绝了 {method}：{why}",
        where=where,
        do="请核对 anchors.yaml 的合约地址、密钥文件和账户余额",
        code="anchor.node_refused",
    )


def missing_extra(package: str) -> Refused:
    """The optional parts are not installed."""
    return Refused(
        f"没有安装锚定用的包（缺 {package}）",
        do="请安装：pip install 'hengjian[anchor]'",
        code="anchor.extra_missing",
    )


def differs(what: str, where: str) -> Tampered:
    """What was read back is not what the log says."""
    return Tampered(
        what,
        where=where,
        do="请停止发布，由审计人员对照见证方的签名查明是哪一方被改动",
        code="anchor.differs",
    )
