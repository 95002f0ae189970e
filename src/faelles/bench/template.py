"""A data set is made once, as a template, and copied for every run."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from faelles.agencies.seeds import agency_seeds
from faelles.bench import store
from faelles.bench.country import PIN, shares
from faelles.bench.model import Tell
from faelles.bench.stage import connection
from faelles.ground.crypto import Keyring
from faelles.ground.database.embedded import RunningCluster
from faelles.ground.database.migrate import migrations
from faelles.ground.ids import NATION, AgencyId


class Note(msgspec.Struct, frozen=True):
    """What the template says of itself."""

    patrons: int
    schema: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Recipe:
    """Another schema, another key or another size makes another template."""

    names: store.Pair
    patrons: int
    schema: str
    is_still_good: Callable[[datetime, datetime], bool]
    """Of data made at the first time, at the second."""
    make: Callable[[], Awaitable[None]]
    """Fill the template's database, which is empty."""

    def is_served_by(self, note: Note, now: datetime) -> bool:
        return note.patrons == self.patrons and note.schema == self.schema and self.is_still_good(note.made_at, now)


async def copy_for_run(cluster: RunningCluster, recipe: Recipe, tell: Tell, *, fresh: bool) -> None:
    """A database of the recipe's for one run; its template made anew where `fresh` or where none fits."""
    async with connection(cluster, "postgres") as server:
        written = await store.template_note(server, recipe.names)
        note = msgspec.json.decode(written, type=Note) if written else None
        if fresh or note is None or not recipe.is_served_by(note, datetime.now(UTC)):
            await store.new_template(server, recipe.names)
            await recipe.make()
            said = msgspec.json.encode(Note(recipe.patrons, recipe.schema, datetime.now(UTC))).decode()
            await store.finish_template(server, recipe.names, said)
        tell("bench_copying", 0, 0)
        await store.new_run(server, recipe.names)


def schema(keyring: Keyring, scripts: Sequence[str]) -> str:
    """A digest of everything the data is made by. PINs are hashed under the installation's key."""
    parts = [*(migration.checksum for migration in migrations()), *scripts]
    parts.append(keyring.lookup_hash("bench", NATION, PIN).hex())
    return sha256("".join(parts).encode()).hexdigest()


def share_rows(keyring: Keyring, founded: Sequence[AgencyId], patrons: int) -> list[tuple[int, int, int, bytes]]:
    """How many patrons each agency gets: (agency, first patron, patrons, PIN's hash)."""
    counts = shares(agency_seeds(), patrons)
    firsts = [1 + sum(counts[:number]) for number in range(len(counts))]
    return [
        (agency, first, count, keyring.hash_pin(agency, PIN))
        for agency, first, count in zip(founded, firsts, counts, strict=True)
    ]
