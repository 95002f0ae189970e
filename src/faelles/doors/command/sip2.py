"""`faelles sip2 talk`: sit in a self-check's place, and see every field of what it would see."""

import re
import shlex
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from faelles.doors.command.frame import SAYS_NO, exit_code, explanation
from faelles.doors.command.output import AsJson, aside, complain, show, show_table, tell
from faelles.doors.command.unseen import unseen
from faelles.doors.command.words import words
from faelles.doors.sip2.checksum import unseal
from faelles.doors.sip2.client import Address, Answered, Client, connected, request
from faelles.doors.sip2.framing import CR, CRLF
from faelles.doors.sip2.messages import FIELD_NAMES, MalformedMessageError, Message, UnknownCommandError, parse
from faelles.doors.sip2.text import decode
from faelles.ground.errors import FaellesError, invalid_field
from faelles.people.machines.terminal import Encoding

app = typer.Typer(help=words("command_sip2"), no_args_is_help=True)

Place = Annotated[str, typer.Argument(metavar="HOST:PORT", help=words("talk_place"), show_default=False)]
Words = Annotated[list[str] | None, typer.Argument(metavar="COMMAND", help=words("talk_words"), show_default=False)]
User = Annotated[str | None, typer.Option("--user", help=words("talk_user"), show_default=False)]
Secret = Annotated[
    str | None, typer.Option("--secret", envvar="FAELLES_SIP2_SECRET", help=words("talk_secret"), show_default=False)
]
Raw = Annotated[list[str] | None, typer.Option("--message", help=words("talk_message"), show_default=False)]
Institution = Annotated[str, typer.Option("--institution", help=words("talk_institution"))]
Coding = Annotated[Encoding, typer.Option("--encoding", help=words("talk_encoding"))]
Sums = Annotated[bool, typer.Option("--checksums/--no-checksums", help=words("talk_checksums"))]
LineFeeds = Annotated[bool, typer.Option("--crlf", help=words("talk_crlf"))]
Tls = Annotated[bool, typer.Option("--tls", help=words("talk_tls"))]
Authority = Annotated[Path | None, typer.Option("--ca", help=words("talk_ca"), show_default=False)]
Seconds = Annotated[float, typer.Option("--timeout", min=0.1, help=words("talk_timeout"))]

_HIDDEN: Final = {"AC", "AD", "CO"}
_STARS: Final = "***"
_ASSIGNED: Final = re.compile(r"([A-Z][A-Z0-9]|[a-z_]{3,})=(.*)", re.DOTALL)
_PROMPT: Final = "sip2> "
_QUIT, _HELP, _RAW, _LOGIN = "quit", "help", "raw", "login"


@dataclass(frozen=True, slots=True)
class Wish:
    """A command: the message it becomes, what its words are in order, and what is said unless they say otherwise."""

    code: str
    words: tuple[str, ...] = ()
    usual: Mapping[str, str] | None = None

    @property
    def usage(self) -> str:
        return " ".join(FIELD_NAMES.get(word, word) for word in self.words)


WISHES: Final = {
    _LOGIN: Wish("93", ("CN", "CO", "CP")),
    "status": Wish("99"),
    "card": Wish("23", ("AA", "AD")),
    "patron": Wish("63", ("AA", "AD"), {"summary": "  Y       "}),
    "item": Wish("17", ("AB",)),
    "checkout": Wish("11", ("AA", "AB", "AD"), {"BO": "N"}),
    "renew": Wish("29", ("AA", "AB", "AD")),
    "renew-all": Wish("65", ("AA", "AD")),
    "return": Wish("09", ("AB", "AP")),
    "hold": Wish("15", ("AA", "AB", "BS", "AD")),
    "pay": Wish("37", ("AA", "BV", "BK", "CG")),
    "end": Wish("35", ("AA",)),
    "block": Wish("01", ("AA", "AL")),
    "enable": Wish("25", ("AA", "AD")),
    "properties": Wish("19", ("AB", "CH")),
    "resend": Wish("97"),
}


@app.callback()
def sip2() -> None:
    """Hold the group's commands together; a lone command would otherwise stand for the group."""


@app.command("talk", help=words("command_talk"))
def talk(
    place: Place,
    said: Words = None,
    *,
    user: User = None,
    secret: Secret = None,
    message: Raw = None,
    institution: Institution = "",
    encoding: Coding = Encoding.UTF_8,
    checksums: Sums = True,
    crlf: LineFeeds = False,
    tls: Tls = False,
    ca: Authority = None,
    timeout: Seconds = 10.0,
    as_json: AsJson = False,
) -> None:
    with _told():
        address = Address(*_host_and_port(place), _context(ca) if tls or ca else None, timeout)
        password = typer.prompt(words("talk_ask_secret"), hide_input=True) if user and secret is None else secret
        with connected(address, encoding, sums=checksums, ending=CRLF if crlf else CR) as client:
            own = {"CN": user, "CO": password or ""} if user else {}
            talker = _Talker(client, institution, own, as_json=as_json)
            said = [unseen(each) for each in said or ()]
            is_yes = not user or talker.say(_LOGIN, {})
            if is_yes:
                is_yes = _all_said(talker, said, message or ())
    if not is_yes:
        raise typer.Exit(SAYS_NO)


def _all_said(talker: "_Talker", said: Sequence[str] | None, raw: Sequence[str]) -> bool:
    """Whether every message was answered with yes."""
    are_yes = [talker.send(each) for each in raw]
    if said:
        are_yes.append(talker.obey(said))
    elif not raw:
        are_yes.append(talker.converse(_lines()))
    return all(are_yes)


