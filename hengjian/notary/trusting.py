"""The trust file of the notary's folder: who counts as this log, and whose cosignatures count."""

from pathlib import Path

from django.utils.translation import gettext as _

from hengjian.notary.errors import NotaryRefused
from hengjian.proof.errors import ProofError
from hengjian.proof.keys import Signer
from hengjian.proof.trust import TrustPolicy, parse


def trust_in(path: Path) -> TrustPolicy:
    """The trust policy of a file.

    Raises: NotaryRefused when it is missing, malformed, or names no log.
    """
    try:
        policy = parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        raise NotaryRefused(
            _("还没有信任策略文件"),
            where=str(path),
            do=_("请先运行 hengjian notary init"),
            code="notary.no_trust",
        ) from fault
    except (OSError, ProofError, UnicodeDecodeError) as fault:
        raise NotaryRefused(
            _("信任策略文件有误：%s") % fault,
            where=str(path),
            do=_("请照 C2SP tlog-policy 改正"),
            code="notary.trust",
        ) from fault
    if not policy.logs:
        raise NotaryRefused(_("信任策略文件里没有日志"), where=str(path), code="notary.trust_other")
    return policy


def read_trust(path: Path, log: Signer) -> TrustPolicy:
    """The trust policy; the log's own key must stand in it.

    Raises: NotaryRefused when it is missing, malformed, or about another log.
    """
    policy = trust_in(path)
    if log.vkey not in {each.vkey for each in policy.logs}:
        raise NotaryRefused(
            _("信任策略文件里没有本日志的公钥"),
            where=str(path),
            do=f"log {log.vkey}",
            code="notary.trust_other",
        )
    return policy
