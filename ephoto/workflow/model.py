"""An application for a card, and the card: strict values, as the wire's documents name them.

A draft may lack nearly everything; what is still missing or wrong by the rules is for `validate` to say. What stands
here only keeps out what no application can hold: unknown fields, other kinds of value, texts too long or with control
signs. Texts lose white space at their ends, and an empty one is as none. All but names are brought to NFC; a name stays
as it is given. ID numbers and mobile numbers are made plain as far as they can be.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ephoto.core.errors import InputError
from ephoto.tables.text import clean
from ephoto.workflow.entries import (
    Code,
    Day,
    DocumentId,
    IdText,
    MobileText,
    Moment,
    Sha256,
    SpecVersion,
    Text,
    Until,
    problem_of,
)
from ephoto.workflow.functions import working_functions
from ephoto.workflow.values import (
    CardFunction,
    CardState,
    Channel,
    DeliveryMethod,
    IdType,
    Kind,
    PhotoSource,
    Route,
    Sex,
    Switch,
)

__all__ = [
    "Applicant",
    "Application",
    "Bank",
    "Card",
    "Consent",
    "Delivery",
    "Employer",
    "Guardian",
    "Photo",
    "Picture",
    "Previous",
    "Verification",
    "dump_application",
    "load_application",
]

Name = Annotated[Text, Field(max_length=100)]
Word = Annotated[Text, Field(max_length=40)]
Address = Annotated[Text, Field(max_length=200)]
Reference = Annotated[Text, Field(max_length=128)]
Count = Annotated[int, Field(ge=1)]


def _as_set(given: Any) -> Any:
    return frozenset(given) if isinstance(given, (list, tuple, set)) else given


def _once(given: Any) -> Any:
    """A list's words, none twice."""
    return tuple(dict.fromkeys(given)) if isinstance(given, (list, tuple)) else given


Switches = Annotated[frozenset[Switch], BeforeValidator(_as_set)]
Receivers = Annotated[
    tuple[Annotated[Text, Field(min_length=1, max_length=64)], ...], BeforeValidator(_once), Field(min_length=1)
]


