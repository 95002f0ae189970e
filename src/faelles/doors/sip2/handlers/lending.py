"""11, 29 and 65: lending and renewing, now or as a fact of when the line was down."""

from collections.abc import Sequence
from functools import partial

import msgspec

from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans.model import CheckoutAnswer, CheckoutRequest, ItemShown, Outcome, RenewalAnswer
from faelles.circulation.loans.offline_model import Happened, OfflineAnswer
from faelles.circulation.loans.operations import checkout
from faelles.circulation.self_service import operations
from faelles.circulation.self_service.model import ItemSeen, RenewAtMachine, RenewedAtMachine
from faelles.circulation.self_service.renewing import renew_at_machine
from faelles.doors.sip2 import codes
from faelles.doors.sip2.answers import block_text, due_date, money, receipt, refuse, refuse_for, say, shown, stamped
from faelles.doors.sip2.exchange import UNPROVEN, Answer, Exchange
from faelles.doors.sip2.facts import as_fact
from faelles.doors.sip2.handlers.cancelling import cancel_return
from faelles.ground.database import Transaction
from faelles.ground.i18n import Language

_OVERDUE_FEE = codes.fee_type("overdue")
_MINE_ALREADY = BlockCode.ALREADY_LOANED


class _FeeUnacknowledgedError(Exception):
    """It would cost something, and nobody has said that they know: what was done is rolled back."""


async def check_out(exchange: Exchange) -> Answer:
    if exchange.says("BI"):
        return await cancel_return(exchange)
    if exchange.flag("no_block") == "Y":
        return await _lent_already(exchange)
    request = CheckoutRequest(
        borrower=Borrower(card=exchange.card),
        item=exchange.item,
        branch=exchange.branch,
        pin=exchange.pin,
        renew_own=_renews(exchange),
    )
    try:
        answer, language = await exchange.run(partial(_check_out, exchange, request, charging=exchange.says("BO")))
    except _FeeUnacknowledgedError:
        rehearsal = msgspec.structs.replace(request, dry_run=True)
        answer, language = await exchange.run(partial(_check_out, exchange, rehearsal, charging=True))
        return _costs(exchange, answer.charged_ore, answer.item, language)
    exchange.note_proof(answer.blocks)
    if answer.outcome is Outcome.REFUSED:
        return _refused(exchange, answer, language)
    return _lent(exchange, answer, language)


def _renews(exchange: Exchange) -> bool:
    """Whether scanning what the patron has already renews it: as the machine says, else as it is set up."""
    policy = exchange.flag("sc_renewal_policy")
    wanted = policy == "Y" if policy in {"Y", "N"} else exchange.profile.renews
    return wanted and exchange.terminal.renews_on_checkout


async def _check_out(
    exchange: Exchange, request: CheckoutRequest, tx: Transaction, *, charging: bool
) -> tuple[CheckoutAnswer, Language]:
    caller, keyring = exchange.caller, exchange.services.keyring

    async def deed(key: str | None) -> CheckoutAnswer:
        return await checkout(tx, caller, keyring, request, key)

    async def still_stands(answer: CheckoutAnswer) -> bool:
        is_refused = answer.outcome is Outcome.REFUSED
        return is_refused or await operations.lent_as(tx, request.item) == answer.loan

    key = None if request.dry_run else exchange.key("checkout", str(request.renew_own))
    answer = await exchange.once(key, deed, still_stands)
    if answer.charged_ore and not charging:
        raise _FeeUnacknowledgedError
    is_unproven = any(each.code in UNPROVEN for each in answer.blocks)
    has_words = answer.outcome is Outcome.REFUSED or answer.charged_ore or exchange.profile.prints
    if is_unproven or not has_words:
        return answer, exchange.language
    return answer, await operations.language_of(tx, caller, keyring, exchange.card)


def _lent(exchange: Exchange, answer: CheckoutAnswer, language: Language) -> Answer:
    was_theirs = answer.outcome in {Outcome.RENEWED, Outcome.REPEATED}
    media = answer.item.material_type if answer.item else "other"
    title = answer.item.title if answer.item else ""
    line = say(exchange, "sip2_due", language, title=title, due_on=str(answer.due_on or ""))
    values: dict[str, str | list[str]] = {
        **_parties(exchange, title),
        **_item_meant(exchange, answer.item),
        "AH": due_date(exchange, answer.due_on),
        "CK": codes.media_type(media),
        "BK": str(answer.loan or ""),
        "AG": receipt(exchange, line),
    }
    if answer.charged_ore:
        values |= {"BT": _OVERDUE_FEE, **money(exchange, answer.charged_ore)}
    fixed = {
        "ok": "1",
        "renewal_ok": codes.yes_no(is_so=was_theirs),
        "magnetic_media": codes.yes_no(is_so=codes.is_magnetic(media)),
        "desensitize": "Y",
    }
    return Answer({**stamped(exchange), **fixed}, values)


