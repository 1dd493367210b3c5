"""What a file is, told by its bytes and never by its name; what is refused, and why.

Trusted with nothing: whoever sends a file may have made it to harm whoever opens it. What this cannot see
(a fault of the reader's own program) is why files are only ever handed out to be saved, never shown.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from hengjian.desk.models import NAME, Form
from hengjian.terms.errors import Refused

MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 20_000
MOST_UNPACKED, MOST_MEMBERS = 200_000_000, 2_000
ENDINGS = {
    Form.PDF: (".pdf",), Form.DOCX: (".docx",), Form.XLSX: (".xlsx",), Form.PNG: (".png",),
    Form.JPEG: (".jpg", ".jpeg"),
}  # fmt: skip
MAIN = {
    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": Form.DOCX,
    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": Form.XLSX,
}
ACTIVE = re.compile(
    r"vbaproject|vbadata|macrosheets|activex|/embeddings/|oleobject|\.exe$|\.dll$", re.IGNORECASE
)
REMOTE = re.compile(
    rb"(?:attachedTemplate|oleObject|frame|subDocument|externalLinkPath)\"[^>]*External", re.IGNORECASE
)
IN_PDF = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia)\b")
PNG, JPEG, PDF, ZIP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"%PDF-", b"PK\x03\x04"
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the segments of a JPEG that say its size


@dataclass(frozen=True)
class Sound:
    """A file that was looked through: what it is, under which name it is shown and handed out."""

    form: Form
    name: str
    data: bytes


def looked_through(name: str, data: bytes) -> Sound:
    """Say what a file is.

    Clause: SPEC T-E9
    Raises: Refused for anything but PDF, Word, Excel, PNG and JPEG, and for one made to harm.
    """
    if not data:
        raise _refused(_("文件是空的"), "desk.file_empty")
    if len(data) > MOST_BYTES:
        raise Refused(_("文件超过 20 MB"), do=_("请压缩或分成几份"), code="desk.file_size")
    form = _form(data)
    return Sound(form, _name(name, form), data)


def _form(data: bytes) -> Form:
    if data.startswith(PNG):
        return _image(Form.PNG, _png(data))
    if data.startswith(JPEG):
        return _image(Form.JPEG, _jpeg(data))
    if data.startswith(PDF):
        return _pdf(data)
    if data.startswith(ZIP):
        return _office(data)
    raise _refused(_("不是 PDF、Word（.docx）、Excel（.xlsx）、PNG 或 JPEG 文件"), "desk.file_kind")


def _pdf(data: bytes) -> Form:
    if b"%%EOF" not in data[-2_048:]:
        raise _refused(_("PDF 文件不完整"), "desk.file_broken")
    if IN_PDF.search(data):
        raise _refused(_("PDF 中带有程序或夹带的文件"), "desk.file_active")
    return Form.PDF


def _image(form: Form, size: tuple[int, int] | None) -> Form:
    if size is None:
        raise _refused(_("图片不完整"), "desk.file_broken")
    if 0 in size or max(size) > LONGEST_SIDE or size[0] * size[1] > MOST_PIXELS:
        raise _refused(_("图片尺寸过大（最多 5000 万像素）"), "desk.file_pixels")
    return form


def _png(data: bytes) -> tuple[int, int] | None:
    if data[12:16] != b"IHDR" or data[-8:-4] != b"IEND":
        return None
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """Width and height as the frame says; None without one, or without an end."""
    at = 2
    if b"\xff\xd9" not in data[-64:]:
        return None
    while at + 9 < len(data) and data[at] == 0xFF:
        if data[at + 1] in FRAMES:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        if data[at + 1] == 0xFF:
            at += 1
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
    return None


def _office(data: bytes) -> Form:
    """A document of Word or Excel without anything that runs, reaches out or unpacks without end."""
    try:
        members = _unpacked(data)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as fault:
        raise _refused(_("文件已损坏"), "desk.file_broken") from fault
    if any(name.startswith("/") or ".." in name.split("/") or "\\" in name for name in members):
        raise _refused(_("压缩包内部结构异常"), "desk.file_paths")
    types = members.get("[Content_Types].xml", b"")
    for name, content in members.items():
        if name.lower().endswith((".xml", ".rels", ".vml")):
            _check_markup(content)
    if ACTIVE.search("\n".join(members)) or b"macroEnabled" in types or b"vbaProject" in types:
        raise _refused(_("文件带有宏、控件或夹带的文件"), "desk.file_active")
    forms = {form for said, form in MAIN.items() if said in types}
    if len(forms) != 1:
        raise _refused(_("不是 PDF、Word（.docx）、Excel（.xlsx）、PNG 或 JPEG 文件"), "desk.file_kind")
    return forms.pop()


def _unpacked(data: bytes) -> dict[str, bytes]:
    """Every member, counted while it is unpacked: what the zip claims is not believed."""
    found: dict[str, bytes] = {}
    room = MOST_UNPACKED
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        if len(members) > MOST_MEMBERS or len({one.filename.lower() for one in members}) != len(members):
            raise _refused(_("压缩包内部结构异常"), "desk.file_paths")
        if any(one.flag_bits & 1 for one in members):
            raise _refused(_("文件加了密码"), "desk.file_password")
        if sum(one.file_size for one in members) > room:
            raise _refused(_("文件解开后超过 200 MB"), "desk.file_bomb")
        for one in members:
            with archive.open(one) as stream:
                found[one.filename] = stream.read(room + 1)
            room -= len(found[one.filename])
            if room < 0:
                raise _refused(_("文件解开后超过 200 MB"), "desk.file_bomb")
    return found


def _check_markup(content: bytes) -> None:
    plain = content.replace(b"\0", b"")  # UTF-16 says the same with a NUL beside each letter
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise _refused(_("文件内部的 XML 含有文档类型或实体声明"), "desk.file_entities")
    if REMOTE.search(plain):
        raise _refused(_("文件会从外部取内容"), "desk.file_remote")


def _name(name: str, form: Form) -> str:
    """The last part of a name in visible letters, with the ending of what the file is."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = " ".join("".join(letter for letter in last if letter.isprintable()).split()) or str(form.label)
    stem, ending = PurePosixPath(plain).stem, PurePosixPath(plain).suffix.lower()
    if ending not in ENDINGS[form]:
        stem, ending = plain, ENDINGS[form][0]
    return stem[: NAME - len(ending)] + ending


def _refused(what: str, code: str) -> Refused:
    return Refused(what, do=_("请用原来的软件另存后再上传；来路不明的文件不要打开"), code=code)
