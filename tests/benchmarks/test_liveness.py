"""The liveness benchmark's arithmetic, and that no attack of the quick set passes."""

from __future__ import annotations

import pytest

from benchmarks.liveness.__main__ import NONE_PASSES, attack_table, bounds, people_table
from benchmarks.liveness.trial import Trial, one
from samples.liveness.attacks import SPECIES
from samples.liveness.sets import attacks, bona_fide


@pytest.mark.parametrize(
    ("errors", "n", "low", "high"),
    [
        (0, 32, 0.0, 0.1089),
        (0, 160, 0.0, 0.0228),
        (3, 160, 0.0039, 0.0538),
        (32, 32, 0.8911, 1.0),
        (1, 10, 0.0025, 0.4450),
    ],
)
def test_bounds_are_those_of_clopper_and_pearson(errors, n, low, high):
    """From published tables of the binomial's exact interval."""
    assert bounds(errors, n) == pytest.approx((low, high), abs=2e-4)


def trial(species, outcome, reason="all_done", person="proof-1"):
    return Trial(species, "", person, ("blink", "turn-left"), 15.0, (320, 240), outcome, (reason,), 2, {}, 5.0)


def test_an_inconclusive_verdict_is_an_error_for_people_and_none_for_attacks(capsys):
    people = [trial("bona-fide", "live")] * 97 + [trial("bona-fide", "inconclusive", "stream_ended")] * 3
    assert people_table(people)
    assert not people_table([*people, trial("bona-fide", "not_live", "flat")])
    assert attack_table([trial("still", "inconclusive", "stream_ended"), trial("still", "not_live", "frozen")])
    assert "  1  frozen 1" in capsys.readouterr().out


def test_what_must_not_pass_is_told_from_what_may(capsys):
    assert not attack_table([trial("loop", "live")])
    assert not attack_table([trial("loop", "live", person="photo")])
    assert attack_table([trial("injection", "live"), trial("loop", "not_live", "looped")])
    assert "worst: injection, 100.0 %" in capsys.readouterr().out
    assert set(NONE_PASSES) <= set(SPECIES)


@pytest.mark.slow
@pytest.mark.parametrize("species", SPECIES)
def test_no_attack_of_the_quick_set_passes(species):
    for attack in attacks(species, "proof", quick=True):
        assert one(attack).outcome != "live"


@pytest.mark.slow
def test_the_people_of_the_quick_set_pass():
    assert [one(take).outcome for take in bona_fide("proof", quick=True)] == ["live"] * 6
