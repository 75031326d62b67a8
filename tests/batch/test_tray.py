"""What workers of a cluster are given, without a cluster."""

from __future__ import annotations

import asyncio

import pytest

from ephoto.batch.folder import FileReader
from ephoto.batch.tray import Portion, Tray
from ephoto.core.errors import InputError

A, B = (1, 0), (1, 1)
HERE, THERE = "here", "there"


def page(*rows):
    return [Portion(n, f"{n}.jpg") for n in rows]


def rows(portions):
    return [portion.n for portion in portions]


def condemned(portions):
    return [portion.n for portion in portions if portion.condemned]


def on_a_tray(story):
    return asyncio.run(story(Tray(FileReader(1000))))


def test_pages_go_out_in_order_each_to_one_ticket():
    async def story(tray):
        await tray.lay(page(1, 2))
        await tray.lay(page(3))
        assert rows(await tray.take(A, HERE)) == [1, 2]
        assert rows(await tray.take(B, HERE)) == [3]

    on_a_tray(story)


def test_a_ticket_waits_until_there_is_a_page_or_there_will_be_none():
    async def story(tray):
        first, second = (asyncio.ensure_future(tray.take(ticket, HERE)) for ticket in (A, B))
        await asyncio.sleep(0)
        assert not first.done()
        await tray.lay(page(1))
        assert rows(await first) == [1]
        assert not second.done()
        await tray.close()
        assert await second == []

    on_a_tray(story)


def test_what_was_laid_out_before_the_end_is_still_given():
    async def story(tray):
        await tray.lay(page(1))
        await tray.close()
        assert rows(await tray.take(A, HERE)) == [1]
        assert await tray.take(B, HERE) == []

    on_a_tray(story)


def test_a_ticket_that_comes_again_gets_its_page_again_and_nobody_is_condemned_for_one_death():
    async def story(tray):
        await tray.lay(page(1, 2, 3))
        await tray.take(A, HERE)
        await tray.begin(A, 2)
        again = await tray.take(A, HERE)
        assert rows(again) == [1, 2, 3]
        assert condemned(again) == []

    on_a_tray(story)


def test_only_the_photo_that_was_worked_on_at_two_deaths_is_condemned():
    async def story(tray):
        await tray.lay(page(1, 2, 3))
        await tray.take(A, HERE)
        for _ in range(2):
            await tray.begin(A, 1)
            await tray.begin(A, 2)
            again = await tray.take(A, HERE)
        assert condemned(again) == [2]
        await tray.begin(A, 3)  # and a third death, which was another's
        assert condemned(await tray.take(A, HERE)) == [2]

    on_a_tray(story)


def test_an_actor_that_dies_before_it_begins_blames_nobody():
    async def story(tray):
        await tray.lay(page(1))
        for _ in range(4):
            assert condemned(await tray.take(A, HERE)) == []

    on_a_tray(story)


def test_pages_of_a_machine_that_is_gone_go_to_whoever_comes_next():
    async def story(tray):
        for n in (1, 2, 3):
            await tray.lay(page(n))
        await tray.take(A, THERE)
        await tray.take(B, HERE)
        await tray.only([HERE])
        assert rows(await tray.take((1, 2), HERE)) == [1]
        assert rows(await tray.take((1, 3), HERE)) == [3]
        await tray.close()
        assert await tray.take(A, HERE) == []  # the lost ticket, should its machine come back

    on_a_tray(story)


def test_an_answered_page_is_forgotten():
    async def story(tray):
        await tray.lay(page(1))
        await tray.take(A, THERE)
        await tray.answered(A)
        await tray.only([HERE])
        await tray.close()
        assert await tray.take(B, HERE) == []

    on_a_tray(story)


def test_what_nobody_has_can_be_taken_back():
    async def story(tray):
        for rows_ in ((1, 2), (3, 4), (5,)):
            await tray.lay(page(*rows_))
        await tray.take(A, HERE)
        assert await tray.recall() == [3, 4, 5]
        assert await tray.take(B, HERE) == []
        assert rows(await tray.take(A, HERE)) == [1, 2]

    on_a_tray(story)


@pytest.mark.parametrize("there", [True, False])
def test_photos_are_read_beside_the_driver(tmp_path, there):
    photo = tmp_path / "a.jpg"
    if there:
        photo.write_bytes(b"a photo")

    async def story(tray):
        return await tray.photo(str(photo))

    answer = on_a_tray(story)
    if there:
        assert answer == b"a photo"
    else:
        assert isinstance(answer, InputError)
        assert answer.code == "not_found"


def test_bytes_are_not_shown():
    assert "secret" not in repr(Portion(1, "a", data=b"secret"))
