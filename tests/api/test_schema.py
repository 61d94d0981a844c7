"""The front end's types are those of the models."""

from __future__ import annotations

import subprocess
import sys

from jupyter_resources.api import messages, schema, views
from jupyter_resources.api.operations import OPERATIONS


def test_the_committed_file_is_what_the_models_say(capsys):
    """Else somebody changed a model and didn't make the types again."""
    assert schema.main(["--check"]) == 0, capsys.readouterr().err


def test_drift_fails(tmp_path, monkeypatch, capsys):
    """Missing, different, and then made."""
    monkeypatch.setattr(schema, "TARGET", tmp_path / "generated" / "api.ts")
    assert schema.main(["--check"]) == 1
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0
    schema.TARGET.write_text(schema.TARGET.read_text() + " ")
    assert schema.main(["--check"]) == 1
    assert "run: python -m jupyter_resources.api.schema" in capsys.readouterr().err
    assert schema.main(["--chek"]) == 2


def test_every_model_has_a_type():
    """Requests, answers and problems, and a request for each operation."""
    text = schema.typescript()
    for name in (*messages.__all__, *views.__all__, "ProblemMessage"):
        if name not in ("Flag", "Positional", "Request"):
            assert f"export interface {name} " in text or f"export type {name} " in text
    for name, operation in OPERATIONS.items():
        assert f"  '{name}': {operation.request.__name__};" in text


def test_optional_means_may_be_left_out():
    """In requests; in answers everything is sent."""
    text = schema.typescript()
    assert "  paths: string[];" in text
    assert "  to?: string | null;" in text
    assert "  hint: string;" in text
    assert "  failed: Record<string, string>;" in text


def test_it_runs_as_a_module():
    """As the Makefile calls it."""
    done = subprocess.run([sys.executable, "-m", "jupyter_resources.api.schema", "--check"], check=False)
    assert done.returncode == 0
