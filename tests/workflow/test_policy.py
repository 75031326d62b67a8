"""Policies: rules by day; a file that says anything unknown or unfit is refused with the place."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.core.errors import InputError, SpecError, UsageError
from ephoto.workflow.deadlines import due_on, overdue
from ephoto.workflow.policy import load_policy
from tests.workflow.people import TODAY, policy

days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
PHASE = '[[phases]]\nname = "one"\neffective_from = 2026-01-01\n'
WHOLE = f'region = "110000"\n{PHASE}[phases.routes.in_service]\nkinds = ["first_issue"]\n'


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("day", "routes"),
    [
        (date(2025, 7, 31), {"in_service"}),
        (date(2025, 8, 1), {"in_service", "individual", "guardian"}),
        (date(2026, 1, 1), {"in_service", "individual", "guardian"}),
    ],
)
def test_beijings_routes_open_by_and_by(day, routes):
    assert set(load_policy("beijing").on(day).routes) == routes


def test_employees_may_apply_alone_from_2026_on():
    policies = load_policy("beijing")
    assert policies.on(date(2025, 12, 31)).routes["individual"].excludes(" Employee ")
    assert not policies.on(date(2026, 1, 1)).routes["individual"].excludes("employee")
    assert policies.on(date(2026, 1, 1)).routes["in_service"].excludes("自由 职业")


def test_an_occupation_is_compared_as_a_whole():
    assert not policy().routes["in_service"].excludes("学生处职员")


@given(days)
@settings(deadline=None)
def test_the_phase_in_force_is_the_last_that_has_begun(day):
    policies = load_policy("beijing")
    phase = policies.on(day)
    assert phase.effective_from <= day
    assert all(other.effective_from > day for other in policies.phases if other.effective_from > phase.effective_from)


def test_before_the_first_phase_there_are_no_rules():
    with pytest.raises(UsageError) as caught:
        load_policy("beijing").on(date(2023, 12, 31))
    assert caught.value.code == "policy_not_in_force"


def test_an_unknown_name_is_told_with_the_known_ones():
    with pytest.raises(UsageError) as caught:
        load_policy("atlantis")
    assert caught.value.code == "policy_unknown"
    assert caught.value.values["known"] == ["beijing"]


def test_a_file_that_is_not_there():
    with pytest.raises(InputError) as caught:
        load_policy("nowhere.toml")
    assert caught.value.code == "not_readable"


def test_what_a_file_leaves_out_is_as_in_the_defaults(written):
    defaults = tomllib.loads(files("ephoto.workflow").joinpath("policies", "_defaults.toml").read_text("utf-8"))
    made = load_policy(written(WHOLE)).on(TODAY)
    for key, value in defaults.items():
        if isinstance(value, (int, str)):
            assert getattr(made, key) == value
    assert made.photo_name == "cn-social-security-card@1"


def test_a_phase_says_only_what_is_different(written):
    later = '[[phases]]\nname = "two"\neffective_from = 2026-03-01\nfee_fen = 500\n[phases.photo]\nprofile = "yantai"\n'
    policies = load_policy(written(WHOLE + later))
    first, second = policies.on(date(2026, 2, 28)), policies.on(date(2026, 3, 1))
    assert (first.fee_fen, second.fee_fen) == (0, 500)
    assert (first.photo_profile, second.photo_profile) == ("default", "yantai")
    assert first.routes == second.routes


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param(WHOLE.replace("region", "area"), "phases.1.region", id="region is missing"),
        pytest.param('colour = "red"\n' + WHOLE, "phases.1.colour", id="unknown key"),
        pytest.param(WHOLE + 'colour = "red"\n', "phases.1.routes.in_service.colour", id="unknown key of a route"),
        pytest.param("[photo]\nsize = 3\n" + PHASE, None, id="unknown key of the photo"),
        pytest.param(WHOLE + "[[phases.banks]]\ncolour = 3\n", "phases.1.banks.code", id="of a bank"),
        pytest.param(WHOLE + "[phases.routes.other]\n", "phases.1.routes.other.", id="unknown route"),
        pytest.param(WHOLE + "[phases.channels]\nborn = []\n", "phases.1.channels.born", id="unknown event"),
        pytest.param(WHOLE + '[phases.channels]\nreceived = ["tv"]\n', "phases.1.channels.received", id="channel"),
        pytest.param(WHOLE.replace('"first_issue"', '"second"'), "phases.1.routes.in_service.kinds", id="kind"),
        pytest.param(WHOLE + 'required = ["shoe_size"]\n', "phases.1.routes.in_service.required", id="field"),
        pytest.param("fee_fen = -1\n" + WHOLE, "phases.1.fee_fen", id="negative fee"),
        pytest.param("park_hours = 0\n" + WHOLE, "phases.1.park_hours", id="zero"),
        pytest.param("sla_days = true\n" + WHOLE, "phases.1.sla_days", id="no number"),
        pytest.param('transport_opens_at = "noon"\n' + WHOLE, "phases.1.transport_opens_at", id="word"),
        pytest.param('region = "110000"\n', "phases", id="no phases"),
        pytest.param('phases = 3\nregion = "110000"\n', "phases", id="phases are no tables"),
        pytest.param(WHOLE + PHASE, "effective_from", id="phases out of order"),
        pytest.param(WHOLE.replace("2026-01-01", '"soon"'), "phases.1.effective_from", id="no date"),
        pytest.param(WHOLE.replace("2026-01-01", "2026-01-01T10:00:00Z"), "phases.1.effective_from", id="a time"),
        pytest.param(
            WHOLE + '[[phases.banks]]\ncode = "A"\n[[phases.branches]]\ncode = "B"\nbank = "C"\n',
            "phases.1.branches",
            id="branch of no bank",
        ),
        pytest.param("this is = = no toml", "-", id="no TOML"),
    ],
)
def test_files_that_are_refused(written, text, key):
    with pytest.raises(UsageError) as caught:
        load_policy(written(text))
    assert caught.value.code == "settings_invalid"
    assert key is None or caught.value.values["key"].endswith(key)
    for lang in ("en", "zh"):
        caught.value.message(lang)


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ('spec = "no-such-card"', SpecError, "spec_unknown"),
        ('profile = "no-such-window"', UsageError, "profile_unknown"),
    ],
)
def test_a_policy_names_a_document_that_there_is(written, change, error, code):
    with pytest.raises(error) as caught:
        load_policy(written(f"{WHOLE}[phases.photo]\n{change}\n"))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("event", "channel", "allowed"),
    [
        ("financial_activated", "branch_terminal", True),
        ("financial_activated", "mini_program", False),
        ("social_security_enabled", "hr_app", True),
        ("suburban_rail_opened", "mini_program", False),
        ("suburban_rail_opened", None, True),
        ("temp_loss_reported", "mini_program", True),
    ],
)
def test_by_which_channels_events_come(event, channel, allowed):
    assert policy().allows(event, channel) is allowed


def test_branches_that_are_not_listed_do_nothing_special():
    assert policy().instant("B0001")
    assert not policy().instant("B9999")


def test_a_first_issue_is_due_in_calendar_days():
    assert due_on(date(2026, 1, 1), "first_issue", policy()) == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        (date(2026, 1, 12), date(2026, 1, 16)),  # Monday to Friday
        (date(2026, 1, 15), date(2026, 1, 21)),  # Thursday, over a weekend
        (date(2026, 1, 17), date(2026, 1, 22)),  # Saturday
    ],
)
def test_a_replacement_is_due_in_working_days(submitted, due):
    assert due_on(submitted, "replacement_loss", policy()) == due


@given(days, st.integers(1, 60))
@settings(deadline=None)
def test_so_many_working_days_lie_between(submitted, number):
    due = due_on(submitted, "replacement_damage", policy(sla_working_days=number))
    between = [submitted + timedelta(days=n) for n in range(1, (due - submitted).days + 1)]
    assert sum(day.weekday() < 5 for day in between) == number
    assert due.weekday() < 5


def test_overdue_is_said_from_the_day_after():
    on = policy()
    assert overdue(date(2026, 1, 1), "first_issue", on, today=date(2026, 1, 31)) == ()
    (found,) = overdue(date(2026, 1, 1), "first_issue", on, today=date(2026, 2, 1))
    assert (found.code, found.values["due"], found.level) == ("wf.overdue", "2026-01-31", "warn")
