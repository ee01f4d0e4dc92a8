"""Multiplicity: the calls its references name."""

from collections.abc import Callable, Mapping
from typing import Any

CALLS: Mapping[str, Callable[..., Any]] = {}
