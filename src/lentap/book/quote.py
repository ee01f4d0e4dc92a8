"""Quotations: a recorded number, found by its name and labels."""

from collections.abc import Iterable

from lentap.errors import InputError
from lentap.results import Result


class MissingResultError(InputError):
    """No recorded result answers to the quotation."""


def find(quotation: str, results: Iterable[tuple[str, Result]]) -> tuple[str, Result, str]:
    """Page and record that ``name label=value ... [show=PART]`` selects, and the part of it to show.

    A space inside a label is written as an underscore.

    Raises
    ------
    MissingResultError
        No record matches.
    InputError
        Several match.
    """
    name, *pairs = quotation.split()
    labels = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    shown = labels.pop("show", "full")
    found = [(page, result) for page, result in results if result.name == name and _matches(result, labels)]
    if not found:
        msg = f"quotation {quotation!r}: no result of that name and labels is recorded"
        raise MissingResultError(msg)
    if len(found) > 1:
        several = "; ".join(result.key for _, result in found[:4])
        msg = f"quotation {quotation!r} selects {len(found)} results; add labels to choose one of: {several}"
        raise InputError(msg)
    return *found[0], shown


def _matches(result: Result, labels: dict[str, str]) -> bool:
    known = {**result.labels, "source": result.source}
    return all(known.get(key, "").replace(" ", "_") == value for key, value in labels.items())
