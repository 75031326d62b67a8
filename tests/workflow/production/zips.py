"""Packages taken apart and put together wrongly."""

from __future__ import annotations

import hashlib
import json
import zipfile


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rebuilt(path, parts, compression=zipfile.ZIP_STORED, *, infos=()):
    """A zip of these members, and of `infos`, which have their own attributes."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
        for info, data in infos:
            archive.writestr(info, data)
    return path


def resealed(parts):
    """The members with a manifest and sums that are right again for them."""
    parts = dict(parts)
    manifest = json.loads(parts["manifest.json"])
    for one in manifest["files"]:
        if one["path"] in parts:
            data = parts[one["path"]]
            one |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return with_manifest(parts, manifest)


def with_manifest(parts, manifest):
    parts = dict(parts) | {"manifest.json": json.dumps(manifest, ensure_ascii=False).encode()}
    parts.pop("SHA256SUMS", None)
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(parts.items())]
    return parts | {"SHA256SUMS": "".join(lines).encode()}
