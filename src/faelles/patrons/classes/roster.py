"""Reading a roster file: whatever a school's administration exports, as long as we know its Danish headings."""

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from unicodedata import category

import msgspec

from faelles.ground.errors import InvalidRequestError
from faelles.ground.fields import is_plausible
from faelles.patrons.classes.model import ClassRole, LineOutcome, Pupil, PupilText, RosterLine
from faelles.patrons.classes.rules import read_class_name
from faelles.patrons.identifiers import IdentifierKind, normalise, read_cpr

_HEADINGS: Mapping[str, frozenset[str]] = {
    "name": frozenset({"navn", "fulde navn", "elevnavn", "elev"}),
    "first_name": frozenset({"fornavn", "fornavne", "fornavn(e)"}),
    "last_name": frozenset({"efternavn", "efternavne"}),
    "class": frozenset({"klasse", "klassenavn", "stamklasse", "hold"}),
    "uni_login": frozenset({"uni-login", "unilogin", "uni login", "uni-c brugernavn", "brugernavn"}),
    "cpr": frozenset({"cpr", "cpr-nr", "cpr-nr.", "cpr nr", "cpr-nummer", "cprnr", "cprnummer", "personnummer"}),
    "birth_date": frozenset({"fødselsdato", "født", "fødselsdag"}),
    "role": frozenset({"rolle", "type", "elev/lærer"}),
    "email": frozenset({"e-mail", "email", "mail", "e-mailadresse"}),
}
_ROLES: Mapping[str, ClassRole] = {
    "": "pupil",
    "elev": "pupil",
    "lærer": "teacher",
    "pædagog": "teacher",
    "klasselærer": "teacher",
    "ansat": "teacher",
}
_DATE_FORMS = ("%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y", "%Y-%m-%d")
_DELIMITERS = ";,\t|"
_MOST_PEOPLE = 5000
_SEPARATOR_TOLD = re.compile(r"sep=.?\s*$", re.IGNORECASE)
"""What Danish Excel may have as its first line: for itself, and no heading. Where it is the
separator, the sign itself is gone once the line is cells.
"""
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How Excel's own files begin, the new ones and the old."""

Line = Mapping[str, str]
Read = Pupil | RosterLine
"""A line is understood, or refused."""


def read_roster(file: bytes, today: date) -> list[Read]:
    """The lines of a roster. Raises InvalidRequestError where the file as a whole cannot be one."""
    if file.startswith(_WORKBOOKS):
        raise InvalidRequestError("roster_is_workbook")
    rows, before = _from_headings(_rows(_text(file)))
    columns = _columns(rows[0]) if rows else {}
    if "class" not in columns or not ({"name", "first_name"} & columns.keys()):
        raise InvalidRequestError(
            "roster_headings_missing", columns=_looked_for("class", "name", "first_name", "last_name")
        )
    if not {"uni_login", "cpr"} & columns.keys():
        raise InvalidRequestError("roster_identifier_missing", columns=_looked_for("uni_login", "cpr"))
    if len(rows) - 1 > _MOST_PEOPLE:
        raise InvalidRequestError("roster_too_long", most=_MOST_PEOPLE)
    return [
        _read(number, _cells(row, columns), today)
        for number, row in enumerate(rows[1:], start=before + 2)
        if any(cell.strip() for cell in row)
    ]


def _from_headings(rows: Sequence[Sequence[str]]) -> tuple[Sequence[Sequence[str]], int]:
    """The lines from the headings on, and how many stand before them: blank ones, and what says the separator."""
    told = [_SEPARATOR_TOLD.match("".join(row)) is not None or not any(cell.strip() for cell in row) for row in rows]
    before = told.index(False) if False in told else len(rows)
    return rows[before:], before


def _looked_for(*fields: str) -> str:
    return ", ".join(heading for field in fields for heading in sorted(_HEADINGS[field]))


