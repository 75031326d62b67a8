"""The pre-check of a collective application over real sockets: in parts, row by row, believed only if whole."""

from __future__ import annotations

import itertools
import json
import time

import pytest

from ephoto.contracts.schemas import check
from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.workflow.adapters.employer import CheckRow, HttpEmployers
from ephoto.workflow.terms import EmployerTerms
from tests.workflow.subscribers import client_of, mapping_of, refusal, serving, signature_is_right

ID = "119900198802290011"


class HrOffice:
    """Answers what meets the contract; `codes` by row number, `changes` to the answer, `answers` before it."""

    def __init__(self):
        self.asked, self.codes, self.changes, self.answers, self.keys = [], {}, {}, [], []
        self.branches = iter(())

    def answer(self, handler, body):
        if not signature_is_right(handler, body) or handler.path != "/v1/employer-checks":
            return refusal(401, "wf.signature_invalid")
        document = json.loads(body)
        check(document, "ephoto.employer-check/1")
        self.asked.append(document)
        self.keys.append(handler.headers["Idempotency-Key"])
        if self.answers:
            return self.answers.pop(0)
        answer = {
            "schema": "ephoto.employer-check-answer/1", "request_id": document["request_id"],
            "employer_code": document["employer_code"], "employer_name": "测试单位", "collective_opened": True,
            "bank_codes": ["B01", "B02"], "branch_code": next(self.branches, None), "delivery": "employer_collect",
            "rows": [{"row_no": row["row_no"], "code": self.codes.get(row["row_no"])} for row in document["rows"]],
        }  # fmt: skip
        return 200, answer | self.changes, {}


@pytest.fixture
def hr():
    return HrOffice()


@pytest.fixture
def employers(tmp_path, hr):
    count = itertools.count(1)
    with serving(hr.answer) as url:
        mapping = mapping_of(tmp_path, "employer", url, retries=2)
        with client_of(mapping, time.time) as client:
            yield HttpEmployers(mapping, client, lambda: f"REQ-TEST-{next(count):04}")


def rows(count, first=2):
    return [CheckRow(number, ID, "测试甲") for number in range(first, first + count)]


def test_terms_and_what_is_against_a_row(hr, employers):
    hr.codes = {3: "wf.name_mismatch", 4: "wf.brand_new", 5: "wf.route_not_open"}
    answer = employers.check("EMP-0001", "2026-01", rows(5))
    assert answer.terms == EmployerTerms("EMP-0001", True, ("B01", "B02"), None, "employer_collect")
    assert answer.name == "测试单位"
    assert {row: finding.code for row, finding in answer.findings.items()} == {
        3: "wf.name_mismatch", 4: "wf.rejected_by_target", 5: "wf.rejected_by_target",
    }  # fmt: skip
    assert all(finding.message() and finding.message("zh") for finding in answer.findings.values())
    assert hr.keys == ["REQ-TEST-0001"]


def test_a_long_roster_is_asked_about_a_thousand_rows_at_a_time(hr, employers):
    hr.codes = {2001: "wf.already_has_card"}
    answer = employers.check("EMP-0001", "2026-01", iter(rows(2500)))
    assert [len(asked["rows"]) for asked in hr.asked] == [1000, 1000, 500]
    assert len({asked["request_id"] for asked in hr.asked}) == 3
    assert list(answer.findings) == [2001]


def test_a_connection_that_is_cut_is_asked_again_under_the_same_key(hr, employers):
    hr.answers = [None, (503, {}, {})]
    assert employers.check("EMP-0001", "2026-01", rows(1)).findings == {}
    assert hr.keys == ["REQ-TEST-0001"] * 3


def test_nobody_there_is_told(hr, employers):
    hr.answers = [None] * 3
    with pytest.raises(EnvironmentFault) as told:
        employers.check("EMP-0001", "2026-01", rows(1))
    assert told.value.code == "target_unreachable"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"rows": []}, id="rows left out"),
        pytest.param({"rows": [{"row_no": 2, "code": None}] * 2}, id="a row twice"),
        pytest.param({"rows": [{"row_no": 9, "code": None}]}, id="another row"),
        pytest.param({"request_id": "REQ-TEST-9999"}, id="another request"),
        pytest.param({"employer_code": "EMP-0002"}, id="another employer"),
        pytest.param({"bank_codes": ["B01", "B02", "B03", "B04"]}, id="more banks than an employer may have"),
        pytest.param({"collective_opened": "yes"}, id="another kind"),
    ],
)
def test_an_answer_to_something_else_is_not_believed(hr, employers, changes):
    hr.changes = changes
    with pytest.raises(InputError) as told:
        employers.check("EMP-0001", "2026-01", rows(1))
    assert told.value.code in ("wf.rejected_by_target", "document_unfit")


def test_terms_that_change_from_one_request_to_the_next_are_not_believed(hr, employers):
    hr.branches = iter(["B01", "B02"])
    with pytest.raises(InputError) as told:
        employers.check("EMP-0001", "2026-01", rows(1001))
    assert told.value.code == "wf.rejected_by_target"
    assert len(hr.asked) == 2


def test_a_refusal_has_the_targets_code_and_tells_on_nobody(hr, employers):
    hr.answers = [(422, {"title": "x", "status": 422, "code": "wf.employer_not_opened", "detail": f"测试甲 {ID}"}, {})]
    with pytest.raises(InputError) as told:
        employers.check("EMP-0001", "2026-01", rows(1))
    assert told.value.code == "wf.employer_not_opened"
    assert ID not in str(told.value) + repr(told.value.values)


def test_unknown_fields_of_an_answer_are_passed_over(hr, employers):
    hr.changes = {"brand_new_field": 1}
    assert employers.check("EMP-0001", "2026-01", rows(1)).terms.opened


def test_a_row_that_no_request_may_have_and_no_row_at_all_are_refused_unsent(hr, employers):
    for odd in ([CheckRow(1, "1.199E+17", "测试甲")], []):
        with pytest.raises(InputError) as told:
            employers.check("EMP-0001", "2026-01", odd)
        assert "1.199" not in str(told.value)
    assert not hr.asked


def test_no_repr_tells_on_a_person():
    assert ID not in repr(rows(1))
    assert "测试" not in repr(rows(1))
