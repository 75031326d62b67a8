"""What cards are called: templates, and names that would leave OUT or fit no disk."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.batch.items import Item
from ephoto.batch.naming import Naming, folded, masked, safe_path
from ephoto.core.errors import InputError, UsageError

ID = "11010119900307003X"


def naming(template=None, *, has_ids=False, format="JPEG"):
    return Naming(template, spec_id="cn-1inch", format=format, has_ids=has_ids)


def row(id_=ID, photo="raw/p1.png", **fields):
    return Item(id_, photo, 1, 1, id_, {"id": id_, "photo": photo} | fields, 2, photo)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        (None, f"{ID}.jpg"),
        ("{id}.jpg", f"{ID}.jpg"),
        ("{id}{name}.jpg", f"{ID}张三.jpg"),
        ("{name}/{stem}-{spec}.{ext}.jpeg", "张三/p1-cn-1inch.png.jpeg"),
        ("{folder}/{No.}.jpg", "raw/7.jpg"),
        ("{{{id}}}.jpg", f"{{{ID}}}.jpg"),
        ("{证件[1]}.jpg", "brackets.jpg"),
    ],
)
def test_templates_with_a_table(template, name):
    item = row(name="张三", **{"No.": "7", "证件[1]": "brackets"})
    assert naming(template, has_ids=True).name(item) == name


@pytest.mark.parametrize(
    ("key", "name"),
    [("a/b/c.d.png", "a/b/c.d.jpg"), ("x.jpg", "x.jpg"), ("./x.jpg", "x.jpg"), ("a\\b.jpg", "a/b.jpg")],
)
def test_without_a_table_the_photos_own_path(key, name):
    assert naming().name(Item(key, key, 1, 1)) == name


def test_a_card_that_is_a_png_is_called_so():
    assert naming(format="PNG").name(Item("a.jpg", "a.jpg", 1, 1)) == "a.png"


@pytest.mark.parametrize(
    "template",
    ["{}.jpg", "{0}.jpg", "{id.jpg", "id}.jpg", "{id}.jpg", "{name}.jpg", "{stem!r}.jpg", "{stem:>9}.jpg",
     "{stem:d}.jpg",
     "../{stem}.jpg", "/tmp/{stem}.jpg", "a/../{stem}.jpg", "{stem.__class__}.jpg", "{stem[0]}.jpg"],
)  # fmt: skip
def test_templates_that_cannot_be(template):
    with pytest.raises(UsageError) as caught:
        naming(template)
    assert caught.value.code == "bad_option"


@pytest.mark.parametrize("template", ["{stem}", "{stem}.png", "", "{stem}.jpg/", "{stem}.{ext}"])
def test_a_template_that_promises_another_format(template):
    with pytest.raises(UsageError):
        naming(template)


@pytest.mark.parametrize("template", ["{name.x}.jpg", "{0}.jpg", "{id[0]}.jpg", "{surname}.jpg"])
def test_words_that_are_no_columns_are_told_with_those_that_are(template):
    with pytest.raises(UsageError) as caught:
        naming(template, has_ids=True).name(row(姓名="张三"))
    assert caught.value.code == "bad_option"
    assert "{姓名}" in caught.value.values["allowed"]
    assert "张三" not in str(caught.value.values)


@pytest.mark.parametrize(
    "id_",
    ["a/b", "..", ".", "../x", "a\\b", "a:b", "C:", "x?", "a\x00b", "a\nb", "\ud800", ".hidden", "NUL", "com1.x", " ",
     " a",
     "x" * 256, "身" * 90, "/", "*"],
)  # fmt: skip
def test_ids_that_no_file_can_have(id_):
    with pytest.raises(InputError) as caught:
        naming(has_ids=True).name(row(id_))
    assert caught.value.code == "name_unsafe"
    assert id_.strip() == "" or len(id_) < 3 or id_ not in caught.value.message()


@pytest.mark.parametrize("value", ["", "a/b", "..", "a|b", "\t"])
def test_columns_that_no_file_can_have(value):
    item = row(name=value)
    if value == "..":
        assert naming("{id}{name}.jpg", has_ids=True).name(item) == f"{ID}...jpg"
        value = ""
        item = row(name=value)
    with pytest.raises(InputError):
        naming("{id}{name}.jpg", has_ids=True).name(item)


parts = st.text(st.characters(codec="utf-8") | st.sampled_from("./\\: *"), max_size=12)


@given(
    key=parts, id_=parts, name=parts, template=st.sampled_from([None, "{id}{name}.jpg", "{folder}/{name}/{stem}.jpg"])
)
def test_no_name_leaves_out(key, id_, name, template, tmp_path_factory):
    item = Item(id_ or "k", key, 1, 1, id_ or "k", {"name": name}, 2, key)
    for words in (naming(template, has_ids=True), naming()):
        try:
            made = words.name(item)
        except InputError:
            continue
        path = os.path.normpath("/out/" + made)
        assert path.startswith("/out/")
        assert path == "/out/" + made
        assert all(len(part.encode()) <= 255 and not part.startswith(".") for part in made.split("/"))


@given(key=parts, n=st.integers(0, 9))
def test_nor_does_a_copy_in_quarantine(key, n):
    made = safe_path(key, n)
    assert os.path.normpath("/q/" + made) == "/q/" + made
    assert ".." not in made.split("/")


@pytest.mark.parametrize(("one", "other"), [("A.jpg", "a.JPG"), ("ä.jpg", "a\u0308.jpg"), ("straße", "STRASSE")])
def test_names_that_some_disk_takes_for_one(one, other):
    assert folded(one) == folded(other)


@given(stem=st.text(min_size=6, max_size=30).filter(lambda text: not set(text) & set("./")))
def test_a_masked_name_shows_two_signs_at_most(stem):
    assert sum(sign != "*" for sign in masked(f"folder/{stem}.jpg").removeprefix("****/").removesuffix(".jpg")) <= 2


@pytest.mark.parametrize("name", ["张三.jpg", "a.png", "12345.jpg"])
def test_a_short_name_shows_nothing(name):
    stem, _, suffix = name.partition(".")
    assert masked(name) == "*" * len(stem) + "." + suffix


@pytest.mark.parametrize("header", ["姓名", "Full Name", "*申请人（必填）", "name"])
def test_a_word_may_be_the_usual_name_of_a_column(header):
    assert naming("{id}{name}.jpg", has_ids=True).name(row(**{header: "张三"})) == f"{ID}张三.jpg"


def test_a_word_that_several_columns_may_mean_is_told():
    with pytest.raises(UsageError) as caught:
        naming("{name}.jpg", has_ids=True).name(row(姓名="张三", 申请人="李四"))
    assert caught.value.code == "column_ambiguous"


def test_a_first_row_that_looks_like_data_is_not_repeated():
    cells = {ID: "11010119900307002X", "张三": "李四"}
    item = Item(ID, "a.jpg", 1, 1, ID, cells, 2, "a.jpg")
    with pytest.raises(UsageError) as caught:
        naming("{x}.jpg", has_ids=True).name(item)
    assert caught.value.code == "bad_option"
    assert caught.value.values["allowed"] == "{id}, {stem}, {folder}, {ext}, {spec}"


def test_without_a_table_only_words_that_are_there_are_told():
    with pytest.raises(UsageError) as caught:
        naming("{id}.jpg")
    assert caught.value.values["allowed"] == "in braces: folder, stem, ext, spec"
