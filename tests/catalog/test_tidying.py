"""Names and titles out of an export read as people write them."""

import pytest

from faelles.catalog.tidying import plain_creator, plain_text


@pytest.mark.parametrize(
    ("exported", "written"),
    [
        ("Jens Sigsgꜳrd", "Jens Sigsgaard"),
        ("Jane Ꜳmund", "Jane Aamund"),
        ("ꜲRHUS", "AARHUS"),
        ("A\u030ase", "Åse"),
        (" Fifty shades ", "Fifty shades"),
        ("Blåbjerg", "Blåbjerg"),
    ],
)
def test_letters_become_those_people_type(exported, written):
    assert plain_text(exported) == written


@pytest.mark.parametrize(
    ("exported", "name"),
    [
        ("Juul Hanne f. 1972-06-11 aut", "Juul Hanne"),
        ("Allen Woody aus drt", "Allen Woody"),
        ("Jan Kjær (f. 1971)", "Jan Kjær"),
        ("Preben Hansen, f. 1956", "Preben Hansen"),
        ("Peter Høeg (f. 1957-05-17)", "Peter Høeg"),
        ("Trier Lars von", "Trier Lars von"),
        ("Lieth Vibeke von der", "Lieth Vibeke von der"),
        ("Pixar (firma)", "Pixar (firma)"),
        ("2K Czech", "2K Czech"),
        ("aut", "aut"),
        ("f. 1962", "f. 1962"),
    ],
)
def test_a_creator_is_a_name_and_nothing_beside_it(exported, name):
    assert plain_creator(exported) == name
