"""Over REST: where staff sign in besides with a password, and one-time passwords that are taken away."""

from litestar import Router, delete, get, put
from litestar.params import JSONBody

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page
from faelles.doors.rest.parameters import PathCode, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import StaffId
from faelles.people.federation import operations
from faelles.people.federation.model import Provider, SetProvider
from faelles.people.model import Permission
from faelles.people.one_time.operations import reset

_VIEW, _EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
_OWN_WORD = "A provider's code is an agency's own word; in the test theirs has the same."
_THIS_ONE = Example(path={"code": "{sign_in_provider}"}, answers_neighbours=_OWN_WORD)


@get("/", opt=guarded(_VIEW, example=Example()), summary="Where staff sign in besides with a password")
async def list_sign_in_providers(request: ApiRequest) -> Page[Provider]:
    """One page, without secrets."""
    found = await request.read(lambda tx: operations.list_providers(tx, request.caller))
    return Page(items=found, next=None)


@get("/{code:str}", opt=guarded(_VIEW, example=_THIS_ONE), summary="One provider, with what its words mean here")
async def show_sign_in_provider(request: ApiRequest, code: PathCode) -> Provider:
    return await request.read(lambda tx: operations.show_provider(tx, request.caller, code))


@put(
    "/{code:str}",
    opt=guarded(
        _EDIT,
        example=Example(
            path={"code": "katalog"},
            body={
                "name": "Kommunens login",
                "protocol": "oidc",
                "issuer": "https://login.example.dk",
                "client": "bibliotek",
                "secret": "not so secret",
                "roles": [{"outside": "Bibliotek Skranke", "role": "{role_code}", "branch": "{branch}"}],
            },
        ),
    ),
    summary="Add a provider (OpenID Connect or SAML 2), or replace its settings",
)
async def set_sign_in_provider(request: ApiRequest, code: PathCode, data: JSONBody[SetProvider]) -> Provider:
    """A secret, key or metadata that is not given stays as it was. Nobody lets a provider give more than they hold."""
    services, caller = request.services, request.caller
    work = operations.set_provider
    return await request.run(lambda tx: work(tx, caller, services.keyring, services.installation, code, data))


@delete("/{code:str}", opt=guarded(_EDIT, example=_THIS_ONE), summary="Take a provider away")
async def remove_sign_in_provider(request: ApiRequest, code: PathCode) -> None:
    """Who came that way stays staff, without a password."""
    await request.run(lambda tx: operations.remove_provider(tx, request.caller, code))


@delete(
    "/{user:int}/one-time-password",
    opt=guarded(_EDIT, example=Example(path={"user": "{careful_staff}"})),
    summary="Let a colleague set up one-time passwords anew",
)
async def reset_one_time_password(request: ApiRequest, user: PathId) -> None:
    """When telephone and paper are gone."""
    await request.run(lambda tx: reset(tx, request.caller, StaffId(user)))


router = Router(
    path="/",
    tags=["people"],
    route_handlers=[
        Router(
            path="/sign-in-providers",
            route_handlers=[
                list_sign_in_providers,
                remove_sign_in_provider,
                set_sign_in_provider,
                show_sign_in_provider,
            ],
        ),
        Router(path="/staff", route_handlers=[reset_one_time_password]),
    ],
)
