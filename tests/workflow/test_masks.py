"""Masks show what their documentation says and nothing else; mobile numbers are made plain."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.workflow import masks, mobile
from ephoto.workflow.masks import mask_account, mask_address, mask_card, mask_id, mask_mobile, mask_name
from ephoto.workflow.mobile import plain_mobile
from tests.workflow.people import ADULTS, id_numbers

anything = st.text(max_size=40)
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@pytest.mark.parametrize(
    ("masked", "expected"),
    [
        (mask_id("110101199003071234"), "110101********1234"),
        (mask_id("１１０１０１ 199003071234"), "110101********1234"),
        (mask_id("110101199003071234", strict=True), "1****************4"),
        (mask_id("E12345678"), "E*******8"),
        (mask_id("张三"), "****"),
        (mask_mobile("13800138000"), "138****8000"),
        (mask_mobile("+86 138-0013-8000", strict=True), "*********00"),
        (mask_mobile("010 6552 0000"), "****"),
        (mask_name("张三丰"), "张**"),
        (mask_name("张三"), "张**"),
        (mask_name("张"), "**"),
        (mask_name(""), "**"),
        (mask_name("张三", strict=True), "**"),
        (mask_account("6200009999000000012"), "***************0012"),
        (mask_account("62000"), "****"),
        (mask_card("T00000001"), "T****0001"),
        (mask_card("T00000001", strict=True), "*******01"),
        (mask_card("T1"), "****"),
        (mask_address("北京市东城区测试街1号"), "北京市东城区****"),
        (mask_address("北京市 朝阳区超市旁"), "北京市朝阳区****"),
        (mask_address("北京市测试花园小区1号"), "北京市****"),
        (mask_address("浙江省杭州市西湖区文三路1号"), "浙江省杭州市西湖区****"),
        (mask_address("海南省三亚市超市楼上"), "海南省三亚市****"),
        (mask_address("测试街1号"), "****"),
        (mask_address("浙江省杭州市西湖区文三路1号", strict=True), "浙江省****"),
    ],
)
def test_masks(masked, expected):
    assert masked == expected


@given(id_numbers())
@settings(deadline=None)
def test_a_masked_id_keeps_ten_signs_and_strictly_two(number):
    assert mask_id(number) == number[:6] + "*" * 8 + number[14:]
    assert mask_id(number, strict=True) == number[0] + "*" * 16 + number[17]


def shown(masked):
    return sum(sign != "*" for sign in masked)


@given(anything)
@settings(deadline=None)
def test_whatever_the_text_no_more_is_shown_than_a_mask_may_show(text):
    most = {mask_id: 10, mask_mobile: 7, mask_name: 1, mask_account: 4, mask_card: 5}
    for mask, number in most.items():
        assert shown(mask(text)) <= number, mask.__name__
    for mask, number in {mask_id: 2, mask_mobile: 2, mask_name: 0, mask_card: 2}.items():
        assert shown(mask(text, strict=True)) <= number, mask.__name__


@given(
    st.sampled_from(["北京市东城区", "广东省深圳市南山区", "新疆维吾尔自治区", ""]),
    st.text("路街号幢0123456789张三", max_size=20),
)
@settings(deadline=None)
def test_no_road_house_or_name_is_left_of_an_address(district, rest):
    assert mask_address(district + rest) == district + "****"


@given(mobiles, st.sampled_from(["", "+86", "0086", "+86 ", "0086-"]), st.sampled_from(["", " ", "-", "\u2010"]))
@settings(deadline=None)
def test_mobile_numbers_are_made_plain(number, prefix, between):
    written = prefix + between.join((number[:3], number[3:7], number[7:]))
    assert plain_mobile(written) == number
    assert plain_mobile(plain_mobile(written)) == number


@pytest.mark.parametrize("text", ["", "12800138000", "1380013800", "138001380000", "86 13800138000", ADULTS[0], "abc"])
def test_other_texts_are_no_mobile_numbers(text):
    assert plain_mobile(text) == ""


@given(anything)
@settings(deadline=None)
def test_what_comes_out_is_a_mobile_number_or_nothing(text):
    plain = plain_mobile(text)
    assert plain == "" or (len(plain) == 11 and plain.isascii() and plain.isdecimal() and plain[0] == "1")


def test_the_examples_in_the_source_are_true():
    import doctest

    for module in (masks, mobile):
        tried = doctest.testmod(module)
        assert tried.attempted > 0
        assert tried.failed == 0
