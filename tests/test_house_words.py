"""Danish and English say the same things, and every code that the program uses has its sentence."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.loans.model import Remark
from faelles.ground.actor import ActorKind
from faelles.ground.i18n import Language, knows
from faelles.patrons.blocks.model import BlockCode as PatronBlockCode
from faelles.people.model import Permission
from house import SOURCE, listed, literal, modules

CATALOGUES = SOURCE / "ground" / "locales"
CODE_FIRST = {"text", "words", "tell"}
LOOKS = {
    "record_access", "looked_at", "patron_for", "patron_to_change", "summaries", "books_of", "_others_seen",
    "note_looks", "_note_looks", "holds_listed",
}  # fmt: skip
CODE_SECOND = {"invalid_field", "FieldProblem"}


@cache
def sentences(file: Path) -> Mapping[str, str]:
    """By its code; of a sentence about a number, the form for several."""
    with file.open("rb") as stream:
        return {_last(message.id): _last(message.string) for message in read_po(stream) if message.id}


def _last(said: str | Sequence[str] | None) -> str:
    return said if isinstance(said, str) else said[-1] if said else ""


def rooms() -> list[str]:
    return sorted({file.stem for file in CATALOGUES.glob("*/*.po")})


def parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("room", rooms())
def test_both_languages_say_the_same_things_with_the_same_parameters(room):
    danish, english = (sentences(CATALOGUES / language / f"{room}.po") for language in ("da", "en"))
    assert danish.keys() == english.keys()
    assert {code: parameters(danish[code]) for code in danish} == {code: parameters(english[code]) for code in english}


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_code_has_one_sentence(language):
    codes = Counter(code for room in rooms() for code in sentences(CATALOGUES / language / f"{room}.po"))
    assert sorted(code for code, times in codes.items() if times > 1) == []
    assert [
        code for room in rooms() for code, said in sentences(CATALOGUES / language / f"{room}.po").items() if not said
    ] == []


@pytest.mark.parametrize("language", list(Language))
def test_every_code_in_use_has_a_sentence(language):
    silent = sorted({f"{where}: {code}" for where, code in codes_in_use() if not knows(code, language)})
    assert not silent, listed(silent)


@cache
def codes_in_use() -> set[tuple[str, str]]:
    errors = _error_names()
    calls = [(module.name, node) for module in modules() for node in module.nodes if isinstance(node, ast.Call)]
    return {(where, code) for where, call in calls if (code := _code(call, errors))}


def _error_names() -> set[str]:
    """Every class of the error tree, by the names of their bases."""
    classes = [node for module in modules() for node in module.nodes if isinstance(node, ast.ClassDef)]
    found: set[str] = {"FaellesError"}
    while more := {kind.name for kind in classes if found & {getattr(base, "id", "") for base in kind.bases}} - found:
        found |= more
    return found


def _code(call: ast.Call, errors: set[str]) -> str:
    name = _called(call)
    place = 0 if name in errors | CODE_FIRST else 1 if name in CODE_SECOND else None
    is_given = place is not None and len(call.args) > place and isinstance(call.args[place], ast.Constant)
    return literal(call.args[place]) if is_given and place is not None else ""


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("codes", [BlockCode, Remark])
def test_what_stands_in_the_way_and_what_the_desk_should_know_has_a_sentence(codes, language):
    silent = [code.value for code in codes if not knows(code.value, language)]
    assert not silent, listed(silent)


@pytest.mark.parametrize("language", list(Language))
def test_every_look_at_a_patron_has_words_in_the_report_of_looks(language):
    silent = sorted(f"{where}: {name}" for where, name in looks() if not knows(f"access_{name}", language))
    assert not silent, listed(silent)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("actor", list(ActorKind))
def test_every_kind_of_actor_has_a_name(actor, language):
    assert knows(f"actor_{actor}", language)


def looks() -> Iterator[tuple[str, str]]:
    """Where a look is recorded, and what it is called there."""
    for module in modules():
        for node in module.nodes:
            if isinstance(node, ast.Call) and _called(node) in LOOKS:
                yield from ((module.name, text) for text in map(_text_of, node.args) if text is not None)
            elif isinstance(node, ast.AnnAssign) and _is_look(node.target) and node.value is not None:
                yield from ((module.name, text) for text in [_text_of(node.value)] if text is not None)
    yield from (("a store", name) for name in ("checkout", "renewal", "return"))


def _text_of(argument: ast.expr) -> str | None:
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def _is_look(target: ast.expr) -> bool:
    """What a room that names its looks in one place calls them."""
    return isinstance(target, ast.Name) and target.id in {"LOOK", "_LOOK"}


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


@pytest.mark.parametrize("language", list(Language))
def test_every_permission_and_every_block_of_a_patron_has_a_name(language):
    names = [*(f"permission_{each}" for each in Permission), *(f"code_{each}" for each in PatronBlockCode)]
    assert [name for name in names if not knows(name, language)] == []
