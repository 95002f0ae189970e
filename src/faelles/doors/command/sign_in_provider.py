"""`faelles sign-in`: where staff sign in besides with a password. Settings are a file of JSON, as over REST."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from faelles.doors.command.frame import with_runtime
from faelles.doors.command.operator import agency_with_isil, as_operator
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.words import words
from faelles.doors.rest.validation import body_error
from faelles.doors.runtime import Runtime
from faelles.people.federation import operations, signing_in
from faelles.people.federation.model import Provider, SetProvider
from faelles.people.federation.signing_in import Door

app = typer.Typer(help=words("command_sign_in"), no_args_is_help=True)

Isil = Annotated[str, typer.Option("--agency", help=words("command_agency"), show_default=False)]
Code = Annotated[str, typer.Argument(help=words("command_sign_in_code"), show_default=False)]
Settings = Annotated[
    Path, typer.Argument(help=words("command_sign_in_file"), show_default=False, exists=True, dir_okay=False)
]
MetadataFile = Annotated[
    Path | None,
    typer.Option("--metadata", help=words("command_sign_in_metadata"), show_default=False, exists=True, dir_okay=False),
]
Secret = Annotated[
    str | None,
    typer.Option(envvar="FAELLES_SIGN_IN_SECRET", help=words("command_sign_in_secret"), show_default=False),
]


@app.command("list", help=words("command_sign_in_list"))
def list_all(*, agency: Isil, as_json: AsJson = False) -> None:
    async def run(runtime: Runtime) -> list[Provider]:
        return await as_operator(runtime, await agency_with_isil(runtime, agency), operations.list_providers)

    found = with_runtime(run, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["command_sign_in_code", "command_name", "command_sign_in_protocol", "command_sign_in_issuer"],
        [(each.code, each.name, each.protocol.value, each.issuer) for each in found],
    )


@app.command("set", help=words("command_sign_in_set"))
def set_provider(
    code: Code,
    file: Settings,
    *,
    agency: Isil,
    metadata: MetadataFile = None,
    secret: Secret = None,
    as_json: AsJson = False,
) -> None:
    """The provider's metadata and the client's secret may be given beside the file, which then holds nothing secret."""

    async def run(runtime: Runtime) -> Provider:
        config = runtime.config
        wanted = _read(file, metadata, secret)
        return await as_operator(
            runtime,
            await agency_with_isil(runtime, agency),
            lambda tx, caller: operations.set_provider(tx, caller, config.keyring, config.installation, code, wanted),
        )

    made = with_runtime(run, as_json=as_json)
    if as_json:
        show(made)
        return
    tell("command_sign_in_is_set", provider=code)


@app.command("remove", help=words("command_sign_in_remove"))
def remove(code: Code, *, agency: Isil) -> None:
    async def run(runtime: Runtime) -> None:
        await as_operator(
            runtime,
            await agency_with_isil(runtime, agency),
            lambda tx, caller: operations.remove_provider(tx, caller, code),
        )

    with_runtime(run)
    tell("command_sign_in_removed", provider=code)


@app.command("metadata", help=words("command_sign_in_own_metadata"))
def own_metadata(code: Code, *, agency: Isil) -> None:
    async def run(runtime: Runtime) -> bytes:
        door = Door(runtime.config.public_url)
        return await signing_in.own_metadata(runtime.database, runtime.keyring, door, isil=agency, code=code)

    sys.stdout.write(with_runtime(run).decode() + "\n")


def _read(file: Path, metadata: Path | None, secret: str | None) -> SetProvider:
    content = file.read_bytes()
    try:
        wanted = msgspec.json.decode(content, type=SetProvider)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise body_error(problem, content, SetProvider) from None
    if metadata is not None:
        wanted = msgspec.structs.replace(wanted, metadata=metadata.read_text(encoding="utf-8"))
    return wanted if secret is None else msgspec.structs.replace(wanted, secret=secret)
