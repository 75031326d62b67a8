"""The words of the workflow. Each is the wire's word too (ephoto/contracts)."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = [
    "CARD_EVENTS",
    "ApplicationEvent",
    "ApplicationState",
    "CardEvent",
    "CardFunction",
    "CardState",
    "Channel",
    "DeliveryMethod",
    "EventType",
    "FailType",
    "IdType",
    "Kind",
    "PhotoSource",
    "Route",
    "Sex",
    "Source",
    "Switch",
]

Kind = Literal["first_issue", "replacement_loss", "replacement_damage", "reissue_changed_data"]
Route = Literal["in_service", "individual", "guardian"]
DeliveryMethod = Literal["pickup_branch", "mail_personal", "on_site", "employer_collect"]
PhotoSource = Literal["on_file", "uploaded", "captured"]
IdType = Literal[
    "resident_id",
    "passport",
    "foreign_permanent_residence",
    "hk_macao_permit",
    "taiwan_permit",
    "hk_macao_taiwan_residence",
]
Sex = Literal["M", "F"]
FailType = Literal["bank", "data", "photo", "card"]
Source = Literal["applicant", "employer", "platform", "ephoto", "bureau", "bank", "hr"]  # who says that it happened
Channel = Literal[
    "mini_program",
    "photo_mini_program",
    "hr_portal",
    "hr_site",
    "hr_app",
    "branch_counter",
    "branch_terminal",
    "online_remote",
    "post",
    "wechat_official",
    "jingtong_mini_program",
    "district_office",
]

# The six functions of the card; three of them have switches, and suburban rail is a part of transport with its own.
CardFunction = Literal["social_security", "health", "transport", "culture_tourism", "benefits", "finance"]
Switch = Literal["financial", "social_security", "transport", "suburban_rail"]

ApplicationState = Literal[
    "draft",
    "photo_accepted",
    "submitted",
    "accepted",
    "rejected",
    "producing",
    "produced",
    "production_failed",
    "ready_for_pickup",
    "mailed",
    "mail_returned",
    "with_employer",
    "received",
    "closed",
    "cancelled",
]
CardState = Literal["made", "held", "in_use", "temp_lost", "lost", "replaced", "cancelled"]

ApplicationEvent = Literal[
    "created",
    "photo_attached",
    "photo_removed",
    "data_edited",
    "confirmed",
    "accepted",
    "rejected",
    "reopened",
    "packaged",
    "produced",
    "production_failed",
    "repackaged",
    "ready_at_branch",
    "dispatched",
    "handed_over",
    "returned",
    "received",
    "issued_instantly",
    "closed",
    "application_cancelled",
]
CardEvent = Literal[
    "financial_activated",
    "social_security_enabled",
    "transport_opened",
    "transport_topped_up",
    "suburban_rail_opened",
    "temp_loss_reported",
    "temp_loss_lifted",
    "loss_reported",
    "replacement_requested",
    "replaced",
    "cancelled",
]
EventType = Literal[ApplicationEvent, CardEvent]
CARD_EVENTS: frozenset[EventType] = frozenset(get_args(CardEvent))
