"""Jinja, less everything that a letter does not need.

Whoever may word an agency's letters may not run programs: beside Jinja's sandbox, what a template may be made of is a
short list, checked when it is saved and again when it is read. A loop goes over `entries` and stands in no other loop,
so a template is done in time that grows with what it has to say and not with what its author thought of.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from jinja2 import Environment, StrictUndefined, Template, TemplateError, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from faelles.ground.errors import FieldProblem

LONGEST_TEXT: Final = 20_000
"""Of one section of a message: some hundred loans in one letter."""
_DEEPEST: Final = 40
"""How deep a template may be nested: enough for every letter, and parsed the same however deep the caller stands."""
_FILTERS: Final = frozenset({"capitalize", "length", "lower", "title", "trim", "upper"})
_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
)
_LOOPED: Final = "entries"


def _environment() -> Environment:
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        cache_size=0,
        finalize=_in_words,
    )
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in _FILTERS}
    made.tests = {name: made.tests[name] for name in ("defined", "none")}
    return made


class UnfitTemplateError(Exception):
    """A template that cannot be used; `code` and `parameters` say why, for whoever wrote it."""

    def __init__(self, code: str, **parameters: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.parameters = parameters


def _in_words(value: object) -> object:
    """Text and numbers are printed. A whole entry, where somebody forgot `.title`, is none."""
    if isinstance(value, str | int | Undefined):
        return value
    raise UnfitTemplateError("template_prints_no_text")


_ENVIRONMENT: Final = _environment()


def problems(field: str, source: str, *samples: Mapping[str, object]) -> Iterator[FieldProblem]:
    """What is wrong with `source`, tried out on the samples: nothing, or one problem."""
    try:
        for sample in samples:
            render(source, sample)
    except UnfitTemplateError as unfit:
        yield FieldProblem(field, unfit.code, unfit.parameters)


def render(source: str, values: Mapping[str, object]) -> str:
    """The text that `source` makes of `values`. Raises UnfitTemplateError."""
    try:
        text = _compiled(source).render(values)
    except SecurityError:
        raise UnfitTemplateError("template_construct_not_allowed", construct="") from None
    except (TemplateError, TypeError, ValueError, AttributeError) as problem:
        raise UnfitTemplateError("template_unknown_word", word=_word(problem)) from None
    if len(text) > LONGEST_TEXT:
        raise UnfitTemplateError("template_text_too_long", most=LONGEST_TEXT)
    return text


def _word(problem: Exception) -> str:
    """The word that is unknown, without what Python calls the thing it was looked for in."""
    named = re.findall(r"'([^']*)'", str(problem))
    return (named[-1] if named else str(problem))[:200]


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Template:
    try:
        parsed = _ENVIRONMENT.parse(source)
        _check(parsed)
        return _ENVIRONMENT.from_string(parsed)
    except TemplateError as problem:
        line = getattr(problem, "lineno", 0) or 0
        raise UnfitTemplateError("template_malformed", line=line) from None
    except RecursionError:
        raise UnfitTemplateError("template_too_deep", most=_DEEPEST) from None


def _check(parsed: nodes.Template) -> None:
    if _is_deeper(parsed, _DEEPEST):
        raise UnfitTemplateError("template_too_deep", most=_DEEPEST)
    for node in parsed.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            raise UnfitTemplateError("template_construct_not_allowed", construct=type(node).__name__)
        if isinstance(node, nodes.Filter) and (node.name not in _FILTERS or node.args or node.kwargs):
            raise UnfitTemplateError("template_construct_not_allowed", construct=f"|{node.name}")
        if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
            raise UnfitTemplateError("template_construct_not_allowed", construct=f".{node.attr}")
        if isinstance(node, nodes.For):
            _check_loop(node)


def _is_deeper(node: nodes.Node, levels: int) -> bool:
    return levels < 0 or any(_is_deeper(child, levels - 1) for child in node.iter_child_nodes())


def _check_loop(loop: nodes.For) -> None:
    if not (isinstance(loop.iter, nodes.Name) and loop.iter.name == _LOOPED):
        raise UnfitTemplateError("template_loop_not_allowed", over=_LOOPED)
    if loop.recursive or any(
        isinstance(each, nodes.For)
        for part in (loop.body, loop.else_)
        for child in part
        for each in (child, *child.find_all(nodes.For))
    ):
        raise UnfitTemplateError("template_loop_not_allowed", over=_LOOPED)
