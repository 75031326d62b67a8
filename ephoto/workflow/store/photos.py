"""Photos of a unit: the card's, and both sides of the ID card. Each has a random name, and lies apart from the data."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from ephoto.core.errors import InputError
from ephoto.workflow.store.frame import Frame
from ephoto.workflow.store.rows import PhotoFacts, PhotoRole
from ephoto.workflow.store.tables import APPLICATION, PHOTO

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Photos"]


class Photos(Frame):
    """Part of `Unit`."""

    def put_photo(self, application_id: str, role: PhotoRole, data: bytes) -> str:
        """Keep a picture, instead of the one that the application had in this role; gives its random name.

        Raises
        ------
        InputError
            "wf.application_unknown".
        """
        self._lock(application_id)
        self.drop_photos(application_id, role)
        photo_id = secrets.token_hex(16)
        facts = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        values = {
            "id": photo_id,
            "application_id": application_id,
            "role": role,
            "created_at": self._clock(),
            "facts": self._sealed(facts, f"photo-facts:{photo_id}"),
            "sealed": self.vault.seal(data, f"photo:{photo_id}"),
        }
        self._db.execute(insert(PHOTO).values(**values))
        return photo_id

    def photo(self, photo_id: str) -> bytes:
        """The file's bytes.

        Raises
        ------
        InputError
            "wf.photo_missing": it was never there, or has been purged.
        """
        row = self._one(select(PHOTO.c.sealed).where(PHOTO.c.id == photo_id))
        if row is None:
            raise InputError("wf.photo_missing")
        return self.vault.open(row["sealed"], f"photo:{photo_id}")

    def photo_facts(self, photo_id: str) -> PhotoFacts:
        """What is known of it, without opening it; errors as `photo`."""
        return self._facts(PHOTO.c.id == photo_id)

    def photo_of(self, application_id: str, role: PhotoRole) -> PhotoFacts | None:
        """The application's picture in this role, if it has one."""
        try:
            return self._facts(PHOTO.c.application_id == application_id, PHOTO.c.role == role)
        except InputError:
            return None

    def drop_photos(self, application_id: str, role: PhotoRole | None = None) -> int:
        """Delete an application's pictures, all or those of a role; gives how many there were."""
        where = [PHOTO.c.application_id == application_id, *([PHOTO.c.role == role] if role else [])]
        return self._db.execute(delete(PHOTO).where(*where)).rowcount

    def count_photos(self) -> int:
        """How many pictures are kept: who keeps faces of many people has duties (docs/privacy.md)."""
        return int(self._db.execute(select(func.count()).select_from(PHOTO)).scalar_one())

    def purge_photos(self, before: float, states: Sequence[str], limit: int | None = None) -> dict[str, int]:
        """Delete the pictures of applications that have been in one of these states, or ended, since before that time;
        and card photos that no application calls its own any more. Gives how many of which application went.

        `before`: seconds since 1970 UTC. `limit`: of applications; the rest is for another unit.
        """
        found = self._all(
            select(APPLICATION.c.id)
            .where(APPLICATION.c.id.in_(select(PHOTO.c.application_id)), *_due(before, states))
            .order_by(APPLICATION.c.id)
            .limit(limit)
            .with_for_update()
        )
        gone: dict[str, int] = {}
        for row in found:
            gone[row["id"]] = self.drop_photos(row["id"])
            self._db.execute(update(APPLICATION).where(APPLICATION.c.id == row["id"]).values(photo_id=None))
        for row in self._orphans(before, limit):
            # By its own name: another may have come in its place while this one was looked for.
            count = self._db.execute(delete(PHOTO).where(PHOTO.c.id == row["id"])).rowcount
            gone[row["application_id"]] = gone.get(row["application_id"], 0) + count
        return {name: count for name, count in gone.items() if count}

    def _facts(self, *where: Any) -> PhotoFacts:
        plain = (PHOTO.c.id, PHOTO.c.application_id, PHOTO.c.role, PHOTO.c.created_at, PHOTO.c.facts)
        row = self._one(select(*plain).where(*where))
        if row is None:
            raise InputError("wf.photo_missing")
        facts = self._opened(row["facts"], f"photo-facts:{row['id']}")
        return PhotoFacts(
            photo_id=row["id"], **{name: row[name] for name in ("application_id", "role", "created_at")}, **facts
        )

    def _orphans(self, before: float, limit: int | None) -> list[Any]:
        """Applications with a card photo that is not theirs any more. They are locked, so that it is so."""
        return self._all(
            select(PHOTO.c.id, PHOTO.c.application_id)
            .join(APPLICATION, APPLICATION.c.id == PHOTO.c.application_id)
            .where(PHOTO.c.role == "card", PHOTO.c.created_at < before)
            .where(APPLICATION.c.photo_id.is_distinct_from(PHOTO.c.id))
            .order_by(PHOTO.c.application_id)
            .limit(limit)
            .with_for_update(of=APPLICATION)
        )


def _due(before: float, states: Sequence[str]) -> tuple[Any, ...]:
    return APPLICATION.c.state.in_(states), func.coalesce(APPLICATION.c.ended_at, APPLICATION.c.updated_at) < before
