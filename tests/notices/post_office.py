"""What a test does with notices: somebody to write to, the night, the sender, and a look at what went out."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from circulation.lending_library import LendingLibrary, Reader
from faelles.ground.i18n import Language
from faelles.ground.jobs import Job
from faelles.notices.channels.port import Delivery, Envelope, Verdict
from faelles.notices.model import ChannelName
from faelles.notices.planning.nightly import JOBS
from faelles.notices.planning.operations import plan_from_events
from faelles.notices.sending.sender import Sender
from faelles.simulation.store import until_readable

TAKEN = Delivery(Verdict.ACCEPTED, reference="ok")


class Pigeon:
    """A channel that keeps what it was given, and answers what it was told to."""

    is_built_in = True
    at_once = 4

    def __init__(self, name: ChannelName) -> None:
        self.name = name
        self.carried: list[Envelope] = []
        self.answers: list[Delivery] = []

    async def deliver(self, envelope: Envelope) -> Delivery:
        self.carried.append(envelope)
        return self.answers.pop(0) if self.answers else TAKEN

    async def close(self) -> None:
        return


@dataclass
class PostOffice:
    library: LendingLibrary
    public_url: str = ""
    pigeons: dict[ChannelName, Pigeon] = field(default_factory=lambda: {name: Pigeon(name) for name in ChannelName})

    @property
    def mail(self) -> list[Envelope]:
        return self.pigeons[ChannelName.EMAIL].carried

    @property
    def letters(self) -> list[Envelope]:
        return self.pigeons[ChannelName.LETTER].carried

    @property
    def subjects(self) -> list[str]:
        return [envelope.subject for envelope in self.mail]

    def sender(self) -> Sender:
        library = self.library
        return Sender(
            database=library.database, keyring=library.keyring, channels=self.pigeons, public_url=self.public_url
        )

    async def reader(self, *, contact: str = "email", language: Language = Language.DANISH, **given: object) -> Reader:
        """A patron who can be written to."""
        reader = await self.library.reader(**given)
        columns = {
            "email": "email = 'laaner@example.invalid'",
            "phone": "phone = '12 34 56 78'",
            "street": "street = 'Åvej 1', postal_code = '8000', city = 'Aarhus C'",
            "nothing": "email = NULL",
        }
        given_columns = ", ".join(columns[each] for each in contact.split())
        await self.library.run(
            lambda tx: tx.execute(
                f"UPDATE patron SET {given_columns}, language = $3 WHERE agency_id = $1 AND id = $2",
                tx.agency,
                reader.id,
                language.value,
            )
        )
        return reader

    async def wish(self, reader: Reader, wishes: str) -> None:
        await self.library.run(
            lambda tx: tx.execute(
                "INSERT INTO notice_wishes VALUES ($1, $2, $3::text::jsonb, $4)", tx.agency, reader.id, wishes, tx.now
            )
        )

    async def read_events(self) -> int:
        """Plan from the log to its end; how many notices were planned."""
        planned = 0
        await until_readable(self.library.database)
        while True:
            read, more = await self.library.run(plan_from_events)
            planned += more
            if not read:
                return planned

    async def night(self, day: date | None = None, jobs: tuple[Job, ...] = JOBS) -> int:
        """Every nightly job of the room; how many notices were planned."""
        planned = 0
        for job in jobs:
            begin: str | None = None
            while True:
                done = await self.library.run(
                    lambda tx, job=job, begin=begin: job.work(tx, day or self.library.clock.now.date(), begin)
                )
                planned += done.counts.get("notices_planned", 0)
                begin = done.next
                if begin is None:
                    break
        return planned

    async def send(self) -> int:
        return await self.sender().send_due(self.library.town.agency)

    async def states(self, table: str = "notice") -> list[str]:
        rows = await self.library.run(
            lambda tx: tx.rows(f"SELECT state FROM {table} WHERE agency_id = $1 ORDER BY id", tx.agency)
        )
        return [row["state"] for row in rows]

    async def late(self, days: int, reader: Reader | None = None) -> tuple[Reader, str]:
        """A loan that is so many days overdue this morning."""
        borrower = reader or await self.reader()
        item = await self.library.copy()
        lent = await self.library.lend(borrower, item)
        assert lent.due_on is not None
        self.library.clock.turn_to(lent.due_on + timedelta(days=days))
        return borrower, item
