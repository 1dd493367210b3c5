"""A file is what its bytes are; what could harm whoever opens it is refused by its reason."""

import io
import zipfile

import pytest

from hengjian.desk import contents
from hengjian.desk.contents import looked_through
from hengjian.desk.models import Form
from hengjian.terms.errors import Refused
from tests.unit.desk.conftest import EXCEL, PDF, WORD, jpeg, office, png

RELATION = '<Relationship Type="http://x/{}" Target="{}" TargetMode="External"/>'


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (PDF, Form.PDF), (png(), Form.PNG), (jpeg(), Form.JPEG), (office(), Form.DOCX),
        (office(EXCEL), Form.XLSX),
        (office(**{"_rels.rels": RELATION.format("hyperlink", "https://example.cn")}), Form.DOCX),
    ],
)  # fmt: skip
def test_sound_files_are_taken_for_what_they_are(data: bytes, form: Form) -> None:
    sound = looked_through("材料.exe", data)
    assert sound.form == form
    assert sound.name == "材料.exe" + contents.ENDINGS[form][0]


def test_what_real_writers_make_is_sound() -> None:
    from docx import Document

    from hengjian.evidence.desk import template

    buffer = io.BytesIO()
    Document().save(buffer)
    assert looked_through("文.docx", buffer.getvalue()).form == Form.DOCX
    assert looked_through("表.xlsx", template("metric")).form == Form.XLSX


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"x" * (contents.MOST_BYTES + 1), "file_size"),
        (b"MZ\x90\0 a program", "file_kind"),
        (b"<html><script>alert(1)</script></html>", "file_kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "file_kind"),
        (PDF[:-8], "file_broken"),
        (PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript>>"), "file_active"),
        (PDF.replace(b"/Catalog", b"/Catalog/EmbeddedFiles"), "file_active"),
        (png(30_000, 1), "file_pixels"),
        (png(9_000, 9_000), "file_pixels"),
        (png()[:-6], "file_broken"),
        (jpeg(20_000, 20_000), "file_pixels"),
        (jpeg()[:20], "file_broken"),
        (office()[:-30], "file_broken"),
        (office("application/zip"), "file_kind"),
        (office(WORD.replace("document.main", "document.macroEnabled.main")), "file_active"),
        (office(word__vbaProject="x"), "file_active"),
        (office(word__embeddings__a="x"), "file_active"),
        (office(**{"word__activeX__a.bin": "x"}), "file_active"),
        (office(**{"..__..__etc__passwd": "x"}), "file_paths"),
        (office(**{"a.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'}), "file_entities"),
        (office(**{"a.xml": '<!DOCTYPE a>'.encode("utf-16")}), "file_entities"),
        (office(**{"a.rels": RELATION.format("attachedTemplate", "http://evil.example/t")}), "file_remote"),
    ],
)  # fmt: skip
def test_what_is_disguised_or_harmful_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        looked_through("材料.pdf", data)
    assert refused.value.code == f"desk.{code}"
    assert refused.value.do


def test_a_bomb_is_refused_whatever_it_claims() -> None:
    bomb = office(**{"a.bin": b"\0" * (contents.MOST_UNPACKED + 1)})
    assert len(bomb) < 1_000_000
    with pytest.raises(Refused) as refused:
        looked_through("a.docx", bomb)
    assert refused.value.code == "desk.file_bomb"
    lying = bytearray(bomb)
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = lying.rindex(signature)
        lying[at + offset : at + offset + 4] = (10).to_bytes(4, "little")
    with pytest.raises(Refused):
        looked_through("a.docx", bytes(lying))


def test_too_many_or_doubled_members_are_refused() -> None:
    many = office(**{f"n{n}": "" for n in range(contents.MOST_MEMBERS)})
    with pytest.raises(Refused, match="结构异常"):
        looked_through("a.docx", many)
    buffer = io.BytesIO(office())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("MAIN.xml", "<other/>")
    with pytest.raises(Refused, match="结构异常"):
        looked_through("a.docx", buffer.getvalue())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\x\\说明.PDF", "说明.pdf"),
        ("a\u202efdp.exe", "afdp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("", "PDF 文件.pdf"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_a_name_is_only_shown(name: str, shown: str) -> None:
    assert looked_through(name, PDF).name == shown
