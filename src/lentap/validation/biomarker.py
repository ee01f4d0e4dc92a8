"""Biomarker: the calls its references name."""

from collections.abc import Callable, Mapping
from typing import Any

from lentap.stats.biomarker import paired_shift, shift_between

CALLS: Mapping[str, Callable[..., Any]] = {"paired_shift": paired_shift, "shift_between": shift_between}
