"""The house keeps its own rules: where things stand, how long they may be, what they may not hold."""

import ast
import re
import tomllib
from pathlib import Path

from house import Module, is_store, listed, literal, modules, stores

PROJECT = Path(__file__).parents[1]
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60

PUT_TOGETHER_WITH_REASON = {
    "ground/database/transaction.py": "the opener: two integers and an enum, in one message with BEGIN",
    "ground/database/logins.py": "CREATE ROLE takes no parameters; the password is hexadecimal",
}
NO_CLOCK_NO_DATABASE = ("asyncio", "asyncpg", "faelles.ground.clock", "faelles.ground.database")
ASKS_NO_CLOCK = {"faelles.ground.clock.age_on", "faelles.ground.clock.local_date"}


def functions(module: Module):
    return [node for node in module.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_module_is_longer_than_one_can_read():
    long = {module.name: lines for module in modules() if (lines := module.text.count("\n")) > LONGEST_MODULE}
    assert not long, listed(long)


def test_no_function_is_longer_than_a_page():
    long = {
        f"{module.name}:{function.name}": lines
        for module in modules()
        for function in functions(module)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }
    assert not long, listed(long)


def test_nothing_is_left_for_later():
    unfinished = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
    found = [module.name for module in modules() if unfinished.search(module.text)]
    assert not found, listed(found)


def test_the_map_of_circulation_names_every_room():
    circulation = PROJECT / "src" / "faelles" / "circulation"
    rooms = {f"{file.parent.name}/" for file in circulation.glob("*/__init__.py")}
    named = set(re.findall(r"`(\w+/)`", (circulation / "README.md").read_text("utf-8")))
    assert rooms - named == set()


def test_only_stores_and_the_ground_hold_sql():
    strangers = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        if module.room != "ground" and not is_store(module.path)
        for node in module.sql
    ]
    assert not strangers, listed(strangers)


def test_doors_ask_operations_and_no_store():
    around = [
        f"{module.name} imports {name}"
        for module in modules()
        if module.room == "doors"
        for node in module.nodes
        for name in _imported(node)
        if any(part.endswith("store") for part in name.split("."))
    ]
    assert not around, listed(around)


def test_the_sql_of_a_store_is_named():
    hidden = [
        f"{module.name}:{node.lineno}"
        for module in stores()
        for inside in [{id(part) for function in functions(module) for part in ast.walk(function)}]
        for node in module.sql
        if id(node) in inside
    ]
    assert not hidden, listed(hidden)


def test_no_sql_is_put_together_from_values():
    made = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        if module.name not in PUT_TOGETHER_WITH_REASON
        for node in module.sql
        if isinstance(node, ast.JoinedStr) and not _only_constants(node)
    ]
    formatted = [
        f"{module.name}:{node.lineno}"
        for module in stores()
        for node in module.nodes
        if isinstance(node, ast.Attribute)
        and node.attr in ("format", "format_map", "replace")
        and _is_constant(node.value)
    ]
    assert not made + formatted, listed(made + formatted)


def _only_constants(text: ast.JoinedStr) -> bool:
    return all(_is_constant(part.value) for part in text.values if isinstance(part, ast.FormattedValue))


def _is_constant(node: ast.expr) -> bool:
    """A name in capitals, or a literal."""
    if isinstance(node, ast.Attribute):
        return node.attr.isupper()
    return node.id.isupper() if isinstance(node, ast.Name) else bool(literal(node))


def test_rules_know_no_clock_and_no_database():
    impure = [
        f"{module.name} imports {name}"
        for module in modules()
        if module.path.name == "rules.py"
        for node in module.nodes
        for name in _imported(node)
        if name.startswith(NO_CLOCK_NO_DATABASE) and name not in ASKS_NO_CLOCK
    ]
    assert not impure, listed(impure)


def test_rules_do_not_wait():
    waiting = [
        f"{module.name}:{function.name}"
        for module in modules()
        if module.path.name == "rules.py"
        for function in functions(module)
        if isinstance(function, ast.AsyncFunctionDef)
    ]
    assert not waiting, listed(waiting)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def test_the_lock_pins_everything_by_hash_and_names_no_place():
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^([a-z0-9-]+)==\S+(?: ;.*?)? \\\n +--hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE)
    assert "://" not in lock
    assert len(pinned) == len(re.findall(r"^[a-z0-9]", lock, re.MULTILINE))
    assert wanted() - set(pinned) == set()


def wanted() -> set[str]:
    """The names in pyproject.toml: to run, to work on it, to install it."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    return {re.split(r"[<>=!~\[; ]", each)[0].lower().replace("_", "-") for group in groups for each in group}


def test_every_dependency_has_its_reason():
    reasons = (PROJECT / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8")
    assert {name for name in wanted() if f"| {name} |" not in reasons} == set()
