"""Receipts: totals that add up, each row once, and the same events however often they are read."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.core.errors import InputError
from ephoto.workflow.adapters.production.receipts import Batch, events_of, is_new, read_receipt
from tests.workflow.production.people import CREATED, HEAD, bad_row, good_row, receipt

MOST = 1_000_000
BATCH = Batch(HEAD.batch_no, 1, CREATED, {k: f"APP-TEST-{k - 1:05}" for k in range(1, 5)})


def written(folder, document, name="R.json"):
    (folder / name).write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return folder / name


def refusal(path, most=MOST):
    with pytest.raises(InputError) as caught:
        read_receipt(path, most)
    return caught.value


def test_a_good_receipt_becomes_events(tmp_path):
    made = read_receipt(written(tmp_path, receipt(3)), MOST)
    events = events_of(made, BATCH)
    assert [(e.type, e.application_id, e.card_no) for e in events] == [
        ("produced", f"APP-TEST-{k:05}", f"T{k + 1:08}") for k in range(3)
    ]
    assert {e.source for e in events} == {"bureau"}
    assert events[0].occurred_at.isoformat() == "2026-01-20T09:00:00+08:00"
    assert events[0].payload["batch_no"] == HEAD.batch_no
    assert events == events_of(read_receipt(written(tmp_path, receipt(3)), MOST), BATCH)
    assert "T0000" not in repr(made) + repr(events)


def test_a_zipped_receipt_is_the_same(tmp_path):
    plain = written(tmp_path, receipt(3))
    with zipfile.ZipFile(tmp_path / "R.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(plain, "R.json")
    assert read_receipt(tmp_path / "R.zip", MOST) == read_receipt(plain, MOST)


def test_a_zip_bomb_as_receipt_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "R.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("R.json", b'{"a": "' + b" " * 50_000_000 + b'"}')
    assert refusal(tmp_path / "R.zip").code == "wf.package_too_large"
    with zipfile.ZipFile(tmp_path / "S.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("R.json", b" " * 900_000)
    assert refusal(tmp_path / "S.zip").values["problem"] == "a member unpacks to many times its bytes"


@pytest.mark.parametrize("names", [["a.json", "b.json"], ["a.txt"], ["x/a.json"], [], ["a.zip"], ["../a.json"]])
def test_a_zip_with_anything_but_one_json_is_refused(tmp_path, names):
    with zipfile.ZipFile(tmp_path / "R.zip", "w") as archive:
        for name in names:
            archive.writestr(name, json.dumps(receipt(1)))
    assert refusal(tmp_path / "R.zip").code in ("wf.package_broken", "wf.package_too_large")


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(receipt(3, total=4), id="total"),
        pytest.param(receipt(3, succeeded=2, failed=1), id="kinds"),
        pytest.param(receipt(3, total=4, pending=1), id="final, and yet pending"),
        pytest.param(receipt(3, rows=receipt(2)["rows"]), id="a row less"),
        pytest.param(receipt(0, total=1, pending=1, final=False, rows=[bad_row(1)]), id="failed, not counted"),
        pytest.param(receipt(2, rows=[good_row(1), good_row(2) | {"card_no": "T00000001"}]), id="one card for two"),
        pytest.param(receipt(3, level="file", result="accepted"), id="rows of a file-level one"),
    ],
)
def test_totals_that_do_not_add_up_are_refused(tmp_path, document):
    assert refusal(written(tmp_path, document)).code == "wf.receipt_totals"


def test_a_row_twice_is_refused(tmp_path):
    found = refusal(written(tmp_path, receipt(2, rows=[good_row(1), good_row(1)])))
    assert (found.code, found.values["row"]) == ("wf.receipt_row", 1)


def test_rows_that_are_missing_are_still_produced(tmp_path):
    partial = receipt(2, total=4, pending=2, final=False)
    made = read_receipt(written(tmp_path, partial), MOST)
    assert len(events_of(made, BATCH)) == 2
    pending = {"row_no": 3, "id_number_masked": "119900********0011", "result": "pending"}
    told = partial | {"rows": [*partial["rows"], pending]}
    assert len(events_of(read_receipt(written(tmp_path, told), MOST), BATCH)) == 2


def test_several_partial_receipts_say_each_event_once(tmp_path):
    """A bureau may tell the rows so far each time, or only the new ones."""
    first = receipt(2, receipt_no="RCPT-000001", total=4, pending=2, final=False)
    second = receipt(3, receipt_no="RCPT-000002", total=4, failed=1, rows=[*map(good_row, (1, 2, 3)), bad_row(4)])
    events = {
        event.event_id: event
        for document in (first, second, first)
        for event in events_of(read_receipt(written(tmp_path, document), MOST), BATCH)
    }
    assert sorted(e.type for e in events.values()) == ["produced", "produced", "produced", "production_failed"]
    again = events_of(read_receipt(written(tmp_path, second), MOST), BATCH)
    assert all(events[event.event_id].content() == event.content() for event in again)


def test_a_failed_row_says_why_and_no_person(tmp_path):
    bad = bad_row(1, fail_reason="证件号码119900198802290011与姓名不符，电话13800138000")
    document = receipt(0, total=1, failed=1, rows=[bad])
    event = events_of(read_receipt(written(tmp_path, document), MOST), BATCH)[0]
    assert (event.type, event.payload["fail_type"], event.payload["fail_code"]) == ("production_failed", "photo", "P1")
    assert event.payload["fail_reason"] == "证件号码***与姓名不符，电话***"
    assert event.occurred_at == CREATED


def test_a_package_refused_as_a_whole_has_failed_for_everyone(tmp_path):
    document = {
        "schema": "ephoto.receipt/1", "batch_no": HEAD.batch_no, "receipt_no": "RCPT-000009", "level": "file",
        "final": True, "result": "refused", "code": "wf.package_checksum", "detail": "photos",
    }  # fmt: skip
    events = events_of(read_receipt(written(tmp_path, document), MOST), BATCH)
    assert [e.type for e in events] == ["production_failed"] * 4
    assert {e.payload["fail_code"] for e in events} == {"wf.package_checksum"}
    assert events_of(read_receipt(written(tmp_path, document | {"result": "accepted"}), MOST), BATCH) == ()
    again = events_of(read_receipt(written(tmp_path, document), MOST), replace(BATCH, attempt=2))
    assert not {e.event_id for e in again} & {e.event_id for e in events}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (receipt(1, batch_no="20260115-000002"), "wf.event_conflict"),
        (receipt(1, attempt=2), "wf.event_conflict"),
        (receipt(1, rows=[good_row(9)]), "wf.receipt_row"),
        (receipt(1, rows=[good_row(1) | {"application_id": "APP-TEST-00003"}]), "wf.receipt_row"),
        (receipt(5), "wf.receipt_totals"),
    ],
)
def test_a_receipt_of_something_else_is_refused(tmp_path, document, code):
    made = read_receipt(written(tmp_path, document), MOST)
    with pytest.raises(InputError) as caught:
        events_of(made, BATCH)
    assert caught.value.code == code


@pytest.mark.parametrize("told", ["119900********0022", "119901********0011", "2***1", "119900198802290022"])
def test_a_row_about_another_person_gives_nobody_a_card_though_its_number_is_in_the_batch(tmp_path, told):
    document = receipt(2)
    document["rows"][1]["id_number_masked"] = told
    del document["rows"][1]["application_id"]
    known = replace(BATCH, masks={2: "119900********0011"})
    made = read_receipt(written(tmp_path, document), MOST)
    with pytest.raises(InputError) as caught:
        events_of(made, known)
    assert (caught.value.code, caught.value.values["row"]) == ("wf.receipt_row", 2)
    assert "119900" not in repr(made) + repr(known) + str(caught.value)
    for same in ("1****************1", "1***1", "119900198802290011", "*****"):
        document["rows"][1]["id_number_masked"] = same
        assert len(events_of(read_receipt(written(tmp_path, document), MOST), known)) == 2


def test_a_receipt_is_recorded_once_and_its_number_stands_for_it(tmp_path):
    made = read_receipt(written(tmp_path, receipt(1)), MOST)
    assert is_new(made, None)
    assert not is_new(made, made.digest)
    with pytest.raises(InputError) as caught:
        is_new(made, "0" * 64)
    assert caught.value.code == "wf.event_conflict"


def test_fields_of_a_later_version_are_passed_over(tmp_path):
    document = receipt(1, printed_by="x")
    document["rows"][0]["colour"] = "red"
    assert len(events_of(read_receipt(written(tmp_path, document), MOST), BATCH)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema":"ephoto.receipt/1","schema":"ephoto.receipt/1"}',
        "NaN",
        "[" * 100_000,
        '{"a":"\\ud800"}',
    ],
)
def test_what_is_no_receipt_is_refused(tmp_path, text):
    (tmp_path / "R.json").write_text(text)
    assert refusal(tmp_path / "R.json").code in ("wf.package_broken", "document_unfit")


@pytest.mark.parametrize("text", ["half \ud800", "zero \0 byte"])
@pytest.mark.parametrize("place", ["vendor", "fail_reason"])
def test_what_no_database_takes_is_refused_before_it_stops_the_receipts_behind_it(tmp_path, place, text):
    document = receipt(1)
    if place == "fail_reason":
        document |= {"rows": [bad_row(1)], "succeeded": 0, "failed": 1}
    document["rows"][0][place] = text
    (tmp_path / "R.json").write_text(json.dumps(document))
    assert refusal(tmp_path / "R.json").code == "wf.package_broken"


def test_a_number_that_is_not_finite_is_refused_though_nobody_asked_for_it(tmp_path):
    (tmp_path / "R.json").write_text(json.dumps(receipt(1) | {"more": 7}).replace("7}", "1e999}"))
    assert refusal(tmp_path / "R.json").code == "wf.package_broken"


def test_a_row_number_written_as_a_fraction_names_the_same_event(tmp_path):
    plain = events_of(read_receipt(written(tmp_path, receipt(1)), MOST), BATCH)
    document = receipt(1)
    document["rows"][0]["row_no"] = 1.0
    assert events_of(read_receipt(written(tmp_path, document), MOST), BATCH) == plain


@pytest.mark.parametrize(
    "number", ["1199 0019 8802 290011", "119900-19880229-0011", "１１９９００１９８８０２２９００１１", "13800138000"]
)
def test_a_number_in_the_bureaus_words_is_starred_however_it_is_grouped(tmp_path, number):
    document = receipt(1) | {"rows": [bad_row(1)], "succeeded": 0, "failed": 1}
    document["rows"][0]["fail_reason"] = f"号码 {number} 有误"
    (event,) = events_of(read_receipt(written(tmp_path, document), MOST), BATCH)
    assert event.payload["fail_reason"] == "号码 *** 有误"
    document = receipt(1)
    document["rows"][0]["vendor"] = f"V {number}"
    (event,) = events_of(read_receipt(written(tmp_path, document), MOST), BATCH)
    assert event.payload["vendor"] == "V ***"


def test_a_receipt_larger_than_the_limit_is_refused(tmp_path):
    assert refusal(written(tmp_path, receipt(100)), most=1000).code == "wf.package_too_large"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=5)
    | st.sampled_from(["success", "failed", "pending"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["row_no", "result", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(
    key=st.sampled_from(sorted(receipt(1))),
    value=JSON,
    row_key=st.sampled_from(sorted(good_row(1))),
    deep=st.booleans(),
)
def test_any_value_in_any_place_is_refused_in_words_or_taken(tmp_path_factory, key, value, row_key, deep):
    document = receipt(2)
    if deep:
        document["rows"][0][row_key] = value
    else:
        document[key] = value
    path = written(tmp_path_factory.getbasetemp(), document, "fuzz.json")
    try:
        events_of(read_receipt(path, MOST), BATCH)
    except InputError as error:
        assert error.code.startswith(("wf.", "document_unfit"))  # noqa: PT017
