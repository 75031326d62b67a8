"""Which column holds what."""

from __future__ import annotations

from collections import Counter

import pytest

from ephoto.core.errors import UsageError
from ephoto.tables.columns import aliases, folded, resolve


def test_no_name_belongs_to_two_fields():
    names = Counter(name for usual in aliases().values() for name in {folded(n) for n in usual})
    assert [name for name, times in names.items() if times > 1] == []
    assert "" not in names


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (("ID", "Photo"), ("ID", "Photo")),
        (("照片文件", "姓名", "公民身份号码"), ("公民身份号码", "照片文件")),
        (("＊身份证号（必填）", " Ｐｈｏｔｏ　Ｆｉｌｅ "), ("＊身份证号（必填）", " Ｐｈｏｔｏ　Ｆｉｌｅ ")),
        (("id_number", "File-Name"), ("id_number", "File-Name")),
        (("社会保障号码", "文件名"), ("社会保障号码", "文件名")),
    ],
)
def test_usual_names(header, expected):
    assert resolve(header, ("id", "photo")) == dict(zip(("id", "photo"), expected, strict=True))


def code_of(*args, **options):
    with pytest.raises(UsageError) as caught:
        resolve(*args, **options)
    return caught.value


def test_a_given_column_comes_first():
    header = ("id", "证件号码", "图")
    assert resolve(header, ("id", "photo"), {"id": "证件号码", "photo": "图"}) == {"id": "证件号码", "photo": "图"}
    assert resolve(header, ("id",), {"id": "ＩＤ"}) == {"id": "id"}
    error = code_of(header, ("id",), {"id": "护照"})
    assert error.code == "column_unknown"
    assert "证件号码" in error.hint()


def test_missing_and_ambiguous_list_the_columns():
    error = code_of(("id", "证件号码", "姓名"), ("id",))
    assert (error.code, error.values["fitting"]) == ("column_ambiguous", ["id", "证件号码"])
    error = code_of(("姓名", "性别"), ("name", "photo"))
    assert error.code == "column_missing"
    assert "姓名, 性别" in error.hint()
    assert "照片" in error.hint("zh")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (("编号", "身份证号", "文件名", "照片"), ("身份证号", "照片")),
        (("学号", "证件号码", "照片文件名", "路径"), ("证件号码", "照片文件名")),
        (("身分證字號", "工號", "相片"), ("身分證字號", "相片")),
        (("工号", "文件名"), ("工号", "文件名")),
    ],
)
def test_a_number_of_ones_own_yields_to_that_of_the_document(header, expected):
    assert tuple(resolve(header, ("id", "photo")).values()) == expected


def test_two_of_the_second_rank_are_ambiguous():
    assert code_of(("学号", "编号"), ("id",)).values["fitting"] == ["学号", "编号"]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("header", [("x", "姓名"), ("id", "身份证号")])
def test_hints_say_how_to_name_the_column(header, lang):
    error = code_of(header, ("id",))
    assert "--column id=" in error.hint(lang)
    assert len(error.values.get("usual", [])) <= 6
    assert len(error.hint(lang)) < 200


def test_optional_fields_may_be_away():
    assert resolve(("id", "手机号码"), ("id",), optional=("phone", "address")) == {"id": "id", "phone": "手机号码"}


def test_a_field_of_ones_own_stands_for_itself():
    assert resolve(("Shoe size", "id"), ("shoe_size",)) == {"shoe_size": "Shoe size"}


def test_remarks_tell_columns_apart_only_when_given():
    header = ("住址（户籍）", "住址（现居）")
    assert code_of(header, ("address",)).code == "column_ambiguous"
    assert resolve(header, ("address",), {"address": "住址（现居）"}) == {"address": "住址（现居）"}


def test_a_first_row_of_data_is_not_repeated():
    """A table without a header has a person in its place."""
    error = code_of(("110101199003070018", "张三"), ("id",))
    assert error.values["columns"] == ["#1", "#2"]
    assert "张三" not in str(error)
    error = code_of(("110101199003070018", "张三", "身份证"), ("photo",))
    assert error.values["columns"] == ["#1", "#2", "#3"]