def _refused(exchange: Exchange, answer: CheckoutAnswer, language: Language) -> Answer:
    """A renewal that was refused names its loan: the copy is in the right hands already, and that much is told."""
    was_theirs = answer.loan is not None or any(each.code is _MINE_ALREADY for each in answer.blocks)
    refusal = refuse_for(exchange, answer.blocks, language)
    title = {"AJ": answer.item.title} if answer.item else {}
    return Answer({**refusal.fixed, "renewal_ok": codes.yes_no(is_so=was_theirs)}, {**refusal.values, **title})


def _costs(exchange: Exchange, ore: int, item: ItemShown | None, language: Language) -> Answer:
    """It can be had once the fee is acknowledged (BO)."""
    refusal = refuse(exchange, say(exchange, "sip2_costs", language, amount_ore=ore))
    told = {"AJ": item.title if item else "", "BT": _OVERDUE_FEE, **money(exchange, ore)}
    return Answer({**refusal.fixed, "renewal_ok": "Y"}, {**refusal.values, **told, **_item_meant(exchange, item)})


def _parties(exchange: Exchange, title: str) -> dict[str, str]:
    return {"AO": exchange.institution, "AA": exchange.card, "AB": exchange.item, "AJ": title}


def _item_meant(exchange: Exchange, item: ItemShown | None) -> dict[str, str]:
    """AB, where the machine named the title alone."""
    return {"AB": item.number} if item is not None and not exchange.item else {}


async def renew(exchange: Exchange) -> Answer:
    if exchange.flag("no_block") == "Y":
        return await _renewed_already(exchange)
    title = "" if exchange.item else exchange.message.get("AJ").strip()
    request = RenewAtMachine(
        who=exchange.who,
        item=None if title else exchange.item,
        title=title or None,
        for_others=exchange.flag("third_party_allowed") == "Y",
    )
    try:
        renewed = await exchange.run(partial(_renew, exchange, request, charging=exchange.says("BO")))
    except _FeeUnacknowledgedError:
        rehearsal = msgspec.structs.replace(request, dry_run=True)
        renewed = await exchange.run(partial(_renew, exchange, rehearsal, charging=True))
        only = renewed.answers[0]
        return _costs(exchange, only.charged_ore, only.item, renewed.language or exchange.language)
    language = renewed.language or exchange.language
    blocks = [renewed.block] if renewed.block else []
    exchange.note_proof(blocks)
    if blocks or not renewed.answers:
        return refuse_for(exchange, blocks, language)
    return _renewed(exchange, renewed.answers[0], language)


async def _renew(exchange: Exchange, request: RenewAtMachine, tx: Transaction, *, charging: bool) -> RenewedAtMachine:
    caller, keyring = exchange.caller, exchange.services.keyring

    async def deed(key: str | None) -> RenewedAtMachine:
        return await renew_at_machine(tx, caller, keyring, request, key)

    async def still_stands(renewed: RenewedAtMachine) -> bool:
        loans = [answer.loan for answer in renewed.answers if answer.outcome is Outcome.RENEWED]
        return request.item is None or not loans or await operations.lent_as(tx, request.item) in loans

    asked = (str(request.for_others), *map(str, request.loans), *filter(None, [request.title]))
    key = None if request.dry_run else exchange.key("renew", *asked)
    renewed = await exchange.once(key, deed, still_stands)
    if not charging and any(answer.charged_ore for answer in renewed.answers):
        raise _FeeUnacknowledgedError
    return renewed


def _renewed(exchange: Exchange, answer: RenewalAnswer, language: Language) -> Answer:
    if answer.outcome is Outcome.REFUSED:
        refusal = refuse_for(exchange, answer.blocks, language)
        title = {"AJ": answer.item.title} if answer.item else {}
        return Answer(refusal.fixed, {**refusal.values, **title, **_item_meant(exchange, answer.item)})
    as_checkout = CheckoutAnswer(
        outcome=answer.outcome,
        loan=answer.loan,
        due_on=answer.due_on,
        item=answer.item,
        charged_ore=answer.charged_ore,
    )
    return _lent(exchange, as_checkout, language)


