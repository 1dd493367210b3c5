"""Attachments: the bytes that rows name are there and are those that were sent."""

from collections.abc import Iterator

from hengjian.cli.examining.finding import Finding, Place, amber, green, red, some


def attachments(_place: Place) -> Iterator[Finding]:
    """Every file is read and held against its row; files without a row are told too."""
    from hengjian.desk import shelf
    from hengjian.desk.models import StoredFile

    wrong = [str(version) for version, _what in shelf.faults()]
    if wrong:
        yield red(
            "attachments",
            (
                f"有 {len(wrong)} 个附件文件缺失或被改动（附件号-版本：{some(wrong)}）",
                f"{len(wrong)} files are missing or altered (attachment-version: {some(wrong)})",
            ),
            (
                "请从备份取回 attachments 目录中的原文件；被改动的，保留现场并报告安全审计员",
                "take the files under attachments from a backup; tell the security auditor of altered ones",
            ),
        )
    else:
        count = StoredFile.objects.count()
        yield green(
            "attachments", f"{count} 个附件文件齐备、未被改动", f"{count} files of attachments, unaltered"
        )
    if strays := shelf.strays():
        yield amber(
            "attachments.strays",
            (f"有 {strays} 个文件没有附件记录", f"{strays} files belong to no attachment"),
            (
                "上传中断或恢复旧库所留；核对后从 attachments 目录删去",
                "left by an upload cut off or an older database put back; delete them under attachments",
            ),
        )
