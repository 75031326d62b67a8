"""Getting specs by name, alias, path; several; profiles; and what goes wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ephoto.core.errors import SpecError, UsageError
from ephoto.core.messages import LANGUAGES
from ephoto.specs import load
from ephoto.specs.files import ids


def test_default_is_the_social_security_card() -> None:
    assert load.DEFAULT == "cn-social-security-card"
    assert load.get(load.DEFAULT).size_wh == (358, 441)


@pytest.mark.parametrize(
    ("name", "spec_id"),
    [
        ("CN-Social-Security-Card", "cn-social-security-card"),
        (" cn_resident_id ", "cn-resident-id"),
        ("社保卡", "cn-social-security-card"),
        ("身份证", "cn-resident-id"),
        ("一寸", "cn-1inch"),
        ("1寸", "cn-1inch"),
        ("１寸", "cn-1inch"),
        ("one-inch", "cn-1inch"),
        ("One Inch", "cn-1inch"),
        ("小二寸", "cn-small-2inch"),
        ("大二寸", "cn-large-2inch"),
        ("两寸", "cn-2inch"),
        ("de-id", "de-passport"),
        ("tw-id", "tw-passport"),
        ("cn-visa-print", "cn-passport-print"),
        ("驾照", "cn-driving-licence"),
    ],
)
def test_names_are_found_in_any_case_width_and_language(name: str, spec_id: str) -> None:
    assert load.get(name).id == spec_id


def test_every_alias_leads_to_its_spec() -> None:
    for spec in load.listing():
        assert {load.get(alias).id for alias in spec.aliases} <= {spec.id}


def test_listing_has_every_spec_once_and_no_hidden_record() -> None:
    names = [s.id for s in load.listing()]
    assert names == sorted(set(names)) == list(ids())
    assert not [n for n in names if n.startswith("_")]


@pytest.mark.parametrize("name", ["_icao", "_iso-defaults", "_index"])
def test_hidden_records_are_no_specs(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        load.get(name)
    assert caught.value.code == "spec_unknown"


@pytest.mark.parametrize(
    ("name", "near"),
    [("cn-socialcard", "cn-social-security-card"), ("us-vsa", "us-visa"), ("居住", "cn-residence-permit")],
)
def test_an_unknown_name_says_what_is_near(name: str, near: str) -> None:
    with pytest.raises(SpecError) as caught:
        load.get(name)
    assert caught.value.code == "spec_unknown"
    assert caught.value.values["name"] == name
    assert near in caught.value.values["near"]
    assert caught.value.exit_code == 2
    for lang in LANGUAGES:
        assert near in caught.value.hint(lang)


@pytest.mark.parametrize("name", ["", "  ", "\0", "..", "?" * 500], ids=["empty", "blank", "nul", "dots", "long"])
def test_nonsense_is_an_unknown_name(name: str) -> None:
    with pytest.raises(SpecError, match="spec_unknown"):
        load.get(name)


def test_a_profile_is_put_in_force() -> None:
    spec = load.get("cn-social-security-card", profile="strict-20k")
    assert (spec.window.low, spec.window.high) == (9216, 20000)
    assert load.with_profile(spec, "default").window.high == 40000


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        load.get("cn-social-security-card", profile="beijing")
    assert caught.value.code == "profile_unknown"
    assert caught.value.values["spec"] == "cn-social-security-card"
    assert {"default", "strict-20k", "20k-plus"} <= set(caught.value.values["known"])
    assert "strict-20k" in caught.value.hint()


def test_many_gives_them_in_order_and_once() -> None:
    assert [s.id for s in load.many("cn-1inch, us-visa,一寸")] == ["cn-1inch", "us-visa"]


def test_many_puts_the_profile_in_force_for_each() -> None:
    with pytest.raises(UsageError, match="profile_unknown"):
        load.many("cn-social-security-card,cn-1inch", profile="strict-20k")


@pytest.mark.parametrize("names", ["", " , ,"])
def test_many_of_nothing_is_a_usage_error(names: str) -> None:
    with pytest.raises(UsageError, match="bad_option"):
        load.many(names)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load.get(tmp_path / "none.toml")
    assert caught.value.code == "not_found"
    assert "none.toml" in str(caught.value)


def test_a_folder_is_not_readable(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="not_readable"):
        load.get(tmp_path)


def test_a_name_that_no_file_can_have_is_not_readable() -> None:
    with pytest.raises(SpecError, match="not_readable"):
        load.get("\0.toml")


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.toml"
    path.write_bytes(b"#" * (256 * 1024 + 1))
    with pytest.raises(SpecError, match="262144"):
        load.get(path)


def test_loading_a_spec_of_the_package_imports_nothing_heavy() -> None:
    """pydantic, numpy and cv2 are for those who need them."""
    code = (
        "import sys; from ephoto.specs import load; load.get('社保卡'); load.adhoc('25x35mm');"
        "print([m for m in ('pydantic', 'numpy', 'cv2', 'PIL', 'difflib') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


def test_a_spec_is_a_value() -> None:
    assert load.get("us-visa") == load.get("US-VISA")
    assert hash(load.get("us-visa")) == hash(load.get("us-visa"))