async def renew_all(exchange: Exchange) -> Answer:
    everything = RenewAtMachine(who=exchange.who)
    try:
        renewed = await exchange.run(partial(_renew, exchange, everything, charging=exchange.says("BO")))
    except _FeeUnacknowledgedError:
        renewed = await _renew_what_is_free(exchange)
    language = renewed.language or exchange.language
    if renewed.block is not None:
        return refuse_for(exchange, [renewed.block], language)
    exchange.note_proof()
    done = [answer for answer in renewed.answers if answer.outcome is Outcome.RENEWED]
    kept = [answer for answer in renewed.answers if answer.outcome is not Outcome.RENEWED]
    fixed = {"ok": "1", "renewed_count": codes.count(len(done)), "unrenewed_count": codes.count(len(kept))}
    values: dict[str, str | list[str]] = {
        "AO": exchange.institution,
        "BM": [answer.item.number for answer in done if answer.item],
        "BN": [answer.item.number for answer in kept if answer.item],
        "AF": shown(exchange, _why_kept(exchange, kept, language)),
    }
    return Answer({**stamped(exchange), **fixed}, values)


def _why_kept(exchange: Exchange, kept: Sequence[RenewalAnswer], language: Language) -> list[str]:
    """Each reason once; what the rest would cost, all together."""
    texts = list(dict.fromkeys(block_text(each, language) for answer in kept for each in answer.blocks))
    if ore := sum(answer.charged_ore for answer in kept):
        texts.append(say(exchange, "sip2_costs", language, amount_ore=ore))
    return texts


async def _renew_what_is_free(exchange: Exchange) -> RenewedAtMachine:
    """Nobody has said that they know of a fee: what costs one stays as it is."""
    rehearsal = RenewAtMachine(who=exchange.who, dry_run=True)
    planned = await exchange.run(partial(_renew, exchange, rehearsal, charging=True))
    free = tuple(answer.loan for answer in planned.answers if not answer.charged_ore)
    costly = tuple(answer for answer in planned.answers if answer.charged_ore)
    if not free:
        return planned
    request = RenewAtMachine(who=exchange.who, loans=free)
    renewed = await exchange.run(partial(_renew, exchange, request, charging=True))
    return RenewedAtMachine(answers=(*renewed.answers, *costly), language=renewed.language)


async def _lent_already(exchange: Exchange) -> Answer:
    answer, seen, language = await as_fact(exchange, Happened.CHECKOUT)
    return _fact_told(exchange, answer, seen, language)


async def _renewed_already(exchange: Exchange) -> Answer:
    answer, seen, language = await as_fact(exchange, Happened.RENEWAL)
    return _fact_told(exchange, answer, seen, language)


def _fact_told(exchange: Exchange, answer: OfflineAnswer, seen: ItemSeen | None, language: Language) -> Answer:
    """A fact is taken; what a rule would have said is told, and is on the work list."""
    texts = [block_text(each, language) for each in answer.conflicts]
    refusal = refuse(exchange, *texts)
    if seen is None:
        return refusal
    if answer.loan is None:
        is_over = any(each.code is BlockCode.ON_LOAN_TO_OTHER for each in answer.conflicts)
        return _over_since(exchange, refusal, seen.copy.title) if is_over else refusal
    media = seen.copy.material_type
    was_others = any(each.code is BlockCode.ON_LOAN_TO_OTHER for each in answer.conflicts)
    was_theirs = answer.outcome in {Outcome.REPEATED, Outcome.RENEWED} and not was_others
    fixed = {"ok": "1", "renewal_ok": codes.yes_no(is_so=was_theirs), "desensitize": "Y"}
    told = {
        **_parties(exchange, seen.copy.title),
        "AH": due_date(exchange, seen.due_on),
        "CK": codes.media_type(media),
        "BK": str(answer.loan),
    }
    return Answer({**refusal.fixed, **fixed}, {**refusal.values, **told})


def _over_since(exchange: Exchange, told: Answer, title: str) -> Answer:
    """It was lent, has come back, and somebody else has it by now: there is no due date to tell."""
    return Answer({**told.fixed, "ok": "1", "desensitize": "Y"}, {**told.values, **_parties(exchange, title)})
