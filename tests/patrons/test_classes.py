import asyncio
from datetime import UTC, date, datetime

import msgspec
import pytest

from circulation.conftest import library  # noqa: F401 - a fixture
from circulation.lending_library import LendingLibrary
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError
from faelles.ground.i18n import Language, text
from faelles.patrons.classes.importing import import_roster
from faelles.patrons.classes.model import AddClassMember, ImportRoster, LineOutcome, Pupil, StartClass
from faelles.patrons.classes.operations import (
    add_class_member,
    classes_of,
    end_class_member,
    list_classes,
    list_members,
    start_class,
)
from faelles.patrons.classes.roster import read_roster
from faelles.patrons.classes.rules import class_name, read_class_name
from faelles.patrons.identifiers import made_up_cpr
from faelles.patrons.looking.operations import identify, show_patron
from patrons_desk import ANY_GROUP, Desk, new_cpr, staff

TODAY = date(2026, 9, 1)
BORN = date(2013, 6, 5)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2019, 7, 31), "B (2019)"),
        (date(2019, 8, 1), "0.B"),
        (date(2027, 7, 31), "7.B"),
        (date(2027, 8, 1), "8.B"),
        (date(2030, 7, 31), "10.B"),
        (date(2030, 8, 1), "B (2019)"),
    ],
)
def test_a_class_moves_up_on_the_first_of_august(day, name):
    assert class_name(2019, "B", day) == name


@pytest.mark.parametrize(
    ("text", "read"),
    [("7.B", (7, "B")), ("7b", (7, "B")), (" 7 b ", (7, "B")), ("0.Blå", (0, "Blå")), ("10-A", (10, "A"))],
)
def test_a_class_name_is_read_however_it_is_spelt(text, read):
    assert read_class_name(text) == read


@pytest.mark.parametrize("text", ["", "B", "11.A", "Regnbuen", "7.", "7.B\x00"])
def test_a_name_without_a_grade_is_no_class(text):
    assert read_class_name(text) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_file_is_read_in_whatever_way_it_was_exported(encoding, delimiter):
    lines = ["Fornavn;Efternavn;Klasse;UNI-Login;Fødselsdato", "Åse;Ærø;7.B;aase1234;05-06-2013", ";;;;"]
    file = "\r\n".join(lines).replace(";", delimiter).encode(encoding)
    assert read_roster(file, TODAY) == [
        Pupil(
            line=2,
            name="Åse Ærø",
            grade=7,
            track="B",
            role="pupil",
            birth_date=BORN,
            uni_login="aase1234",
            cpr=None,
            email=None,
        )
    ]


@pytest.mark.parametrize("before", ["sep=;\r\n", "SEP=;\n", "sep=,\n", "\n \n", "\n;;\nsep=;\n"])
def test_what_stands_before_the_headings_is_passed_over_and_counted(before):
    [read] = read_roster(f"{before}Navn;Klasse\u200b;\ufeffUNI-Login\nAnna;7.B;anna1234\n".encode(), TODAY)
    assert (read.line, read.name, read.uni_login) == (before.count("\n") + 2, "Anna", "anna1234")


def test_as_many_people_are_read_as_the_limit_says():
    line = b"Anna;7.B;anna1234\n"
    assert len(read_roster(b"Navn;Klasse;UNI-Login\n" + line * 5000, TODAY)) == 5000
    with pytest.raises(InvalidRequestError, match="roster_too_long"):
        read_roster(b"Navn;Klasse;UNI-Login\n" + line * 5001, TODAY)


