"""Permissions in the order people think of them. What no area names is shown at the end."""

from typing import Final

from faelles.people.model import EVERY_PERMISSION, Permission

_NAMED: Final = (
    ("lending", ("checkout", "renew", "return", "backdate", "undo", "lost", "offline")),
    ("overriding", tuple(each.value for each in Permission if each.value.startswith("override_"))),
    ("holds", ("hold_view", "hold_place", "hold_move")),
    ("logistics", ("logistics", "worklist")),
    ("patrons", ("patron_view", "patron_edit", "patron_block", "patron_merge", "patron_cpr", "patron_protected")),
    (
        "money",
        (
            "fee_view",
            "fee_charge",
            "fee_pay",
            "fee_waive",
            "fee_refund",
            "till_operate",
            "debt_collect",
            "money_setup",
        ),
    ),
    ("stock", ("item_view", "item_edit", "item_withdraw", "catalog_view", "catalog_edit")),
    (
        "running",
        (
            "policy_view",
            "policy_edit",
            "agency_view",
            "agency_edit",
            "people_view",
            "people_edit",
            "event_read",
            "privacy",
            "support_grant",
        ),
    ),
)


def _areas() -> tuple[tuple[str, tuple[str, ...]], ...]:
    known = {permission.value for permission in EVERY_PERMISSION}
    named = [(area, tuple(each for each in permissions if each in known)) for area, permissions in _NAMED]
    rest = sorted(known - {each for _, permissions in named for each in permissions})
    return (*named, ("other", tuple(rest)))


AREAS: Final = _areas()
"""Every permission that a role of an agency may hold, by area."""
