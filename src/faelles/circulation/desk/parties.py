"""Who answers for what a patron comes to owe. Pure."""

from datetime import date

from faelles.circulation.desk.facts import PatronFacts
from faelles.fees.model import Parties
from faelles.fees.rules import payer


def parties_of(patron: PatronFacts, day: date) -> Parties:
    """Who is liable for a claim that arises on `day`, and gets the bill."""
    liable = payer(patron.id, patron.responsible_on(day), patron.birth_date, day)
    return Parties(patron=patron.id, liable=liable, addressee=liable)
