"""`faelles migrate`: bring the database to this release."""

import typer

from faelles.doors.command.foreign_words import retold
from faelles.doors.command.frame import perform
from faelles.doors.command.output import remark, tell
from faelles.doors.command.words import words
from faelles.doors.runtime import bring_up_to_date, database_server
from faelles.ground.config import read_config
from faelles.ground.database.migrate import Migration


def add_to(app: typer.Typer) -> None:
    app.command("migrate", help=words("command_migrate"), rich_help_panel=words("command_panel_operator"))(migrate)


def migrate() -> None:
    applied = perform(_migrate())
    tell("command_migrated", count=len(applied))


async def _migrate() -> list[Migration]:
    with database_server(read_config(), say=retold(remark)) as server:
        return await bring_up_to_date(server, tell=lambda migration: remark(f"{migration.number:04d} {migration.name}"))
