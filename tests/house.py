"""What the structural tests read: the project's own source, its SQL and its message catalogues."""

import ast
import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from sqlglot import TokenType, tokenize
from sqlglot.tokenizer_core import Token

import faelles

SOURCE = Path(faelles.__file__).parent
MIGRATIONS = SOURCE / "ground" / "migrations"

_STATEMENT = re.compile(
    r"^\s*(?:SELECT\s+\S+|INSERT\s+INTO\s+\w+|UPDATE\s+\w+|DELETE\s+FROM\s+\w+|MERGE\s+INTO\s+\w+|WITH\s+\w+\s+(?:AS|\()"
    r"|(?:CREATE|ALTER|DROP|GRANT|TRUNCATE|COPY|CALL|LOCK)\s+\w+|SET\s+(?:LOCAL|ROLE)\s|BEGIN\b|COMMIT\b|ROLLBACK\b)",
    re.MULTILINE,
)
_CREATED = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)(?: PARTITION OF)?")


@dataclass(frozen=True)
class Module:
    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.relative_to(SOURCE).as_posix()

    @property
    def room(self) -> str:
        return self.path.relative_to(SOURCE).parts[0]

    @property
    def dotted(self) -> str:
        return ".".join(("faelles", *self.path.relative_to(SOURCE).with_suffix("").parts))

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All of the tree, gone through once for all the tests that look at it."""
        return list(ast.walk(self.tree))

    @cached_property
    def sql(self) -> list[ast.expr]:
        """Every string that looks like SQL; an f-string once and not its parts again; docstrings are prose."""
        prose = {id(node.value) for node in self.nodes if isinstance(node, ast.Expr)}
        parts = {id(part) for node in self.nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        passed_over = prose | parts
        return [
            node
            for node in self.nodes
            if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in passed_over and is_sql(literal(node))
        ]


@dataclass(frozen=True)
class Use:
    """A table that a statement reads, or writes in the given way."""

    table: str
    how: str


@cache
def modules() -> list[Module]:
    paths = sorted(SOURCE.rglob("*.py"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return [Module(path, text, ast.parse(text)) for path, text in zip(paths, texts, strict=True)]


def listed(found: Iterable[object]) -> str:
    """All of them, a line each: pytest alone would shorten the list."""
    lines = [f"{name}: {what}" for name, what in found.items()] if isinstance(found, dict) else map(str, found)
    return "\n".join(["", *lines])


def is_store(path: Path) -> bool:
    """`store.py`, or a second one beside it (`return_store.py`) where one would be too long to read."""
    return path.name == "store.py" or path.name.endswith("_store.py")


def stores() -> list[Module]:
    return [module for module in modules() if is_store(module.path)]


def is_sql(text: str) -> bool:
    return _STATEMENT.search(text) is not None


def literal(node: ast.AST) -> str:
    """The text of a string or of an f-string's fixed parts; empty for any other node."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return " ".join(literal(part) for part in node.values)
    return ""


def statements(module: Module) -> dict[str, str]:
    """The SQL constants of a module, by name, as they are at run time."""
    values = vars(importlib.import_module(module.dotted))
    return {name: value for name, value in values.items() if isinstance(value, str) and is_sql(value)}


@cache
def owners() -> dict[str, str]:
    """The room of every table, by the migration that creates it."""
    return {
        table: migration_room(file)
        for file in sorted(MIGRATIONS.glob("0*.sql"))
        for table in _CREATED.findall(file.read_text(encoding="utf-8"))
    }


def migration_room(file: Path) -> str:
    return file.stem.split("_")[1]


@cache
def uses(sql: str) -> frozenset[Use]:
    """The tables that a piece of SQL names where a table can stand, function bodies included."""
    found: set[Use] = set()
    tokens = tokenize(sql, read="postgres")
    for place, token in enumerate(tokens):
        if token.token_type in (TokenType.HEREDOC_STRING, TokenType.RAW_STRING):
            found |= uses(token.text)
        else:
            found |= _use_at(tokens, place)
    return frozenset(found)


def _use_at(tokens: list[Token], place: int) -> set[Use]:
    before, word, after, then = (
        tokens[place + shift].text.upper() if 0 <= place + shift < len(tokens) else "" for shift in (-1, 0, 1, 2)
    )
    if (word, after) in {("INSERT", "INTO"), ("DELETE", "FROM"), ("MERGE", "INTO"), ("TRUNCATE", "TABLE")}:
        return {Use(then.lower(), word)}
    if (
        word == "UPDATE"
        and before not in {"FOR", "KEY", "DO", "OR", "ON", "AFTER", "BEFORE"}
        and after not in {"ON", "OF"}
    ):
        return {Use(after.lower(), word)}
    if word in {"FROM", "JOIN"} and before != "DELETE" and then != "(":
        return {Use(after.lower(), "READ")}
    return set()
