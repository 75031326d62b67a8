"""Everything that can go wrong, as one tree.

EphotoError
|-- UsageError (ValueError)          exit 2: what was asked for makes no sense, or is forbidden
|   `-- SpecError                    a spec is unknown or its file is wrong
|-- InputError (ValueError)          exit 3: the photo cannot be read
|-- FaceError (ValueError)           exit 4: no usable face, or several comparable ones
|-- UnmetError (ValueError)          exit 5: this photo cannot meet this spec
|-- CheckError (ValueError)          exit 1: a check failed and the caller asked to be strict
`-- EnvironmentFault (OSError)       exit 6: output, models, engines, disk

Each error has a stable `code` (a key of messages/*.toml), the `values` that its sentence needs, and a hint,
in English and in Chinese. Codes are part of the public interface: they are added, never renamed.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ephoto.core.messages import Language, text

__all__ = [
    "CheckError",
    "EnvironmentFault",
    "EphotoError",
    "FaceError",
    "InputError",
    "SpecError",
    "UnmetError",
    "UsageError",
]

WORKFLOW = "wf."


class EphotoError(Exception):
    """Root of all errors that ephoto raises on purpose.

    Parameters
    ----------
    code : str
        Key of the `[error]` table in messages/en.toml and zh.toml; with "wf." in front, of the `[wf]` table, whose
        codes travel between systems.
    **values
        What the sentence and the hint need, in native units; also there for programs to read.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, code: str, /, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def message(self, lang: Language = "en") -> str:
        """What happened, one sentence."""
        return text(*_entry(self.code), "message", lang, self.values)

    def hint(self, lang: Language = "en") -> str:
        """What to do about it, one sentence."""
        return text(*_entry(self.code), "hint", lang, self.values)

    def to_dict(self, lang: Language = "en") -> dict[str, Any]:
        """The same for machines: code, message, hint, values, exit_code."""
        return {
            "code": self.code,
            "message": self.message(lang),
            "hint": self.hint(lang),
            "values": self.values,
            "exit_code": self.exit_code,
        }

    def __str__(self) -> str:
        return f"{self.message()} {self.hint()} [{self.code}]"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.code, self.values), self.__dict__


def _entry(code: str) -> tuple[str, str]:
    """The kind of message and the code in its table."""
    return ("wf", code[len(WORKFLOW) :]) if code.startswith(WORKFLOW) else ("error", code)


def _rebuild(kind: type[EphotoError], code: str, values: dict[str, Any]) -> EphotoError:
    """Errors cross process borders: rebuild one from its parts."""
    return kind(code, **values)


class UsageError(EphotoError, ValueError):
    exit_code = 2


class SpecError(UsageError):
    pass


class InputError(EphotoError, ValueError):
    exit_code = 3


class FaceError(EphotoError, ValueError):
    exit_code = 4


class UnmetError(EphotoError, ValueError):
    exit_code = 5


class CheckError(EphotoError, ValueError):
    """A strict caller asked for a card that fails; `report` (a core.findings.Report) tells why."""

    exit_code = 1
    report: Any = None


class EnvironmentFault(EphotoError, OSError):
    exit_code = 6
