"""From layers to one value for each key, and where it came from."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from jupyter_resources.core.errors import InvalidValue, NotFound
from jupyter_resources.settings.schema import Settings
from jupyter_resources.settings.sources import BUILT_IN, ENVIRONMENT_PREFIX, Layer

__all__ = ["Origin", "Resolved", "nearest", "resolve"]

_OWNED = ("profiles", "buckets")
"""Tables whose entries a project's file may add but, where they are the user's own, not change."""
_OWN_WORD = ("default_bucket",)
"""What a project's file may say only where the user's own sources don't."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One value: the source that said so, and the file or variable where to change it."""

    key: str
    value: Any
    source: str
    where: str
    foreign: bool = False

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where not in ("", self.source, "built in") else ""
        return f"{self.key} = {self.value!r}, from {self.source}{place}"


@dataclass(frozen=True)
class Resolved:
    """The settings in force; `layers` in the order in which they win, the last first to be asked."""

    settings: Settings
    layers: tuple[Layer, ...]

    def explain(self, key: str) -> Origin:
        """Where `key` (dotted: `profiles.lab.region`) got its value. NotFound for a key that can't be."""
        value: Any = self.settings
        for depth, part in enumerate(parts := key.split(".")):
            names = _names(value)
            if part not in names:
                known = [".".join([*parts[:depth], name]) for name in names]
                raise NotFound(f"no setting {key!r}", hint=nearest(key, known) or f"known are {', '.join(known)}")
            value = value[part] if isinstance(value, Mapping) else getattr(value, part)
        layer = self._layer_of(key)
        if layer is None:
            return Origin(key, value, "default", "built in")
        return Origin(key, value, layer.name, layer.found_in(key), layer.foreign)

    def explain_all(self) -> Iterator[Origin]:
        """Every key that has a value, sorted."""
        for key in sorted(_leaves(self.settings.model_dump(exclude_none=True))):
            yield self.explain(key)

    @property
    def ignored(self) -> list[str]:
        """What the project's file says and isn't used, because it is the user's own to say: `profiles.x`, `buckets.x`,
        the default bucket where the user has one.
        """
        pairs = list(zip(self.layers, _allowed(self.layers), strict=True))
        keys = [key for layer, used in pairs for key in _OWN_WORD if key in layer.values and key not in used.values]
        return keys + [
            f"{table}.{name}"
            for layer, used in pairs
            for table in _OWNED
            for name in _mapping(layer.values.get(table))
            if name not in _mapping(used.values.get(table))
        ]

    def is_foreign(self, table: str, name: str) -> bool:
        """Whether `profiles.<name>` or `buckets.<name>` is, in any part, only the project file's word."""
        return bool(getattr(self.settings, table).get(name) != getattr(self._own, table).get(name))

    @cached_property
    def _own(self) -> Settings:
        """The same without what came with the project's files. Parts that are incomplete then are left out."""
        own = _merge([layer for layer in self.layers if not layer.foreign])
        for table in _OWNED:
            model = Settings.model_fields[table].annotation
            part = model.__args__[1] if model is not None else BaseModel
            kept = {}
            for name, values in own.get(table, {}).items():
                try:
                    kept[name] = part.model_validate(values)
                except ValidationError:
                    continue
            own[table] = kept
        return Settings.model_validate(own)

    def _layer_of(self, key: str) -> Layer | None:
        for layer in reversed(_allowed(self.layers)):
            if _holds(layer.values, key.split(".")):
                return layer
        return None


def resolve(layers: Sequence[Layer]) -> Resolved:
    """One Settings from `layers`, later ones winning key by key. InvalidValue names key, source and fix.

    What the project's file says of a profile or a bucket that the user's own layers define is ignored, whole, and so is
    its default bucket where the user has one: otherwise a cloned repository could send a user's credentials or files
    somewhere else.
    """
    try:
        settings = Settings.model_validate(_merge(_allowed(layers)))
    except ValidationError as invalid:
        _refuse(invalid, layers)
    return Resolved(settings, tuple(layers))


def _allowed(layers: Sequence[Layer]) -> list[Layer]:
    own = [layer for layer in layers if not layer.foreign and layer.name != "environment"]
    return [_without(layer, own) if layer.foreign else layer for layer in layers]


