"""What stands on a page that may be shared in place of single patients and rows of tables."""

from collections.abc import Sequence
from dataclasses import replace

from lentap.adam import Problem
from lentap.show.prose import Prose, data_notes
from lentap.sources import Source


def not_singly(smallest: int) -> Prose:
    """What stands in place of a figure of single patients where small cells are hidden."""
    return Prose(f"*Not shown: this would show patients one by one, and numbers below {smallest} are hidden here.*")


def not_counted(smallest: int) -> Prose:
    """What stands in place of a table of what became of rows, where small cells are hidden."""
    return Prose(f"*Not shown: rows of few patients would be told, and numbers below {smallest} are hidden here.*")


def shareable_notes(problems: Sequence[Problem], smallest: int, *, source: Source) -> Prose:
    """``data_notes``; where small cells are hidden without rows, numbers and values, which may point to a patient."""
    if smallest > 1:
        problems = [replace(one, rows=(), count=0, found="") for one in problems]
    return data_notes(problems, source=source)
