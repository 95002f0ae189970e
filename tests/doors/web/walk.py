"""Every page of the application, with its declared example."""

from typing import Any, cast

from doors.rest.walk import routes_of
from faelles.doors.rest.app import ON_THIS_MACHINE
from faelles.doors.rest.services import Limits, Services
from faelles.doors.web.app import create_application
from faelles.ground.crypto import Keyring, new_master_key, parse_master_keys
from faelles.ground.database import Database

# Only looked through for its routes: it is never sent a request.
ROUTES = routes_of(
    create_application(
        Services(
            installation=ON_THIS_MACHINE,
            database=Database(cast("Any", None)),
            keyring=Keyring(parse_master_keys(new_master_key())),
            authenticate=cast("Any", None),
            limits=Limits(),
        )
    )
)
CLOSED = [route for route in ROUTES if not route.is_public]
PAGES = [route for route in CLOSED if route.method == "GET" and not route.for_patrons]
