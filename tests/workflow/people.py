"""Fictional people and their applications, in order unless a test changes something. Area 1199xx is nobody's."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from ephoto.core.resident_id import check_digit
from ephoto.workflow.model import Application, load_application
from ephoto.workflow.policy import Policy, load_policy

__all__ = [
    "ADULTS",
    "MINOR",
    "TODAY",
    "WRONG_CHECK_DIGIT",
    "WRONG_DAY",
    "applicant",
    "application",
    "application_table",
    "applications",
    "files",
    "id_numbers",
    "photo_bytes",
    "policy",
    "replacement",
]

TODAY = date(2026, 1, 15)
ADULTS = (
    "119900198802290011",  # M, 29 February
    "119900199308150026",  # F
    "119901200101011135",  # M
    "119902197511305242",  # F
    "119900196006068808",  # F
    "11990019900307005X",  # M
)
MINOR = "119903201210050077"  # M
WRONG_CHECK_DIGIT = "119900198802290012"
WRONG_DAY = "119900198702290014"  # its check digit is right, its year a common one
RECEIVERS = ("platform", "bank", "bureau")
SPEC = "cn-social-security-card@1"
TIME = "2026-01-15T10:00:00+08:00"


@cache
def photo_bytes() -> bytes:
    """A JPEG as large as the card and within its byte window; a picture of nobody."""
    grey = np.random.default_rng(7).normal(200, 8, (441, 358, 1)).clip(0, 255)
    out = io.BytesIO()
    picture = Image.fromarray(np.repeat(grey, 3, axis=2).astype(np.uint8))
    picture.save(out, "JPEG", quality=70, dpi=(350, 350))
    return out.getvalue()


def files() -> dict[str, bytes]:
    """What goes along with `application()`."""
    return {"photo": photo_bytes(), "id_card_front": b"front of nobody's card", "id_card_back": b"back of it"}


def _told(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def applicant(**changes: Any) -> dict[str, Any]:
    """The table of somebody who works; changed fields in place of their own, None for those that shall be missing."""
    person = {
        "name": "测试甲",
        "id_type": "resident_id",
        "id_number": ADULTS[0],
        "nation": "汉族",
        "mobile": "13800138000",
        "occupation": "企业职工",
        "id_valid_from": "2016-01-01",
        "id_valid_to": "2036-01-01",
        "address": "北京市东城区测试街1号",
    }
    return {key: value for key, value in (person | changes).items() if value is not None}


def application_table(**changes: Any) -> dict[str, Any]:
    """A first issue by the employer, ready to be confirmed. A table among the changes changes the fields of its part;
    None takes a part away.
    """
    sent = files()
    whole = {
        "application_id": "APP-TEST-0001",
        "kind": "first_issue",
        "route": "in_service",
        "channel": "mini_program",
        "applicant": applicant(),
        "employer": {"code": "EMP-0001", "name": "测试单位", "collective_opened": True},
        "bank": {"code": "BANK-1", "branch_code": "B0001"},
        "delivery": {"method": "pickup_branch"},
        "photo": {
            "source": "uploaded",
            "photo_id": "p-1",
            "width": 358,
            "height": 441,
            "dpi": 350,
            "spec": SPEC,
            "report_status": "pass",
            **_told(sent["photo"]),
        },
        "id_card_front": {"photo_id": "p-2", **_told(sent["id_card_front"])},
        "id_card_back": {"photo_id": "p-3", **_told(sent["id_card_back"])},
        "verification": {
            "login_method": "wechat_phone",
            "real_name_at": TIME,
            "face_at": TIME,
            "provider": "platform",
            "ref": "r-1",
        },
        "pledge_accepted_at": TIME,
        "consent": {"version": "2026-01", "at": TIME, "scope": list(RECEIVERS)},
    }
    for key, change in changes.items():
        part = whole.get(key)
        joined = part | change if isinstance(part, dict) and isinstance(change, dict) else change
        whole[key] = {k: v for k, v in joined.items() if v is not None} if isinstance(joined, dict) else joined
    return {key: value for key, value in whole.items() if value is not None}


def application(**changes: Any) -> Application:
    """The application of `application_table`."""
    return load_application(application_table(**changes))


def replacement(**changes: Any) -> Application:
    """A replacement of a damaged card, asked for at the counter by somebody who has shown their ID."""
    counter = {
        "kind": "replacement_damage",
        "route": "individual",
        "channel": "branch_counter",
        "employer": None,
        "verification": None,
        "valid_id_shown_at": TIME,
        "previous": {"card_no": "T00000001", "reason": "damaged"},
        "pledge_accepted_at": None,
        "id_card_front": None,
        "id_card_back": None,
    }
    return application(**(counter | changes))


def policy(day: date = TODAY, **changes: Any) -> Policy:
    """Beijing's policy of a day, changed."""
    return replace(load_policy("beijing").on(day), **changes)


@st.composite
def id_numbers(draw: Any, *, born: Any = None) -> str:
    """A number in order, of an area that is nobody's."""
    day = draw(born if born is not None else st.dates(date(1940, 1, 1), date(2007, 12, 31)))
    first = f"1199{draw(st.integers(0, 99)):02d}{day:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first + check_digit(first)


_DELIVERIES = {
    "in_service": ("pickup_branch", "mail_personal", "on_site", "employer_collect"),
    "individual": ("pickup_branch", "mail_personal"),
    "guardian": ("pickup_branch",),
}
_MAIL = {
    "recipient": "测试乙",
    "mobile": "13900139000",
    "province": "北京市",
    "city": "北京市",
    "district": "东城区",
    "address": "测试街1号",
}


@st.composite
def applications(draw: Any) -> Application:
    """Any application that is in order on TODAY, by each route and kind, with and without what may be left out."""
    route = draw(st.sampled_from(("in_service", "individual", "guardian")))
    kind = draw(st.sampled_from(("first_issue", "replacement_loss", "replacement_damage", "reissue_changed_data")))
    method = draw(st.sampled_from(_DELIVERIES[route]))
    minors = st.dates(date(2012, 2, 1), date(2025, 12, 31))
    number = draw(id_numbers(born=minors if route == "guardian" else None))
    words = st.text(st.characters(codec="utf-8", categories=("L", "Nd")), min_size=1, max_size=40)
    person: dict[str, Any] = {"id_number": number, "name": draw(words)}
    for field in ("nation", "address", "id_valid_from"):
        if draw(st.booleans()):
            person[field] = None
    changes: dict[str, Any] = {
        "kind": kind,
        "route": route,
        "applicant": person,
        "delivery": {"method": method, **(_MAIL if method == "mail_personal" else {})},
        "channel": draw(st.sampled_from((None, "mini_program", "wechat_official"))),
    }
    if route != "in_service":
        changes["employer"] = None
    if route == "guardian":
        of_age = {"name": "测试丙", "id_number": ADULTS[4], "mobile": "13700137000"}
        changes |= {"guardian": of_age, "consent": {"by": "guardian"}}
    if draw(st.booleans()):
        changes["photo"] = None
    if kind == "reissue_changed_data":
        changes["previous"] = {"identity_change_ref": "HR-1"}
    elif kind != "first_issue" and draw(st.booleans()):
        changes["previous"] = {"card_no": "T00000001", "reason": "damaged", "returned": draw(st.booleans())}
    table = application_table(**changes)
    table.setdefault("photo", {"source": "on_file"})
    return load_application(table)
