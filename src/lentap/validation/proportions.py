"""Proportions: the calls its references name."""

from collections.abc import Callable, Mapping
from typing import Any

from lentap.stats.proportions import proportion

CALLS: Mapping[str, Callable[..., Any]] = {"proportion": proportion}
