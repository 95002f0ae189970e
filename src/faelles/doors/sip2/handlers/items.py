"""17 and 19: a copy at the machine."""

from faelles.circulation.self_service.model import ItemSeen
from faelles.circulation.self_service.operations import item_at_machine
from faelles.circulation.sorting.rules import Sorted
from faelles.doors.sip2 import codes, dates
from faelles.doors.sip2.answers import due_date, refuse, say, stamped
from faelles.doors.sip2.exchange import Answer, Exchange
from faelles.doors.sip2.sorting import collection, sort_bin
from faelles.ground.database import Transaction
from faelles.items.particulars.operations import note_tag
from faelles.people.machines.terminal import Extension

_NO_FEE = "01"
_UNKNOWN_MARKER = "00"
_LONGEST_PROPERTIES = 200


async def information(exchange: Exchange) -> Answer:
    seen = await exchange.read(lambda tx: item_at_machine(tx, exchange.terminal.caller, exchange.item))
    if seen is None:
        return refuse(exchange, say(exchange, "material_not_found"))
    copy, where = seen.copy, exchange.where
    here = seen.bound_for or seen.seen_branch
    values: dict[str, str | list[str]] = {
        "CF": str(seen.waiting),
        "AB": copy.number,
        "AJ": copy.title,
        "BG": where.isil,
        "CK": codes.media_type(copy.material_type),
        "AQ": where.code_of(copy.owner_branch),
        "AP": where.code_of(here if here is not None else copy.owner_branch),
    }
    if seen.due_on is not None:
        values["AH"] = due_date(exchange, seen.due_on)
    if seen.pickup_deadline is not None:
        values["CM"] = dates.end_of(seen.pickup_deadline)
    if seen.properties:
        values["CH"] = seen.properties
    fixed = {
        **stamped(exchange),
        "circulation_status": codes.circulation_status(copy, set_aside=seen.set_aside),
        "security_marker": _UNKNOWN_MARKER,
        "fee_type": _NO_FEE,
    }
    return Answer(fixed, {**values, **_extensions(exchange, seen)})


def _extensions(exchange: Exchange, seen: ItemSeen) -> dict[str, str]:
    copy = seen.copy
    found = {
        Extension.CALL_NUMBER: copy.classification,
        Extension.COLLECTION: collection(exchange, seen.placement),
        Extension.SORT_BIN: sort_bin(
            exchange,
            Sorted(
                destination=copy.owner_branch,
                material_groups=exchange.where.groups_above(copy.material_group),
                material_type=copy.material_type,
                placement=copy.default_placement,
            ),
        ),
    }
    return {each.value: value for each, value in found.items() if value and exchange.has(each)}


async def status_update(exchange: Exchange) -> Answer:
    properties = exchange.message.get("CH")[:_LONGEST_PROPERTIES]

    async def work(tx: Transaction) -> ItemSeen | None:
        await note_tag(tx, exchange.terminal.caller, exchange.item, properties)
        return await item_at_machine(tx, exchange.terminal.caller, exchange.item)

    seen = await exchange.run(work)
    title = seen.copy.title if seen else ""
    return Answer(
        {**stamped(exchange), "item_properties_ok": "1"}, {"AB": exchange.item, "AJ": title, "CH": properties}
    )
