"""What is said of patients whose outcome nobody saw."""

from lentap.show.format import escaped, listed
from lentap.show.record.missing import EXCLUDED, FAILURE, Unknown
from lentap.show.small_cells import HIDDEN, is_small


def missing_point(found: Unknown, *, outcome: str, who: str, published: bool = False, smallest: int = 0) -> str:
    """How unknown outcomes count on this page; nothing where they count as failures, as on every other.

    Parameters
    ----------
    outcome
        What patients had or had not, such as ``resected``.
    who
        Who has an unknown outcome.
    published
        Whether published counts stand beside those of the loaded trial.
    smallest
        Least number of patients that is told; fewer are hidden.
    """
    if found.how == FAILURE:
        return ""
    beside = " How many outcomes are unknown among the published counts is not known; they stay as published."
    return f"**Unknown outcomes.** {_counted(found, outcome, who, smallest)}{beside if published else ''}"


def _counted(found: Unknown, outcome: str, who: str, smallest: int) -> str:
    if found.by_arm is None:
        return f"Who has one cannot be told, so all count as not {outcome}: {escaped(found.why)}."
    if not any(found.by_arm.values()):
        return f"None: nobody is {who}, so it makes no difference how they would count."
    told = {arm: HIDDEN if is_small(count, smallest) else str(count) for arm, count in found.by_arm.items()}
    patients = f"{listed([f'{count} on {escaped(arm)}' for arm, count in told.items()])} ({who})"
    if found.how == EXCLUDED:
        return f"{patients} are left out."
    control = escaped(found.control)
    unmoved = "" if found.by_arm.get(found.control) else f" As there is none on {control}, this changes no count."
    return (
        f"{patients} count as not {outcome} on an experimental arm and as {outcome} on {control}, the reading least in "
        f"favour of the new treatment.{unmoved}"
    )
