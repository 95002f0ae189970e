"""What the night forgets of messages."""

from datetime import date, time
from typing import Final

from faelles.ground.database import Transaction
from faelles.ground.jobs import Job, Slice
from faelles.notices.sending.operations import forget_texts
from faelles.policies.knobs import NOTICE_TEXT_DAYS
from faelles.policies.model import Subject
from faelles.policies.operations import current_settings


async def forget(tx: Transaction, _day: date, _begin: str | None) -> Slice:
    """Erase the texts whose time is over, as the agency says how long that is."""
    settings = await current_settings(tx)
    place = settings.at_division(None)
    terms = settings.policy.terms(Subject(item=place, patron=place, desk=place), tx.now)
    return Slice(counts={"texts_erased": await forget_texts(tx, terms[NOTICE_TEXT_DAYS].value)})


FORGET_TEXTS: Final = Job(name="forget_notice_texts", work=forget, at=time(4))
