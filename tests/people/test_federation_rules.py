"""What a provider's words mean here."""

import base64

import pytest

from faelles.ground.errors import UnauthenticatedError
from faelles.people.federation.model import Granted, PlaceHere, Privilege, RoleHere
from faelles.people.federation.rules import granted, privileges, username_from

OURS, OTHERS = "29189846", "11111111"
DESK = "http://bibliotek.example/roles/usersystemrole/skranke/1"


def listed(cvr: str, *inner: str) -> str:
    xml = (
        '<bpp:PrivilegeList xmlns:bpp="http://itst.dk/oiosaml/basic_privilege_profile">'
        f'<PrivilegeGroup Scope="urn:dk:gov:saml:cvrNumberIdentifier:{cvr}">{"".join(inner)}</PrivilegeGroup>'
        "</bpp:PrivilegeList>"
    )
    return base64.b64encode(xml.encode()).decode()


def test_a_list_of_privileges_is_read_with_its_company_and_its_places():
    value = listed(OURS, f"<Privilege>{DESK}</Privilege>", '<Constraint Name="x">hb, fil2</Constraint>')
    assert privileges([value]) == (Privilege(outside=DESK, cvr=OURS, places=("hb", "fil2")),)


def test_plain_words_are_roles_as_they_are():
    assert privileges(["Bibliotek Skranke", "dGV4dA=="]) == (
        Privilege(outside="Bibliotek Skranke"),
        Privilege(outside="dGV4dA=="),
    )


@pytest.mark.parametrize(
    "xml",
    ["<not closed", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
)
def test_a_list_that_is_broken_or_wants_more_than_text_is_refused(xml: str):
    with pytest.raises(UnauthenticatedError):
        privileges([base64.b64encode(xml.encode()).decode()])


AT_MAIN = RoleHere(outside=DESK, role="desk_assistant", branch=7)
BY_PLACE = RoleHere(outside=DESK, role="desk_assistant", is_by_place=True)
PLACES = (PlaceHere(outside="hb", branch=7), PlaceHere(outside="skoler", division=2))


@pytest.mark.parametrize(
    ("privilege", "role", "expected"),
    [
        (Privilege(outside=DESK, cvr=OURS), AT_MAIN, {Granted("desk_assistant", None, 7)}),
        (Privilege(outside=DESK), AT_MAIN, {Granted("desk_assistant", None, 7)}),
        (Privilege(outside=DESK, cvr=OTHERS), AT_MAIN, set()),
        (Privilege(outside="another", cvr=OURS), AT_MAIN, set()),
        (Privilege(outside=DESK, cvr=OURS, places=("hb",)), AT_MAIN, set()),
        (Privilege(outside=DESK, cvr=OURS, places=()), AT_MAIN, set()),
        (
            Privilege(outside=DESK, cvr=OURS, places=("hb", "skoler", "ukendt")),
            BY_PLACE,
            {Granted("desk_assistant", None, 7), Granted("desk_assistant", 2, None)},
        ),
        (Privilege(outside=DESK, cvr=OURS, places=("ukendt",)), BY_PLACE, set()),
        (Privilege(outside=DESK, cvr=OURS), BY_PLACE, set()),
    ],
)
def test_roles_follow_words_companies_and_places(privilege: Privilege, role: RoleHere, expected: set[Granted]):
    assert granted([privilege], cvr=OURS, roles=[role], places=PLACES) == expected


def test_without_a_company_of_our_own_no_company_is_ours():
    assert granted([Privilege(outside=DESK, cvr=OURS)], cvr=None, roles=[AT_MAIN], places=()) == set()


@pytest.mark.parametrize(
    ("claimed", "username"),
    [
        ("LILI", "lili"),
        ("Åse Øster@kommune.dk", "aase.oester@kommune.dk"),
        ("C=DK,CN=A", "c.dk.cn.a"),
        ("  ", "user.0"),
        ("x", "user.x"),
        ("a" * 200, "a" * 64),
    ],
)
def test_a_username_is_near_to_what_the_provider_says(claimed: str, username: str):
    assert username_from(claimed) == username
