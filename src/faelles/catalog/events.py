"""The facts that the catalogue emits; `subject` is the record, for issues the issue."""

from faelles.catalog.model import Issue, Record, Succession
from faelles.ground.events import Event


def record_created(record: Record) -> Event:
    return Event(kind="record_created", subject=record.id, dimensions=_about(record))


def record_changed(record: Record) -> Event:
    return Event(kind="record_changed", subject=record.id, dimensions=_about(record))


def record_succeeded(succession: Succession) -> Event:
    return Event(kind="record_succeeded", subject=succession.record, dimensions={"successor": succession.successor})


def record_named(record: Record, alias: str) -> Event:
    return Event(kind="record_named", subject=record.id, dimensions={"alias": alias})


def record_name_removed(record: Record, alias: str) -> Event:
    return Event(kind="record_name_removed", subject=record.id, dimensions={"alias": alias})


def issue_created(issue: Issue) -> Event:
    return Event(
        kind="issue_created",
        subject=issue.id,
        dimensions={"record": issue.record, "year": issue.year, "volume": issue.volume, "number": issue.number},
    )


def records_loaded(added: int, changed: int) -> Event:
    return Event(kind="records_loaded", dimensions={"added": added, "changed": changed})


def _about(record: Record) -> dict[str, str | int | bool | None]:
    return {
        "material_type": record.material_type,
        "language": record.language,
        "classification": record.classification,
        "is_provisional": record.is_provisional,
    }
