"""What names a person is taken out of a comment; days, sums and plain words stay."""

import pytest

from hengjian.ratings.ballots.redaction import redacted

NAMES = ["欧阳", "欧阳春", "李", "王建国"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("电话13800138000。", "电话〔电话〕。"),
        ("+86 138-0013-8000", "+〔电话〕"),
        ("办公室0571-88886666", "办公室〔电话〕"),
        ("138  0013  8000", "〔电话〕"),
        ("138,0013,8000", "〔电话〕"),
        ("138_0013_8000", "〔电话〕"),
        ("138/0013/8000", "〔电话〕"),
        ("138—0013—8000", "〔电话〕"),
        ("138\n0013\n8000", "〔电话〕"),
        ("一三八零零一三八零零零", "〔电话〕"),
        ("壹叁捌零零壹叁捌零零零", "〔电话〕"),
        ("13800138000元", "〔电话〕元"),
        ("电话88886666人没接", "电话〔电话〕人没接"),
        ("11010519491231002X", "〔身份证号〕"),
        ("110105 19491231 002X", "〔身份证号〕"),
        ("110105194912310021", "〔号码〕"),
        ("写到 zhang.san@example.com 也行", "写到 〔邮箱〕 也行"),
        ("微信号：zhang_88abc", "微信号：〔号码〕"),
        ("QQ 123456", "QQ 〔号码〕"),
        ("欧阳春和欧阳都在", "〔姓名〕和〔姓名〕都在"),
        ("王 建国书记", "〔姓名〕书记"),
        ("王\n建 国", "〔姓名〕"),
        ("我叫李小明电话没人接", "我叫〔姓名〕电话没人接"),
        ("我是张三，来办证", "我是〔姓名〕，来办证"),
    ],
)
def test_what_names_a_person_is_taken_out(written: str, told: str) -> None:
    assert redacted(written, NAMES) == told


@pytest.mark.parametrize(
    "written",
    [
        "跑了3次，花了2026元，10分", "2026-01-15 办的", "20260115 办的", "2026年1月15日",
        "2026-01-15 10:30 去的",
        "花了1500000元", "1500000 元", "12,500,000元", "150万", "我是来办证的", "我是本地人", "我是高中生",
        "我是李家村的", "我叫了三次都没人理", "李子很甜",
    ],
)  # fmt: skip
def test_what_names_nobody_stays(written: str) -> None:
    assert redacted(written, NAMES) == written


@pytest.mark.parametrize("unit", ["1 ", "a", "a@", "微信", "我是", "我叫王", "1,,,", " ", "王 "])
def test_a_long_text_comes_back(unit: str) -> None:
    """An expression that tried every way would not."""
    assert redacted(unit * (100_000 // len(unit)), NAMES)