@contextmanager
def _told() -> Iterator[None]:
    """An error as a sentence and an exit code."""
    try:
        yield
    except FaellesError as problem:
        complain(explanation(problem))
        raise typer.Exit(exit_code(problem)) from None


def _host_and_port(place: str) -> tuple[str, int]:
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal():
        raise invalid_field("HOST:PORT", "talk_place_malformed")
    return host.strip("[]"), int(port)


def _context(authority: Path | None) -> ssl.SSLContext:
    """With `authority`, a PEM file, only what it has signed is trusted: a machine's own certificate will do."""
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as problem:
        raise invalid_field("--ca", "talk_ca_unusable", reason=str(problem)) from problem


def _lines() -> Iterator[str]:
    """What is typed, until the end of it."""
    ask: Callable[[], str] = (lambda: input(_PROMPT)) if sys.stdin.isatty() else sys.stdin.readline
    while True:
        try:
            line = ask()
        except (EOFError, KeyboardInterrupt):
            return
        if not line and not sys.stdin.isatty():
            return
        yield line.strip()


class _Talker:
    """Turns words into messages, and answers into tables."""

    def __init__(self, client: Client, institution: str, own: Mapping[str, str], *, as_json: bool) -> None:
        """`own`: whom to log in as where a login names nobody."""
        self._client, self._institution, self._own, self._as_json = client, institution, own, as_json

    def converse(self, lines: Iterator[str]) -> bool:
        """Obey line after line; a mistyped one is told and sent to nobody. Whether every line was answered with yes."""
        tell("talk_help")
        is_yes = True
        for line in lines:
            if line in {_QUIT, "exit"}:
                break
            if line:
                is_yes = self._obey_line(line) and is_yes
        return is_yes

    def _obey_line(self, line: str) -> bool:
        try:
            return self.obey(shlex.split(line))
        except ValueError:
            complain(words("talk_quotes"))
        except FaellesError as problem:
            complain(explanation(problem))
            if problem.code in {"sip2_no_answer", "sip2_hung_up"}:
                raise
        return False

    def send(self, raw: str) -> bool:
        return self.show(self._client.ask(raw))

    def obey(self, said: Sequence[str]) -> bool:
        """Whether the answer was yes. Raises InvalidRequestError for words that are no command."""
        name, *rest = said
        if name == _HELP:
            _show_help()
            return True
        if name == _RAW:
            return self.send(" ".join(rest))
        return self.say(name, _given(name, rest))

    def say(self, name: str, given: Mapping[str, str]) -> bool:
        wish = WISHES[name]
        usual = {"AO": self._institution, **(wish.usual or {}), **(self._own if name == _LOGIN else {})}
        return self.show(self._client.ask(request(wish.code, {**usual, **given}, datetime.now().astimezone())))

    def show(self, answered: Answered) -> bool:
        """Print the request and its answer field by field; whether the answer was yes."""
        encoding = self._client.encoding
        lines = [
            *_told_of(_read(answered.request, encoding), "talk_sent"),
            *_told_of(answered.message, "talk_got"),
        ]
        if self._as_json:
            show(_as_json(answered))
        else:
            show_table(["talk_way", "talk_field", "talk_name", "talk_value"], lines)
            _tell_soundness(answered)
        return answered.is_yes


def _given(name: str, rest: Sequence[str]) -> dict[str, str]:
    """The words of a command by field: in the command's own order, or `AA=...`, `summary=...` anywhere."""
    wish = WISHES.get(name)
    if wish is None:
        raise invalid_field(name[:64], "talk_unknown_command")
    found: dict[str, str] = {}
    left = iter(wish.words)
    for word in rest:
        if assigned := _ASSIGNED.fullmatch(word):
            found[assigned[1]] = assigned[2]
        elif place := next(left, None):
            found[place] = word
        else:
            raise invalid_field(name, "talk_too_many_words", usage=f"{name} {wish.usage}".strip())
    return found


def _read(frame: bytes, encoding: Encoding) -> Message | None:
    try:
        return parse(decode(unseal(frame).body, encoding))
    except (MalformedMessageError, UnknownCommandError):
        return None


def _told_of(message: Message | None, way: str) -> Iterator[tuple[str, str, str, str]]:
    if message is None:
        yield words(way), "", words("talk_no_message"), ""
        return
    yield words(way), message.code, message.definition.name, ""
    for name, value in message.fixed.items():
        yield words(way), "", name, value
    for identifier, values in message.fields.items():
        for value in values:
            yield words(way), identifier, FIELD_NAMES.get(identifier, "?"), _shown(identifier, value)


def _shown(identifier: str, value: str) -> str:
    return _STARS if identifier in _HIDDEN and value else value


def _as_json(answered: Answered) -> dict[str, object]:
    message = answered.message
    return {
        "code": message.code if message else None,
        "fixed": message.fixed if message else {},
        "fields": message.fields if message else {},
        "checksum_is_right": answered.sealed.is_sound,
        "milliseconds": round(answered.seconds * 1000, 2),
    }


def _tell_soundness(answered: Answered) -> None:
    code = "talk_checksum_none"
    if answered.sealed.checksum is not None:
        code = "talk_checksum_right" if answered.sealed.is_sound else "talk_checksum_wrong"
    aside().print(words("talk_took", ms=f"{answered.seconds * 1000:.1f}"), words(code), style="dim", highlight=False)


def _show_help() -> None:
    show_table(
        ["talk_command", "talk_message_column", "talk_arguments"],
        [(name, wish.code, wish.usage) for name, wish in WISHES.items()],
    )
    tell("talk_help_more")
