"""What is asked of a build."""

import os
from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], None]
Override = tuple[str, str, str]  # chapter, parameter, text


@dataclass(frozen=True)
class Request:
    """The trial, parameters by chapter as typed, how much to do at once, and the scenarios to show beside the book."""

    data: str = "shipped"
    overrides: tuple[Override, ...] = ()
    jobs: int = os.cpu_count() or 1
    scenarios: tuple[str, ...] = ()
    all_scenarios: bool = False
