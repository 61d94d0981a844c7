"""What tests of the operations share."""

from __future__ import annotations

from tests.homes import home

__all__ = ["home"]