@pytest.mark.parametrize("beginning", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_a_workbook_is_told_as_one(beginning):
    with pytest.raises(InvalidRequestError, match="roster_is_workbook"):
        read_roster(beginning + bytes(range(256)), TODAY)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("N;7.B;;;", "roster_line_without_identifier"),
        (";7.B;nn123456;;", "roster_name_not_read"),
        ("N;;nn123456;;", "roster_class_not_read"),
        ("N;Regnbuen;nn123456;;", "roster_class_not_read"),
        ("N;7.B;nn123456;3113131234;", "roster_cpr_not_read"),
        ("N;7.B;1;;", "roster_uni_login_not_read"),
        ("N;7.B;nn123456;;rektor", "roster_role_not_read"),
        ("N\x07;7.B;nn123456;;", "roster_name_not_read"),
        ("\u200b\u200b;7.B;nn123456;;", "roster_name_not_read"),
    ],
)
def test_a_line_that_cannot_be_taken_says_why(line, problem):
    file = f"Navn;Klasse;UNI-Login;CPR;Rolle\n{line}".encode()
    read = read_roster(file, TODAY)
    assert [(each.line, each.problem) for each in read] == [(2, problem)]
    assert "{" not in text(problem, Language.DANISH)  # a line's problem has nothing but its code


@pytest.mark.parametrize("file", [b"\x00", b"Navn;Alder\nx;1", b"Navn;Klasse\nx;7.B", b"\xff\xfe\x00"])
def test_what_is_no_roster_is_refused_whole(file):
    with pytest.raises(InvalidRequestError):
        read_roster(file, TODAY)


def test_two_columns_alike_are_refused_for_nobody_knows_which_is_meant():
    with pytest.raises(InvalidRequestError, match="roster_heading_twice") as refusal:
        read_roster(b"Navn;Klasse;CPR; cpr \nN;7.B;1;2", TODAY)
    assert refusal.value.parameters == {"heading": "cpr"}


def test_of_two_names_for_one_thing_the_first_column_counts():
    [read] = read_roster(b"Navn;Klasse;Hold;UNI-Login\nN;7.B;Kor;nn123456", TODAY)
    assert (read.grade, read.track) == (7, "B")


def test_columns_that_nobody_reads_may_be_alike():
    [read] = read_roster(b"Navn;Klasse;Note;Note;UNI-Login\nN;7.B;x;y;nn123456", TODAY)
    assert read.name == "N"


def test_the_refusal_names_the_columns_that_were_looked_for():
    with pytest.raises(InvalidRequestError) as refusal:
        read_roster(b"Name;Grade\nx;7", TODAY)
    assert {"klasse", "navn", "fornavn"} <= set(str(refusal.value.parameters["columns"]).split(", "))


def roster(*lines: str, **given) -> bytes:
    return "\n".join(["Navn;Klasse;UNI-Login;CPR;Rolle", *lines]).encode()


async def imported(desk: Desk, file: bytes, *, caller=None, **given):
    request = ImportRoster(
        branch=desk.town.school,
        file=file,
        pupil_group=ANY_GROUP,
        teacher_group=ANY_GROUP,
        class_group=ANY_GROUP,
        **{"dry_run": False, **given},
    )
    return await desk.run(lambda tx: import_roster(tx, caller or desk.caller, desk.keyring, request))


def outcomes(report) -> list[LineOutcome]:
    return [each.outcome for each in report.lines]


async def class_lists(desk: Desk) -> dict[str, list[str]]:
    classes = await desk.run(lambda tx: list_classes(tx, desk.caller, desk.town.school))
    return {
        each.name: [
            one.patron.name for one in await desk.run(lambda tx, each=each: list_members(tx, desk.caller, each.patron))
        ]
        for each in classes
    }


async def test_a_roster_fills_the_classes_and_the_same_file_again_changes_nothing(desk: Desk):
    cpr = made_up_cpr(BORN, 1)
    file = roster(
        f"Anna A;7.B;anna1234;{cpr};", "Bo B;7.B;bobo1234;;elev", "Lars L;7.B;lars1234;;lærer", "Cæcilie;3.A;caec1234;;"
    )
    first = await imported(desk, file)
    assert outcomes(first) == [LineOutcome.CREATED] * 4
    assert sorted(first.classes_started) == ["3.A", "7.B"]
    before = await class_lists(desk)
    assert before == {"3.A": ["Cæcilie"], "7.B": ["Anna A", "Bo B", "Lars L"]}
    again = await imported(desk, file)
    assert outcomes(again) == [LineOutcome.UNCHANGED] * 4
    assert (again.classes_started, again.left) == ([], [])
    assert await class_lists(desk) == before


