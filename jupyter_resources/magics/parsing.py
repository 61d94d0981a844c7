"""From words to a request, and a request's help: both made of the fields of its model, so there is no second list."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NoReturn

from pydantic.fields import FieldInfo

from jupyter_resources.api.dispatch import request_of
from jupyter_resources.api.messages import Flag, Named, Positional, Request
from jupyter_resources.api.operations import OPERATIONS
from jupyter_resources.core.errors import InvalidValue
from jupyter_resources.settings.resolve import nearest

__all__ = ["Awaited", "awaited", "help_of", "magic_of", "noun_help", "parse", "subcommands"]


@dataclass(frozen=True, slots=True)
class Awaited:
    """What may come next on a line: something that `of` names, or one of `options`. `bucket`: the one given so far."""

    of: Named = ""
    options: Sequence[str] = ()
    bucket: str | None = None


class _Parser(argparse.ArgumentParser):
    """argparse that raises instead of leaving the interpreter."""

    def error(self, message: str) -> NoReturn:
        raise InvalidValue(f"{self.prog}: {message}", hint=f"{self.prog} --help shows how it is written")


def magic_of(name: str) -> str:
    """How the operation is typed: `%push`, `%buckets add`."""
    return "%" + name.replace(".", " ")


def subcommands(noun: str) -> list[str]:
    """What may follow `%noun`, in the table's order."""
    return [name.partition(".")[2] for name in OPERATIONS if name.startswith(f"{noun}.")]


def parse(name: str, words: Sequence[str]) -> Request | None:
    """The request that `words` make for operation `name`; None: they ask for help. InvalidValue says what to fix."""
    parser = _parser(name)
    options = [option for action in parser._actions for option in action.option_strings]
    for word in words:
        if word == "--":
            break
        if word in ("-h", "--help"):
            return None
        if word.startswith("-") and word != "-" and word.partition("=")[0] not in options:
            hint = _meant(word.partition("=")[0], options) or f"{parser.prog} --help lists them"
            raise InvalidValue(f"{parser.prog} has no option {word!r}", hint=f"{hint} (a path is written ./{word})")
    values = {key: value for key, value in vars(parser.parse_args(list(words))).items() if value is not None}
    try:
        request: Request = request_of(name, values)
    except InvalidValue as error:
        error.hint = f"{parser.prog} --help shows how it is written"
        raise
    return request


def _meant(option: str, options: Sequence[str]) -> str:
    """What a wrong option may have been: the other direction's word, or one spelled alike."""
    other = {"--from": "--to", "--to": "--from", "-f": "--force", "-y": "--yes"}.get(option)
    if other in options:
        return f"did you mean '{other}'?"
    return nearest(option, options)


def awaited(name: str, words: Sequence[str]) -> Awaited:
    """What may follow `words` on a line of operation `name`, wrong words or not."""
    parser, fields = _parser(name), OPERATIONS[name].request.model_fields
    of = {action.dest: _mark(fields[action.dest]).of for action in parser._actions if action.dest in fields}
    optional = {option: action for action in parser._actions for option in action.option_strings}
    given: dict[str, str] = {}
    open_option: argparse.Action | None = None
    plain, count = False, 0
    for word in words:
        action = optional.get(word.partition("=")[0])
        if open_option is not None:
            given[open_option.dest], open_option = word, None
        elif plain or action is None:
            count += plain or not word.startswith("-")
            plain = plain or word == "--"
        else:
            given[action.dest] = word.partition("=")[2]
            open_option = action if action.nargs != 0 and "=" not in word else None
    bucket = next((value for dest, value in given.items() if value and of.get(dest) == "bucket"), None)
    if open_option is not None:
        return Awaited(of[open_option.dest], (), bucket)
    places = [action for action in parser._actions if not action.option_strings]
    last = places[-1] if places and places[-1].nargs == "+" else None
    place = places[count] if count < len(places) else last
    left = [action.option_strings[-1] for action in parser._actions if action.option_strings]
    options = [] if plain else [each for each in left if optional[each].dest not in given]
    return Awaited(of[place.dest] if place is not None else "", options, bucket)


def help_of(name: str) -> str:
    """What the operation does, its options and examples."""
    return _parser(name).format_help().rstrip()


def noun_help(noun: str) -> str:
    """The operations on one noun, a line each."""
    names = [f"{noun}.{each}" for each in subcommands(noun)]
    lines = [f"  {magic_of(name)} {_arguments(name)}".rstrip() for name in names]
    widest = max(len(line) for line in lines)
    shown = [f"{line:<{widest}}  {OPERATIONS[name].summary}" for line, name in zip(lines, names, strict=True)]
    return "\n".join([f"%{noun} alone is {magic_of(names[0])}; each takes --help.", "", *shown])


def _arguments(name: str) -> str:
    fields = OPERATIONS[name].request.model_fields.values()
    marks = {_mark(field).metavar: field.is_required() for field in fields if isinstance(_mark(field), Positional)}
    return " ".join(name if needed else f"[{name}]" for name, needed in marks.items())


@cache
def _parser(name: str) -> _Parser:
    operation = OPERATIONS[name]
    prog = magic_of(name)
    examples = "\n".join(f"  {example}" for example in operation.examples)
    parser = _Parser(
        prog,
        description=operation.summary[:1].upper() + operation.summary[1:] + ".",
        epilog=f"examples:\n{examples}\n\nA ';' at the end shows nothing; $name and {{expression}} become values.",
        formatter_class=_Help,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    for key, field in operation.request.model_fields.items():
        _add(parser, key, field)
    return parser


class _Help(argparse.RawDescriptionHelpFormatter):
    """As wide as a notebook's cell, wherever it is."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26, width=100)


def _add(parser: _Parser, key: str, field: FieldInfo) -> None:
    mark, text = _mark(field), (field.description or "").replace("%", "%%")
    many = field.annotation is not None and getattr(field.annotation, "__origin__", None) is list
    if isinstance(mark, Positional):
        nargs = "+" if many else None if field.is_required() else "?"
        parser.add_argument(key, metavar=mark.metavar, nargs=nargs, help=text)
    elif field.annotation is bool:
        parser.add_argument(*mark.names, dest=key, action="store_true", help=text)
    else:
        parser.add_argument(*mark.names, dest=key, metavar=mark.metavar, help=text)


def _mark(field: FieldInfo) -> Positional | Flag:
    return next(mark for mark in field.metadata if isinstance(mark, Positional | Flag))