class _Part(BaseModel):
    """Frozen; unknown fields are refused, kinds of values are not changed, and no error's text holds what was given."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)
    _as_given: ClassVar[frozenset[str]] = frozenset({"name", "recipient"})

    @model_validator(mode="before")
    @classmethod
    def _tidied(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        tidy = {key: cls._tidy(key, value) for key, value in given.items()}
        return {key: value for key, value in tidy.items() if value != "" or key not in cls.model_fields}

    @classmethod
    def _tidy(cls, key: object, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return clean(value if key in cls._as_given else unicodedata.normalize("NFC", value))


class Applicant(_Part):
    """Whom the card is for. `birth_date` and `sex` may be left out where the ID number tells them."""

    name: Name = Field(repr=False)
    id_type: IdType = "resident_id"
    id_number: IdText = Field(repr=False)
    birth_date: Day | None = Field(default=None, repr=False)
    sex: Sex | None = Field(default=None, repr=False)
    nation: Word = Field(default="", repr=False)
    mobile: MobileText = Field(default="", repr=False)
    occupation: Word = Field(default="", repr=False)
    id_valid_from: Day | None = Field(default=None, repr=False)
    id_valid_to: Until | None = Field(default=None, repr=False)
    address: Address = Field(default="", repr=False)


class Guardian(_Part):
    """Who applies for a minor."""

    name: Name = Field(default="", repr=False)
    id_type: IdType = "resident_id"
    id_number: IdText = Field(default="", repr=False)
    mobile: MobileText = Field(default="", repr=False)
    relation: Word = ""


class Employer(_Part):
    """Whose collective application it is; `collective_opened` as far as the application knows (see EmployerTerms)."""

    code: Code = ""
    name: Name = ""
    collective_opened: bool = False
    batch_no: Code = ""


class Bank(_Part):
    """Which bank issues the card, and at which branch its account is kept."""

    code: Code = ""
    branch_code: Code = ""


class Delivery(_Part):
    """How the card comes to its holder; the address where it is mailed. `locked`: the employer has set it."""

    method: DeliveryMethod | None = None
    locked: bool = False
    recipient: Name = Field(default="", repr=False)
    mobile: MobileText = Field(default="", repr=False)
    province: Word = Field(default="", repr=False)
    city: Word = Field(default="", repr=False)
    district: Word = Field(default="", repr=False)
    address: Address = Field(default="", repr=False)
    postcode: Word = Field(default="", repr=False)


class Photo(_Part):
    """The card's photo: on file with the platform (nothing else is given then), or one of ours.

    `photo_id` names the bytes in our own store; `sha256`, `bytes`, `width`, `height` (px), `dpi` are of the file as it
    is sent; `spec` is the document it was made for and its version, as in "cn-social-security-card@1"; `report_status`
    is what the last report on these bytes came to.
    """

    source: PhotoSource
    photo_id: Reference = ""
    sha256: Sha256 = ""
    bytes: Count | None = None
    width: Count | None = None
    height: Count | None = None
    dpi: Count | None = None
    spec: SpecVersion = ""
    report_status: Literal["", "pass", "fail"] = ""


class Picture(_Part):
    """A picture of one side of the ID card, in our own store."""

    photo_id: Reference = ""
    sha256: Sha256
    bytes: Count


class Verification(_Part):
    """That the person is who they say: when it was found, by whom and under which reference; no picture of it."""

    login_method: Literal["wechat_phone", "sms_code"] | None = None
    real_name_at: Moment | None = None
    face_at: Moment | None = None
    provider: Annotated[Text, Field(max_length=64)] = ""
    ref: Reference = ""


class Previous(_Part):
    """The card that is to be replaced, as far as it is known; it need not be given back."""

    card_no: Annotated[IdText, Field(max_length=32)] = Field(default="", repr=False)
    reason: Annotated[Text, Field(max_length=200)] = Field(default="", repr=False)
    returned: bool = False
    identity_change_ref: Annotated[Text, Field(max_length=64)] = ""


class Consent(_Part):
    """Which text was agreed to, when, by whom, and every receiver that it names."""

    version: Annotated[Text, Field(max_length=32)]
    at: Moment
    scope: Receivers
    by: Literal["applicant", "guardian"] = "applicant"


class Application(_Part):
    """One application.

    Attributes
    ----------
    channel : where it is made, if that is known
    valid_id_shown_at : when a valid ID was shown at the counter; for what is done there
    branch_locked : the employer has set the branch
    instant : the card shall be made at the branch while the person waits
    fee_fen : what was asked for it, hundredths of a yuan
    """

    application_id: DocumentId = ""
    kind: Kind
    route: Route
    channel: Channel | None = None
    applicant: Applicant
    employer: Employer | None = None
    guardian: Guardian | None = None
    bank: Bank | None = None
    delivery: Delivery | None = None
    photo: Photo | None = None
    id_card_front: Picture | None = None
    id_card_back: Picture | None = None
    verification: Verification | None = None
    valid_id_shown_at: Moment | None = None
    previous: Previous | None = None
    pledge_accepted_at: Moment | None = None
    consent: Consent | None = None
    branch_locked: bool = False
    instant: bool = False
    fee_fen: Annotated[int, Field(ge=0)] = 0


class Card(_Part):
    """A card as it is now."""

    card_no: Annotated[IdText, Field(pattern="^[A-Z0-9]{9}$")] = Field(repr=False)
    state: CardState
    switches: Switches = frozenset()

    @property
    def functions(self) -> Mapping[CardFunction, bool]:
        """Each of the six functions, and whether it works."""
        return working_functions(self.state, self.switches)


def load_application(table: Mapping[str, Any]) -> Application:
    """The application that a table (of JSON or TOML) describes.

    Raises
    ------
    InputError
        "wf.field_required", "wf.field_unfit" with the first field that is missing or unfit; never with its value.
    """
    try:
        return Application.model_validate(table)
    except ValidationError as error:
        field, problem = problem_of(error)
    if not problem:
        raise InputError("wf.field_required", field=field)
    raise InputError("wf.field_unfit", field=field, problem=problem)


def dump_application(application: Application) -> dict[str, Any]:
    """The same as a table for JSON, from which `load_application` makes it again; whole personal data is in it."""
    return application.model_dump(mode="json", exclude_none=True)
