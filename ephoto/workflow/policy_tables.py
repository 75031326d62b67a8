"""The tables inside a policy's file: routes, banks, branches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from ephoto.contracts.schemas import is_code
from ephoto.workflow.values import Channel, DeliveryMethod, Kind, Route

if TYPE_CHECKING:
    from ephoto.core.edited import Edited

__all__ = ["REQUIRABLE", "BankRules", "BranchRules", "Proof", "RouteRules", "bank", "branch", "route"]

Proof = Literal["login", "real_name", "face"]
REQUIRABLE = (
    "applicant.mobile",
    "applicant.nation",
    "applicant.occupation",
    "applicant.id_valid_from",
    "applicant.id_valid_to",
    "applicant.address",
    "guardian.relation",
    "employer.name",
    "employer.batch_no",
    "verification.provider",
    "verification.ref",
    "previous.reason",
)
_CODE_WORDS = "1 to 32 letters, digits and _ -"


@dataclass(frozen=True, slots=True)
class RouteRules:
    """What holds on one route.

    Attributes
    ----------
    kinds : of application that may be made on it
    channels : by which it may be made; any where there is none
    employer_opens_first : the employer opens the collective application before anybody may confirm
    deliveries : how the card may be handed out
    verification : what must have been found of the person where nobody sees them
    id_card_pictures : pictures of both sides of the ID card are needed
    pledge : the personal pledge must be accepted
    required : fields, with dots, that must be there beside those that every document has
    excluded_occupations : words in small letters without spaces; see `excludes`
    """

    kinds: tuple[Kind, ...]
    channels: tuple[Channel, ...]
    employer_opens_first: bool
    deliveries: tuple[DeliveryMethod, ...]
    verification: tuple[Proof, ...]
    id_card_pictures: bool
    pledge: bool
    required: tuple[str, ...]
    excluded_occupations: frozenset[str]

    def excludes(self, occupation: str) -> bool:
        """Whether the occupation, as a whole, is one of those that the route is not for."""
        return _folded(occupation) in self.excluded_occupations


@dataclass(frozen=True, slots=True)
class BankRules:
    code: str
    remote_replacement: bool


@dataclass(frozen=True, slots=True)
class BranchRules:
    code: str
    bank: str
    instant_issue: bool


def route(raw: Edited, name: str) -> RouteRules:
    """One table [routes.NAME].

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    if name not in get_args(Route):
        raw.refuse("", "unknown key", ", ".join(get_args(Route)))
    rules = RouteRules(
        kinds=_of(raw, "kinds", Kind),
        channels=_of(raw, "channels", Channel),
        employer_opens_first=raw.take("employer_opens_first", False, "true, false"),
        deliveries=_of(raw, "deliveries", DeliveryMethod),
        verification=_of(raw, "verification", Proof),
        id_card_pictures=raw.take("id_card_pictures", True, "true, false"),
        pledge=raw.take("pledge", True, "true, false"),
        required=raw.listed("required", lambda word: word in REQUIRABLE, ", ".join(REQUIRABLE)),
        excluded_occupations=frozenset(map(_folded, raw.listed("excluded_occupations", bool, "words for occupations"))),
    )
    raw.done()
    return rules


def bank(raw: Edited) -> BankRules:
    """One table [[banks]].

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    made = BankRules(_code(raw, "code"), raw.take("remote_replacement", False, "true, false"))
    raw.done()
    return made


def branch(raw: Edited) -> BranchRules:
    """One table [[branches]].

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    made = BranchRules(_code(raw, "code"), _code(raw, "bank"), raw.take("instant_issue", False, "true, false"))
    raw.done()
    return made


def _code(raw: Edited, key: str) -> str:
    return raw.take(key, "", _CODE_WORDS, is_code)


def _of(raw: Edited, key: str, words: Any) -> Any:
    known = cast("tuple[str, ...]", get_args(words))
    return raw.listed(key, lambda word: word in known, ", ".join(known))


def _folded(text: str) -> str:
    return "".join(text.split()).casefold()
