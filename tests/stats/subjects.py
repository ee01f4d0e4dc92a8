"""Random small trials for property tests, and what several test files compare."""

import numpy as np
from hypothesis import strategies as st

# Whole times from 1 to 12, so that ties are common; both groups occur.
two_groups = st.lists(
    st.tuples(st.integers(1, 12), st.booleans(), st.sampled_from("AB")), min_size=4, max_size=40
).filter(lambda rows: {group for *_, group in rows} == {"A", "B"})


def columns_of(rows):
    """Times, events and groups as arrays."""
    time, event, group = zip(*rows, strict=True)
    return np.array(time, dtype=float), np.array(event), np.array(group)


def with_early_censored(time, event, group):
    """The same subjects, and one more of either group who left before any event."""
    return np.append(time, [0.5, 0.2]), np.append(event, [False, False]), np.append(group, ["A", "B"])


def fields(estimate):
    return [estimate.value, estimate.low, estimate.high]


def contains_estimate(estimate):
    return not estimate.low > estimate.value + 1e-12 and not estimate.high < estimate.value - 1e-12
