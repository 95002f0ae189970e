"""Who is told of a child: the child, or the adult who answers for it where the child cannot be reached."""

from datetime import date

import pytest

from circulation.lending_library import Reader
from faelles.notices.guardians.operations import register_with_guardian, replace_guardian
from faelles.notices.model import Plan, kinds
from faelles.notices.planning.operations import plan, say, tell
from faelles.patrons.guardians.model import GuardianGiven
from faelles.patrons.model import Contact, NewMembership, RegisterPatron, Role
from notices.post_office import PostOffice
from patrons_desk import ANY_GROUP, new_card, new_cpr

BORN = date(2016, 5, 17)


async def family(post: PostOffice, child: str = "nothing", adult: str = "email") -> tuple[Reader, Reader]:
    """A child and the adult who answers for it, each with what they can be reached by."""
    young = await post.reader(contact=child, born=BORN)
    old = await post.reader(contact=adult)
    await post.library.run(
        lambda tx: tx.execute(
            "INSERT INTO guardian (agency_id, patron_id, guardian_id, is_financially_responsible, valid)"
            " VALUES ($1, $2, $3, true, '[2020-01-01,)')",
            tx.agency,
            young.id,
            old.id,
        )
    )
    return young, old


async def told_of(post: PostOffice, reader: Reader, kind: str = "interlibrary_arrived") -> None:
    division = post.library.town.library
    await post.library.run(lambda tx: tell(tx, kinds()[kind], reader.id, division, occasion=f"{kind}/1"))
    await post.send()


async def test_the_adult_is_told_in_place_of_a_child_without_an_address(post: PostOffice):
    child, adult = await family(post)
    await told_of(post, child)
    [mail] = post.mail
    assert "Det gælder Søren Låner." in mail.body
    assert post.letters == []
    [row] = await post.library.run(
        lambda tx: tx.rows("SELECT patron_id, concerning_id FROM notice WHERE agency_id = $1", tx.agency)
    )
    assert (row["patron_id"], row["concerning_id"]) == (adult.id, child.id)


async def test_what_adults_are_to_know_leaves_the_child_everything_else(post: PostOffice):
    child, adult = await family(post, child="email", adult="email street")
    division, now = post.library.town.library, post.library.clock.now
    both = [
        Plan(kind=kind, occasion=f"{kind}/1", patron=child.id, division=division, happened_at=now)
        for kind in ("overdue_1", "due_soon")
    ]
    await post.library.run(lambda tx: plan(tx, both))
    rows = await post.library.run(
        lambda tx: tx.rows("SELECT kind, patron_id FROM notice WHERE agency_id = $1", tx.agency)
    )
    told = {(row["kind"], row["patron_id"]) for row in rows}
    assert told == {("overdue_1", child.id), ("overdue_1", adult.id), ("due_soon", child.id)}


@pytest.mark.parametrize("child_has", ["email", "phone"])
async def test_a_child_with_an_address_of_its_own_is_told_itself(post: PostOffice, child_has: str):
    child, _ = await family(post, child=child_has, adult="email street")
    await told_of(post, child)
    whom = await post.library.run(lambda tx: tx.value("SELECT patron_id FROM notice WHERE agency_id = $1", tx.agency))
    assert whom == child.id


async def test_where_nobody_can_be_reached_what_must_be_said_goes_to_the_child_by_letter(post: PostOffice):
    child, _ = await family(post, child="street", adult="nothing")
    await told_of(post, child)
    assert (len(post.mail), len(post.letters)) == (0, 1)


async def test_a_code_is_nobodys_but_the_childs(post: PostOffice):
    child, _ = await family(post)
    division = post.library.town.library
    await post.library.run(
        lambda tx: say(
            tx, post.library.keyring, kinds()["pin_reset"], child.id, division, occasion="pin/1", text="https://…"
        )
    )
    await post.send()
    assert post.mail == []


async def test_an_adult_of_age_is_told_nothing_of_another_adult(post: PostOffice):
    child, _ = await family(post)
    post.library.clock.turn_to(date(2034, 5, 18))
    await told_of(post, child, "absence_ended")
    assert post.mail == []


def some_adult() -> GuardianGiven:
    contact = Contact(email="karla@example.invalid")
    return GuardianGiven(name="Karla Kofoed", cpr=new_cpr(date(1980, 5, 17)).value, contact=contact)


async def test_the_adult_of_a_child_that_is_signed_up_is_told_and_once(post: PostOffice):
    library = post.library
    request = RegisterPatron(
        name="Otto Kofoed",
        birth_date=BORN,
        identifiers=(new_card(),),
        home_branch=library.town.main,
        memberships=(NewMembership(division=library.town.library, role=Role.BORROWER, group=ANY_GROUP),),
    )
    adult = some_adult()
    for _ in range(2):
        made = await library.run(
            lambda tx: register_with_guardian(tx, library.librarian, library.keyring, request, adult, key="one")
        )
    await post.send()
    assert post.subjects == ["Otto Kofoed er oprettet som låner"]
    another = some_adult()
    await library.run(lambda tx: replace_guardian(tx, library.librarian, library.keyring, made.patron, another))
    await post.send()
    assert len(post.mail) == 2