async def test_a_dry_run_tells_the_same_and_changes_nothing(desk: Desk):
    file = roster("Anna A;7.B;anna1234;;")
    report = await imported(desk, file, dry_run=True)
    assert outcomes(report) == [LineOutcome.CREATED]
    assert report.classes_started == ["7.B"]
    assert await desk.rows("SELECT FROM patron WHERE agency_id = $1", desk.town.agency) == []


async def test_who_is_gone_from_the_roster_has_left_and_who_moved_has_moved(desk: Desk):
    first = await imported(
        desk,
        roster("Anna A;7.B;anna1234;;", "Bo B;7.B;bobo1234;;", "Lars L;7.B;lars1234;;lærer", "Eva E;3.A;evae1234;;"),
    )
    bo = first.lines[1].patron
    report = await imported(desk, roster("Anna A;7.C;anna1234;;", "Dan D;7.B;dand1234;;"))
    assert outcomes(report) == [LineOutcome.MOVED, LineOutcome.CREATED]
    assert report.left == [bo]
    assert await class_lists(desk) == {"3.A": ["Eva E"], "7.B": ["Dan D", "Lars L"], "7.C": ["Anna A"]}
    gone = await desk.run(lambda tx: show_patron(tx, desk.caller, bo))
    assert gone.memberships == []
    whole = await imported(desk, roster("Anna A;7.C;anna1234;;"), whole_school=True)
    assert len(whole.left) == 2


async def test_nobody_has_left_while_a_line_cannot_be_read(desk: Desk):
    await imported(desk, roster("Anna A;7.B;anna1234;;", "Bo B;7.B;bobo1234;;"))
    report = await imported(desk, roster("Anna A;7.B;anna1234;;", "Bo B;7.B;!;;"))
    assert outcomes(report) == [LineOutcome.UNCHANGED, LineOutcome.REFUSED]
    assert report.left == []


async def test_a_borrower_known_by_cpr_gets_the_login_and_joins_the_school(desk: Desk):
    cpr = new_cpr(BORN)
    known = await desk.register("Anna Andersen", identifiers=(cpr,))
    report = await imported(desk, roster(f"Anna Andersen;7.B;anna1234;{cpr.value};"))
    assert [(each.outcome, each.patron) for each in report.lines] == [(LineOutcome.JOINED, known)]
    found = await desk.run(lambda tx: identify(tx, desk.caller, desk.keyring, "anna1234"))
    assert [each.patron.id for each in found] == [known]
    seen = await desk.run(lambda tx: show_patron(tx, desk.caller, known))
    assert {each.division for each in seen.memberships} == {desk.town.library, desk.town.schools}


async def test_lines_that_contradict_are_refused(desk: Desk):
    one, other = new_cpr(BORN), new_cpr(BORN)
    await imported(desk, roster(f"Anna A;7.B;anna1234;{one.value};", f"Bo B;7.B;bobo1234;{other.value};"))
    report = await imported(
        desk,
        roster(
            f"Anna A;7.B;anna1234;{other.value};", "Bo B;7.B;bobo1234;;", "Bo B;7.C;bobo1234;;", "Bo B;7.B;bobo1234;;"
        ),
    )
    assert [each.problem for each in report.lines] == [
        "roster_identifiers_disagree",
        None,
        "roster_pupil_in_two_classes",
        "roster_line_repeated",
    ]


async def test_a_teacher_has_several_classes(desk: Desk):
    report = await imported(desk, roster("Lars L;7.B;lars1234;;lærer", "Lars L;7.C;lars1234;;lærer"))
    assert len({each.patron for each in report.lines}) == 1
    assert await class_lists(desk) == {"7.B": ["Lars L"], "7.C": ["Lars L"]}


async def test_a_roster_renames_nobody_but_says_so(desk: Desk):
    await imported(desk, roster("Anna A;7.B;anna1234;;"))
    report = await imported(desk, roster("Anna Ny;7.B;anna1234;;"))
    assert report.lines[0].problem == "roster_name_differs"
    assert await class_lists(desk) == {"7.B": ["Anna A"]}


