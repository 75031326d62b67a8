"""Fictional people of packages: area 1199xx is nobody's."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone

from ephoto.core.resident_id import check_digit
from ephoto.workflow.adapters.production.config import PackageRules
from ephoto.workflow.adapters.production.roster_columns import RosterColumns
from ephoto.workflow.adapters.production.values import PackageHead, PackageRow, Picture

CREATED = datetime(2026, 1, 15, 10, tzinfo=timezone(timedelta(hours=8)))
HEAD = PackageHead("20260115-000001", "EMP-0001", "BUREAU-TEST", CREATED, "cn-social-security-card@1")
RULES, COLUMNS = PackageRules(), RosterColumns()


def id_number(k: int) -> str:
    first = f"119900{1980 + k % 20:04}{k // 20 % 12 + 1:02}{k // 240 % 28 + 1:02}{k // 6720:03}"
    return first + check_digit(first)


def photo(k: int, size: int = 2000) -> bytes:
    """Bytes that begin as a JPEG does, different for each."""
    return b"\xff\xd8\xff" + hashlib.shake_256(str(k).encode()).digest(size - 3)


def picture(data: bytes) -> Picture:
    return Picture(hashlib.sha256(data).hexdigest(), len(data), lambda: data)


def row(k: int, **changes) -> PackageRow:
    values = {
        "id_number": id_number(k),
        "name": f"测试{k}",
        "kind": "first_issue",
        "photo": picture(photo(k)),
        "application_id": f"APP-TEST-{k:05}",
        "delivery": "pickup_branch",
        "branch_code": "B0001",
        "document": {"applicant": {"mobile": "13800138000", "birth_date": "1988-02-29"}},
    }
    return PackageRow(**(values | changes))


def rows(count: int) -> list[PackageRow]:
    return [row(k) for k in range(count)]


def batch_folder(folder, count: int, changes=None):
    """An output folder of `ephoto batch`: cards and manifest.jsonl, by its schema."""
    folder.mkdir()
    with (folder / "manifest.jsonl").open("w", encoding="utf-8") as file:
        for k in range(count):
            data, name = photo(k), f"{id_number(k)}.jpg"
            (folder / name).write_bytes(data)
            line = {
                "schema": "ephoto.batch/1", "input": name, "id": None, "state": "done",
                "spec": "cn-social-security-card",
                "output": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "passed": True,
                "error": None, "findings": [], "quarantine": None, "photo": {"bytes": 1, "sha256": "0" * 64},
                "timings_ms": {},
            }  # fmt: skip
            told = line if changes is None else changes(k, line)
            for one in told if isinstance(told, list) else [told]:
                file.write(json.dumps(one, ensure_ascii=False) + "\n")
    return folder


def receipt(count: int, **changes):
    """A receipt in which all went well."""
    made = {
        "schema": "ephoto.receipt/1", "batch_no": HEAD.batch_no, "receipt_no": "RCPT-000001", "level": "row",
        "final": True, "total": count, "succeeded": count, "failed": 0, "pending": 0,
        "rows": [good_row(k) for k in range(1, count + 1)],
    }  # fmt: skip
    return made | changes


def good_row(row_no: int):
    return {
        "row_no": row_no, "application_id": f"APP-TEST-{row_no - 1:05}", "id_number_masked": "119900********0011",
        "result": "success", "card_no": f"T{row_no:08}", "made_at": "2026-01-20T09:00:00+08:00", "vendor": "V1",
    }  # fmt: skip


def bad_row(row_no: int, **changes):
    return {
        "row_no": row_no, "id_number_masked": "119900********0011", "result": "failed", "fail_type": "photo",
        "fail_code": "P1", "fail_reason": "照片不合格",
    } | changes  # fmt: skip
