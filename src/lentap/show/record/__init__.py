"""Numbers that always go together, computed by one call and recorded under their stable names."""

from lentap.show.record.balance import NEGLIGIBLE, Balance, record_balance
from lentap.show.record.comparison import (
    Comparison,
    Contrast,
    arms_compared,
    record_adverse_events,
    record_comparison,
    record_published,
    set_against,
)
from lentap.show.record.marker import RESPONSE_GROUPS, record_changes
from lentap.show.record.survival import Survival, record_survival

__all__ = [
    "NEGLIGIBLE",
    "RESPONSE_GROUPS",
    "Balance",
    "Comparison",
    "Contrast",
    "Survival",
    "arms_compared",
    "record_adverse_events",
    "record_balance",
    "record_changes",
    "record_comparison",
    "record_published",
    "record_survival",
    "set_against",
]