def _without(layer: Layer, own: Sequence[Layer]) -> Layer:
    settled = {key for other in own if other.where != BUILT_IN for key in other.values}
    values = {key: value for key, value in layer.values.items() if key not in _OWN_WORD or key not in settled}
    values.pop("trusted_directories", None)
    for table in _OWNED:
        theirs = values.get(table)
        if isinstance(theirs, Mapping):
            mine = {name for other in own for name in _mapping(other.values.get(table))}
            values[table] = {name: part for name, part in theirs.items() if name not in mine}
    return Layer(layer.name, values, layer.where, layer.variables, layer.foreign)


def _merge(layers: Sequence[Layer]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for layer in layers:
        _lay(merged, layer.values)
    return merged


def _lay(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, Mapping):
            table = below.get(key)
            if not isinstance(table, dict):
                table = below[key] = {}
            _lay(table, value)
        else:
            below[key] = value


def _refuse(invalid: ValidationError, layers: Sequence[Layer]) -> NoReturn:
    """The first problem in words. Never repeats a value: it may be a secret in the wrong place."""
    problems = invalid.errors(include_url=False, include_input=False)
    # A mistyped key is also a missing one; the first is the cause.
    problem = min(problems, key=lambda each: each["type"] != "extra_forbidden")
    parts = [str(part) for part in problem["loc"] if part != "[key]"]
    key = ".".join(parts)
    layer = next((layer for layer in reversed(layers) if _holds(layer.values, parts)), None)
    layer = layer or next((layer for layer in reversed(layers) if _holds(layer.values, parts[:-1])), layers[0])
    place = layer.found_in(key) or layer.name
    if problem["type"] == "extra_forbidden":
        if parts[-1].lower() in ("key", "secret", "token", "password", "secret_key", "access_key"):
            hint = f"credentials don't belong in settings: put them into credentials.toml or {_variable(parts)}"
        else:
            known = list(_fields_at(parts[:-1]))
            if layer.name == "environment":
                hint = f"{_meant(place, parts, known)} (or: unset {place})"
            else:
                hint = nearest(parts[-1], known) or f"known are {', '.join(known)}"
        raise InvalidValue(f"{place}: unknown setting {key!r} ({layer.name})", hint=hint)
    if problem["type"] == "missing":
        raise InvalidValue(f"{place}: {key!r} is missing ({layer.name})", hint=f"set {parts[-1]} there")
    said = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "string_pattern_mismatch":
        said = "letters, digits, '.', '_' and '-' only, at most 64"
    raise InvalidValue(f"{place}: {key!r} can't be that ({layer.name}): {said}", hint=f"change {key} in {place}")


def _meant(variable: str, parts: Sequence[str], known: Sequence[str]) -> str:
    """What a variable that says nothing may have been meant to be."""
    bare = variable.removeprefix(ENVIRONMENT_PREFIX)
    settings = ["__".join([*parts[:-1], key]).upper() for key in known]
    credentials = [f"{bare.rpartition('_')[0]}_{part}" for part in ("KEY", "SECRET", "TOKEN")]
    found = nearest(bare, settings if "__" in bare else [*settings, *credentials])
    all_known = ", ".join(ENVIRONMENT_PREFIX + each for each in settings)
    return found.replace("'", f"'{ENVIRONMENT_PREFIX}", 1) or f"known begin with {all_known}"


def _variable(parts: Sequence[str]) -> str:
    name = parts[1].upper().replace("-", "_") if len(parts) == 3 else "PROFILE"
    return f"JUPYTER_RESOURCES_{name}_{parts[-1].upper()}"


def _fields_at(parts: Sequence[str]) -> Sequence[str]:
    model: Any = Settings
    for part in parts:
        if isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[part].annotation if part in model.model_fields else None
        else:
            model = getattr(model, "__args__", (None, None))[1]
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def nearest(word: str, known: Sequence[str]) -> str:
    """'did you mean …?' for the known word nearest to `word`; empty where none is near."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {found[0]!r}?" if found else ""


def _names(value: Any) -> list[str]:
    if isinstance(value, BaseModel):
        return list(type(value).model_fields)
    return list(value) if isinstance(value, Mapping) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _holds(values: Any, parts: Sequence[str]) -> bool:
    for part in parts:
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"
