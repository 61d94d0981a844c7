"""`python -m jupyter_resources.api.schema [--check]`: the wire models as TypeScript types, for the front end."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from jupyter_resources.api import messages, views
from jupyter_resources.api.operations import OPERATIONS
from jupyter_resources.api.problems import ProblemMessage
from jupyter_resources.core.records import replace_file

__all__ = ["TARGET", "main", "typescript"]

TARGET = Path(__file__).parents[2] / "labextension" / "src" / "generated" / "api.ts"

_HEAD = "// Made by `python -m jupyter_resources.api.schema` from the models in jupyter_resources/api. Never edit it.\n"
_PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def typescript() -> str:
    """All of them, sorted by name; the same models give the same text, byte for byte."""
    models: list[type[BaseModel]] = sorted([*_models(), ProblemMessage], key=lambda model: model.__name__)
    parts = [_HEAD, *(_interface(model) for model in models)]
    requests = "".join(f"  '{name}': {operation.request.__name__};\n" for name, operation in OPERATIONS.items())
    parts.append(f"/** What each operation is asked. */\nexport interface OperationRequests {{\n{requests}}}\n")
    return "\n".join(parts)


def _models() -> Iterator[type[BaseModel]]:
    wire = (messages.Request, messages.Message)
    for module in (messages, views):
        for name in module.__all__:
            model = getattr(module, name)
            if inspect.isclass(model) and issubclass(model, wire) and model not in wire:
                yield model


def _interface(model: type[BaseModel]) -> str:
    answered = issubclass(model, messages.Message | ProblemMessage)
    schema = model.model_json_schema(mode="serialization" if answered else "validation")
    required = schema.get("required", [])
    lines = []
    for name, field in schema.get("properties", {}).items():
        if description := field.get("description"):
            lines.append(f"  /** {_comment(description)} */\n")
        # Every field of an answer is sent, whatever its default.
        mark = "" if answered or name in required else "?"
        lines.append(f"  {name}{mark}: {_type(field)};\n")
    comment = _comment(inspect.cleandoc(model.__doc__ or "").split("\n\n")[0])
    if not lines:
        return f"/** {comment} */\nexport type {model.__name__} = Record<string, never>;\n"
    return f"/** {comment} */\nexport interface {model.__name__} {{\n{''.join(lines)}}}\n"


def _comment(text: str) -> str:
    return " ".join(text.split()).replace("*/", "* /")


def _type(schema: Mapping[str, Any]) -> str:
    """The type that `schema` describes. KeyError for a construct that no model has needed yet."""
    if reference := schema.get("$ref"):
        return str(reference).rsplit("/", 1)[1]
    if "enum" in schema or "const" in schema:
        values: Sequence[Any] = schema.get("enum", [schema.get("const")])
        return " | ".join(json.dumps(value).replace('"', "'") for value in values)
    if "anyOf" in schema:
        return " | ".join(_type(each) for each in schema["anyOf"])
    if schema["type"] == "array":
        item = _type(schema["items"])
        return f"({item})[]" if " " in item else f"{item}[]"
    if schema["type"] == "object":
        return f"Record<string, {_type(schema['additionalProperties'])}>"
    return _PRIMITIVES[schema["type"]]


def main(arguments: Sequence[str]) -> int:
    """Write the file; with `--check` compare it only, and fail where it differs."""
    wanted = typescript()
    if list(arguments) not in ([], ["--check"]):
        sys.stderr.write("usage: python -m jupyter_resources.api.schema [--check]\n")
        return 2
    if not arguments:
        replace_file(TARGET, wanted.encode(), mode=0o644)
        return 0
    if TARGET.is_file() and TARGET.read_text("utf-8") == wanted:
        return 0
    sys.stderr.write(f"{TARGET} is not what the models say; run: python -m jupyter_resources.api.schema\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