def _text(file: bytes) -> str:
    """UTF-8 with or without its mark, or what spreadsheets call Unicode text; whatever is neither is Latin-1, as older
    exports are.
    """
    try:
        if file.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return file.decode("utf-16")
        return file.decode("utf-8-sig")
    except UnicodeDecodeError:
        return file.decode("cp1252", errors="replace")


def _rows(text: str) -> list[list[str]]:
    """The cells. The delimiter is whichever stands most often in the heading."""
    heading = next((line for line in text.splitlines() if line.strip() and not _SEPARATOR_TOLD.match(line)), "")
    delimiter = max(_DELIMITERS, key=heading.count)
    try:
        return list(csv.reader(io.StringIO(text.replace("\x00", "\ufffd"), newline=""), delimiter=delimiter))
    except csv.Error:
        raise InvalidRequestError("roster_not_readable") from None


def _columns(headings: Sequence[str]) -> dict[str, int]:
    """Which column is what. Of two names for one thing the first counts; of two alike nobody can tell."""
    found: dict[str, int] = {}
    before: set[str] = set()
    for place, heading in enumerate(headings):
        plain = " ".join("".join(sign for sign in heading if category(sign) != "Cf").casefold().split())
        for field, names in _HEADINGS.items():
            if plain in names:
                found.setdefault(field, place)
                if plain in before:
                    raise InvalidRequestError("roster_heading_twice", heading=heading.strip())
        before.add(plain)
    return found


def _cells(row: Sequence[str], columns: Mapping[str, int]) -> Line:
    return {field: row[place].strip() for field, place in columns.items() if place < len(row)}


def _read(number: int, line: Line, today: date) -> Read:
    """One line, or the first thing that is wrong with it."""
    name = line.get("name") or f"{line.get('first_name', '')} {line.get('last_name', '')}".strip()
    problem = _problem(line, name, today)
    grade_and_track = read_class_name(line.get("class", ""))
    if problem or grade_and_track is None:
        return RosterLine(line=number, outcome=LineOutcome.REFUSED, problem=problem or "roster_class_not_read")
    cpr = read_cpr(line.get("cpr", ""))
    return Pupil(
        line=number,
        name=name,
        grade=grade_and_track[0],
        track=grade_and_track[1],
        role=_ROLES[line.get("role", "").casefold()],
        birth_date=_date(line.get("birth_date", "")) or (cpr.birth_date if cpr else None),
        uni_login=normalise(IdentifierKind.UNI_LOGIN, line.get("uni_login", "")),
        cpr=cpr.number if cpr else None,
        email=normalise(IdentifierKind.EMAIL, line.get("email", "")),
    )


def _problem(line: Line, name: str, today: date) -> str | None:
    cpr, uni_login, born = line.get("cpr", ""), line.get("uni_login", ""), line.get("birth_date", "")
    checks = {
        "roster_class_not_read": bool(line.get("class")),
        "roster_name_not_read": _is_text(name, line.get("class", "")),
        "roster_cpr_not_read": not cpr or _is_past(number.birth_date if (number := read_cpr(cpr)) else None, today),
        "roster_uni_login_not_read": not uni_login or _is_uni_login(uni_login),
        "roster_line_without_identifier": bool(cpr or uni_login),
        "roster_role_not_read": line.get("role", "").casefold() in _ROLES,
        "roster_birth_date_not_read": not born or _is_past(_date(born), today),
    }
    return next((code for code, is_right in checks.items() if not is_right), None)


def _is_text(name: str, class_name: str) -> bool:
    try:
        msgspec.convert({"name": name, "class_name": class_name}, PupilText)
    except msgspec.ValidationError:
        return False
    return True


def _is_uni_login(text: str) -> bool:
    return normalise(IdentifierKind.UNI_LOGIN, text) is not None and read_cpr(text) is None


def _is_past(day: date | None, today: date) -> bool:
    return day is not None and day <= today and is_plausible(day)


def _date(text: str) -> date | None:
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a birth date has no zone
        except ValueError:
            continue
    return None
