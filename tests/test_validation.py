"""Every estimator against every answer somebody else gave: a test a reference, named after it."""

import pytest

from lentap.validation import Reference, compare, references


@pytest.mark.parametrize("reference", references(), ids=lambda reference: reference.name)
def test_an_estimator_agrees_with(reference: Reference) -> None:
    apart = [one for one in compare(reference) if not one.agrees]
    assert not apart, "\n".join(f"{one.part}: ours {one.ours!r}, theirs {one.theirs!r}" for one in apart)


def test_every_reference_says_where_it_is_from() -> None:
    assert [reference.name for reference in references() if not reference.source] == []
