"""Documents as XML; in by defusedxml, without DTD and entities."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from typing import Any

from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.workflow.wire.as_json import measured, text_of
from ephoto.workflow.wire.limits import limits
from ephoto.workflow.wire.transforms import word

__all__ = ["is_name", "read", "write"]

_NAME = re.compile(r"[^\W\d][\w-]*(\.[\w-]+)*")
_NO_SIGN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2
_DECLARED = re.compile(rb"""\A<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")
_CHINESE = {"gbk", "gb2312", "gb18030", "cp936", "gb_2312-80", "x-gbk", "ms936"}
_CODECS = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8"} | dict.fromkeys(
    _CHINESE, "gb18030"
)


def is_name(text: str) -> bool:
    """Whether an element or an attribute can be called so; namespaces are not meant.

    >>> is_name("姓名"), is_name("1a"), is_name("a:b"), is_name("xml")
    (True, False, False, False)
    """
    return bool(_NAME.fullmatch(text)) and not text.lower().startswith("xml")


def write(values: Mapping[str, Any], codec: str, declared: str, root: str, item: str, *, attributes: bool) -> bytes:
    """One outer element with the document inside; a list is an element with one `item` for each of its values.

    Raises
    ------
    InputError
        "wf.field_unfit": a text has a sign that XML or the encoding lacks.
    """
    outer = ElementTree.Element(root)
    _fill(outer, values, item, attributes=attributes)
    text = ElementTree.tostring(outer, encoding="unicode")
    try:
        return f'<?xml version="1.0" encoding="{declared.upper()}"?>\n{text}'.encode(codec)
    except UnicodeEncodeError:
        raise InputError("wf.field_unfit", field="-", problem="its encoding lacks a sign") from None


def read(body: bytes, codec: str) -> Mapping[str, Any]:
    """The outer element's attributes and children by name; children of one name are a list, and an element with neither
    attributes nor children is its text. What is declared as GBK is read as GB18030.

    Raises
    ------
    ValueError
        It is no XML; it has a DTD or an entity; it is too deep or too large; its encoding is none of ours.
    EnvironmentFault
        "extra_missing".
    """
    try:
        from defusedxml.ElementTree import fromstring
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name="XML", package="defusedxml", extra="workflow") from error
    declared = _DECLARED.match(body)
    if declared:
        codec = _CODECS.get(declared[1].decode("ascii").lower(), "")
        if not codec:
            raise ValueError("another encoding")
    text = _DECLARATION.sub("", text_of(body, codec), count=1)
    try:
        outer = fromstring(text, forbid_dtd=True)
    except ElementTree.ParseError:
        raise ValueError("no XML") from None
    _check_depth(outer)
    made = _object(outer)
    made = made if isinstance(made, dict) else {"text": made}
    measured(made)
    return made


def _fill(element: ElementTree.Element, values: Mapping[str, Any], item: str, *, attributes: bool) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping):
            _fill(ElementTree.SubElement(element, key), value, item, attributes=attributes)
        elif isinstance(value, (list, tuple)):
            outer = ElementTree.SubElement(element, key)
            for one in value:
                inner = ElementTree.SubElement(outer, item)
                if isinstance(one, Mapping):
                    _fill(inner, one, item, attributes=attributes)
                else:
                    inner.text = _fit(key, one)
        elif attributes:
            element.set(key, _fit(key, value))
        else:
            ElementTree.SubElement(element, key).text = _fit(key, value)


def _fit(key: str, value: Any) -> str:
    text = word(value)
    if _NO_SIGN.search(text):
        raise InputError("wf.field_unfit", field=key, problem="it has signs that XML cannot hold")
    return text


def _local(tag: str) -> str:
    """The name without its namespace, which mappings do not name."""
    return tag.rpartition("}")[2]


def _check_depth(outer: ElementTree.Element) -> None:
    level, depth = [outer], 0
    while level:
        depth += 1
        if depth > limits().max_depth:
            raise ValueError("too deep")
        level = [inner for one in level for inner in one]


def _object(element: ElementTree.Element) -> Any:
    made: dict[str, Any] = {_local(name): text for name, text in element.attrib.items()}
    attributes = set(made)
    if len(attributes) < len(element.attrib):
        raise ValueError("two attributes of one name")
    for child in element:
        name, value = _local(child.tag), _object(child)
        if name not in made:
            made[name] = value
        elif name in attributes:
            raise ValueError("an attribute and an element of one name")
        elif isinstance(made[name], list):
            made[name].append(value)
        else:
            made[name] = [made[name], value]
    text = (element.text or "").strip()
    if not made:
        return text
    if text:
        made.setdefault("text", text)
    return made
