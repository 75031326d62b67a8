"""Ids: version 7 of RFC 9562, in the order of their milliseconds."""

from __future__ import annotations

import uuid
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.workflow.ids import new_id

seconds = st.integers(0, 2**42).map(lambda n: n / 1024)


def test_the_example_of_the_rfc():
    """RFC 9562, A.6: 0x17F22E279B0 milliseconds, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F."""

    class Drawn:
        def getrandbits(self, bits):
            return {12: 0xCC3, 62: 0x18C4DC0C0C07398F}[bits]

    assert new_id(lambda: 1645557742.0, Drawn()) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(seconds, st.integers(0, 2**64))
@settings(deadline=None)
def test_version_variant_and_time(now, seed):
    made = uuid.UUID(new_id(lambda: now, Random(seed)))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(now * 1000)


@given(seconds, seconds, st.integers(0, 2**64))
@settings(deadline=None)
def test_a_later_id_sorts_later(one, other, seed):
    rng = Random(seed)
    first, second = new_id(lambda: one, rng), new_id(lambda: other, rng)
    if int(one * 1000) < int(other * 1000):
        assert first < second
    assert first != second
