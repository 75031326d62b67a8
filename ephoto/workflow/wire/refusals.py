"""What another system says when it refuses, as an error of ours: a code, and its own words without what is personal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import InputError
from ephoto.core.messages import codes, placeholders
from ephoto.workflow.wire.limits import limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["OTHER", "is_code", "masked_detail", "problem_of", "refusal"]

OTHER = "wf.rejected_by_target"
_DIGITS = re.compile(r"\d(?:[\s-]?\d){5,}[Xx]?")  # six and more, also in groups
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_POINTER = re.compile(r"(/[A-Za-z_0-9]{1,40}){0,8}")
_LEAST_PRIVATE, _MOST_ERRORS = 2, 20


def is_code(text: object) -> bool:
    """Whether it is a code of the workflow that we have sentences for.

    >>> is_code("wf.name_mismatch"), is_code("wf.no_such_thing")
    (True, False)
    """
    return isinstance(text, str) and text.startswith("wf.") and text.removeprefix("wf.") in codes("wf")


def masked_detail(text: str, private: Iterable[str] = ()) -> str:
    """Another system's words as they may be kept: long numbers and what is known to be private are starred, control
    signs are gone, and so is what is longer than limits.toml allows.

    >>> masked_detail("证件 119900198802290011 与姓名 测试甲 不符", ["测试甲"])
    '证件 *** 与姓名 *** 不符'
    """
    text = _HIDDEN.sub(" ", text)
    for word in sorted({one for one in private if len(one) >= _LEAST_PRIVATE}, key=len, reverse=True):
        text = text.replace(word, "***")
    return _DIGITS.sub("***", text)[: limits().detail_chars]


def refusal(
    code: str, detail: str = "", private: Iterable[str] = (), *, target_code: str = "", **values: Any
) -> InputError:
    """The error for a code that another system gave, or that its own code is mapped to; one we do not know becomes
    "wf.rejected_by_target".

    Its values are `detail`, the system's own words, masked; `target_code`, its own code; and what its sentence needs.
    """
    code = code if is_code(code) else OTHER
    told = masked_detail(detail, private)
    needed = dict.fromkeys(placeholders("wf", code.removeprefix("wf.")), "...")
    if "problem" in needed and told:
        needed["problem"] = told
    own = target_code if _CODE.fullmatch(target_code) and not _DIGITS.search(target_code) else ""
    return InputError(code, **(needed | values | {"detail": told, "target_code": own}))


def problem_of(document: Mapping[str, Any], status: int, private: Iterable[str] = ()) -> InputError:
    """The error that a problem document (RFC 9457, "ephoto.problem/1") stands for; its list of errors as places and
    codes, without their words.
    """
    code, detail = document.get("code"), document.get("detail")
    errors = document.get("errors")
    faults = [
        f"{one['pointer'] or '/'} ({one['code']})"
        for one in (errors if isinstance(errors, list) else [])[:_MOST_ERRORS]
        if isinstance(one, dict) and _tellable(one.get("pointer"), _POINTER) and _tellable(one.get("code"), _CODE)
    ]
    return refusal(
        code if isinstance(code, str) else OTHER,
        detail if isinstance(detail, str) else "",
        private,
        target_code=code if isinstance(code, str) else "",
        status=status,
        faults=faults,
    )


def _tellable(text: object, shape: re.Pattern[str]) -> bool:
    return isinstance(text, str) and bool(shape.fullmatch(text)) and not _DIGITS.search(text)