@pytest.mark.parametrize("field", ["pupil_group", "teacher_group"])
async def test_pupils_and_teachers_are_in_no_group_of_classes(
    field: str,
    library: LendingLibrary,  # noqa: F811 - the fixture
):
    told = dict.fromkeys(("pupil_group", "teacher_group", "class_group"), library.groups["pupil"])
    told |= {"class_group": library.groups["class"], field: library.groups["class"]}
    request = ImportRoster(branch=library.town.school, file=roster("Anna A;7.B;anna1234;;"), **told)
    with pytest.raises(InvalidRequestError) as refusal:
        await library.run(lambda tx: import_roster(tx, library.librarian, library.keyring, request))
    assert [(each.field, each.code) for each in refusal.value.problems] == [(field, "patron_group_of_organisations")]


async def test_two_imports_of_one_file_at_once_make_everybody_once(desk: Desk):
    file = roster(*(f"Elev {number};7.B;elev{number:04d};;" for number in range(30)))
    reports = await asyncio.gather(imported(desk, file), imported(desk, file))
    assert sorted({outcome for report in reports for outcome in outcomes(report)}) == ["created", "unchanged"]
    assert len((await class_lists(desk))["7.B"]) == 30


async def test_a_roster_is_for_who_may_edit_at_that_school(desk: Desk):
    with pytest.raises(ForbiddenError):
        await imported(desk, roster("A;7.B;aaaa1234;;"), caller=staff(desk.town, division=desk.town.library))


async def test_a_class_is_started_once_and_filled_by_hand(desk: Desk):
    request = StartClass(branch=desk.town.school, starting_year=2020, track="B", group=ANY_GROUP)
    class_id = await desk.run(lambda tx: start_class(tx, desk.caller, request))
    with pytest.raises(ConflictError, match="class_known_once"):
        await desk.run(lambda tx: start_class(tx, desk.caller, request))
    pupil = await desk.register_pupil()
    add = AddClassMember(patron=pupil)
    await desk.run(lambda tx: add_class_member(tx, desk.caller, class_id, add))
    with pytest.raises(ConflictError, match="in_class_once"):
        await desk.run(lambda tx: add_class_member(tx, desk.caller, class_id, add))
    await desk.run(lambda tx: end_class_member(tx, desk.caller, class_id, pupil))
    assert await desk.run(lambda tx: list_members(tx, desk.caller, class_id)) == []


async def test_a_class_that_was_started_in_small_letters_is_the_rosters_too(desk: Desk):
    request = StartClass(branch=desk.town.school, starting_year=2019, track="b", group=ANY_GROUP)
    class_id = await desk.run(lambda tx: start_class(tx, desk.caller, request))
    with pytest.raises(ConflictError, match="class_known_once"):
        await desk.run(lambda tx: start_class(tx, desk.caller, msgspec.structs.replace(request, track="B")))
    await imported(desk, roster("A;7.B;aaaa1234;;"))
    assert len(await desk.run(lambda tx: list_members(tx, desk.caller, class_id))) == 1


async def test_a_pupil_is_in_the_classes_of_the_day_that_it_is_at_the_school(desk: Desk):
    request = StartClass(branch=desk.town.school, starting_year=2020, track="B", group=ANY_GROUP)
    class_id = await desk.run(lambda tx: start_class(tx, desk.caller, request))
    pupil = await desk.register_pupil()
    add = AddClassMember(patron=pupil, starts_on=TODAY)
    await desk.run(lambda tx: add_class_member(tx, desk.caller, class_id, add))

    async def classes_at(moment: datetime) -> list[int]:
        day = Desk(desk.database.at(lambda: moment), desk.keyring, desk.town)
        return [each.patron for each in await day.run(lambda tx: classes_of(tx, day.caller, pupil))]

    assert await classes_at(datetime(2026, 8, 31, 21, 59, tzinfo=UTC)) == []
    assert await classes_at(datetime(2026, 8, 31, 22, 0, tzinfo=UTC)) == [class_id]
