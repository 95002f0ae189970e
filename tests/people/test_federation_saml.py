"""Staff come through a SAML provider that answers as the municipal access service does."""

import base64
import importlib
import os
import shutil

import msgspec
import pytest

from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import ForbiddenError, InvalidRequestError, UnauthenticatedError
from faelles.people.federation import signing_in
from faelles.people.federation.model import PlaceHere, Protocol, RoleHere, SetProvider
from faelles.people.federation.signing_in import Begun
from faelles.people.model import Caller
from faelles.people.operations import caller_by_token
from people.trusting_library import DOOR, TrustingLibrary
from town import Town

CVR = "29189846"
DESK = "http://bibliotek.example/roles/usersystemrole/skranke/1"


@pytest.fixture
def library(database: Database, keyring: Keyring, town: Town) -> TrustingLibrary:
    return TrustingLibrary(database, keyring, town)


@pytest.fixture(scope="session")
def access_service(tmp_path_factory: pytest.TempPathFactory):
    if shutil.which("xmlsec1") is None:
        if os.environ.get("CI"):
            pytest.fail("no xmlsec1: tools/xmlsec installs it")
        pytest.skip("no xmlsec1 on this machine: tools/xmlsec installs it where it may")
    return importlib.import_module("people.saml_provider").SamlProvider(tmp_path_factory.mktemp("saml"))


@pytest.fixture
def saml(access_service):
    access_service.says_of_library(CVR, DESK, "hovedbibliotek")
    return access_service


@pytest.fixture
async def by_saml(library: TrustingLibrary, saml) -> TrustingLibrary:
    await library.trust(
        SetProvider(
            name="Adgangsstyring",
            protocol=Protocol.SAML,
            issuer=saml.issuer,
            metadata=saml.metadata,
            cvr=CVR,
            roles=(RoleHere(outside=DESK, role="desk_assistant", is_by_place=True),),
            places=(PlaceHere(outside="hovedbibliotek", branch=library.town.main),),
        )
    )
    return library


async def test_another_issuer_takes_its_own_metadata(by_saml: TrustingLibrary, saml):
    typed_wrong = SetProvider(name="Adgangsstyring", protocol=Protocol.SAML, issuer=f"{saml.issuer}x", cvr=CVR)
    with pytest.raises(InvalidRequestError) as refused:
        await by_saml.trust(typed_wrong)
    assert [(each.field, each.code) for each in refused.value.problems] == [
        ("issuer", "sign_in_issuer_not_of_metadata")
    ]
    with pytest.raises(InvalidRequestError):
        await by_saml.trust(msgspec.structs.replace(typed_wrong, metadata=saml.metadata))
    await by_saml.trust(msgspec.structs.replace(typed_wrong, issuer=saml.issuer))
    assert (await by_saml.begin()).address.startswith(f"{saml.issuer}/sso?")


async def answered(library: TrustingLibrary, saml, begun: Begun, **changes: object) -> str:
    ours = await signing_in.own_metadata(
        library.database, library.keyring, DOOR, isil=library.town.isil, code="kommunen"
    )
    return saml.answer(begun.address, ours, **changes)


async def come_back(library: TrustingLibrary, begun: Begun, answer: str) -> Caller:
    token, _ = await signing_in.finish_saml(library.database, library.keyring, DOOR, begun.sealed, answer=answer)
    return await caller_by_token(library.database, token.secret)


async def test_a_signed_answer_lets_somebody_in_at_the_places_of_their_privileges(by_saml: TrustingLibrary, saml):
    begun = await by_saml.begin()
    answer = await answered(by_saml, saml, begun)
    caller = await come_back(by_saml, begun, answer)
    colleague = await by_saml.colleague(caller.actor.id)
    assert (colleague.username, colleague.name) == ("lili", "Lise Lind")
    assert [(held.role, held.branch) for held in colleague.roles] == [("desk_assistant", by_saml.town.main)]
    with pytest.raises(UnauthenticatedError):
        await come_back(by_saml, begun, answer)


async def test_an_answer_unsigned_changed_for_others_or_to_nothing_is_refused(by_saml: TrustingLibrary, saml):
    begun = await by_saml.begin()
    good = base64.b64decode(await answered(by_saml, saml, begun))
    changed = base64.b64encode(good.replace(b"LILI", b"ROOT")).decode()
    for answer in (
        changed,
        await answered(by_saml, saml, begun, sign=False),
        await answered(by_saml, saml, begun, audience="https://another.example"),
        await answered(by_saml, saml, await by_saml.begin()),
        base64.b64encode(b"<not saml/>").decode(),
    ):
        with pytest.raises(UnauthenticatedError):
            await come_back(by_saml, begun, answer)


async def test_privileges_of_another_municipality_are_none_here(by_saml: TrustingLibrary, saml):
    saml.says_of_library("11111111", DESK, "hovedbibliotek")
    begun = await by_saml.begin()
    with pytest.raises(ForbiddenError, match="federated_no_role"):
        await come_back(by_saml, begun, await answered(by_saml, saml, begun))
