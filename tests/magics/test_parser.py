"""The parser table: a line, and the request or the error it makes."""

from __future__ import annotations

import pytest

from jupyter_resources.api.operations import OPERATIONS
from jupyter_resources.core.errors import InvalidValue
from jupyter_resources.magics import parsing


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("push", "a b", {"paths": ["a", "b"]}),
        ("push", "a --to team -n", {"paths": ["a"], "to": "team", "dry_run": True}),
        ("push", "a --dry-run --force", {"paths": ["a"], "dry_run": True, "force": True}),
        ("push", "--to=team a", {"paths": ["a"], "to": "team"}),
        ("push", "a --include x --exclude y", {"paths": ["a"], "include": "x", "exclude": "y"}),
        (
            "push",
            "a --delete --allow-empty --verify",
            {"paths": ["a"], "delete": True, "allow_empty": True, "verify": True},
        ),
        ("push", "-n -- -odd", {"paths": ["-odd"], "dry_run": True}),
        ("pull", "a --from team --into d", {"paths": ["a"], "bucket": "team", "into": "d"}),
        ("sync", "d --yes --to x", {"directory": "d", "yes": True, "to": "x"}),
        ("buckets.list", "", {}),
        (
            "buckets.add",
            "n s3://b --region eu --aws-profile w",
            {"name": "n", "url": "s3://b", "region": "eu", "aws_profile": "w"},
        ),
        ("buckets.rm", "n", {"name": "n"}),
        ("buckets.trust", "lab", {"profile": "lab"}),
    ],
)
def test_a_line_makes_a_request(name, line, expected):
    """Only what is said is set; the model's defaults do the rest."""
    request = parsing.parse(name, line.split())
    assert request is not None
    assert request.model_dump(exclude_unset=True) == expected


@pytest.mark.parametrize(
    ("name", "line", "message", "hint"),
    [
        ("push", "", "%push: the following arguments are required: PATH", "%push --help"),
        ("push", "a --fore", "%push has no option '--fore'", "did you mean '--force'?"),
        ("push", "a --forc", "%push has no option '--forc'", "did you mean '--force'?"),
        ("push", "-x", "%push has no option '-x'", "./-x"),
        ("push", "a --to", "%push: argument --to: expected one argument", "%push --help"),
        ("push", "a --force=1", "%push: argument --force: ignored explicit argument '1'", "%push --help"),
        ("push", "a --include (", "include: '(' is no regular expression", "%push --help"),
        ("sync", "a b", "%sync: unrecognized arguments: b", "%sync --help"),
        ("pull", "a --form x", "%pull has no option '--form'", "did you mean '--from'?"),
        ("buckets.add", "n", "%buckets add: the following arguments are required: URL", "%buckets add --help"),
    ],
)
def test_a_wrong_line_is_said(name, line, message, hint):
    """What is wrong, and the nearest right thing."""
    with pytest.raises(InvalidValue) as caught:
        parsing.parse(name, line.split())
    assert caught.value.message.startswith(message)
    assert hint in caught.value.hint


@pytest.mark.parametrize("name", list(OPERATIONS))
def test_help_names_every_field_and_example(name):
    """Made from the model, so nothing can be missing; but that it is there is looked at."""
    text = parsing.help_of(name)
    operation = OPERATIONS[name]
    for field in operation.request.model_fields.values():
        mark = parsing._mark(field)
        assert (getattr(mark, "names", None) or (mark.metavar,))[0] in text
        assert " ".join((field.description or "").split()) in " ".join(text.split())
    assert all(example in text for example in operation.examples)
    assert parsing.parse(name, ["--help"]) is None


@pytest.mark.parametrize("name", list(OPERATIONS))
def test_examples_are_right(name):
    """Each example in the help is a line that parses."""
    for example in OPERATIONS[name].examples:
        line = example[example.index("%") :].removeprefix(parsing.magic_of(name).split()[0]).strip()
        words = line.replace("{path}", "p").split()
        if name.startswith("buckets."):
            words = words[1:]
        assert parsing.parse(name, words) is not None
