"""What is claimed of LEN-TAP, what can be recomputed, and where a trial disagrees with it."""

from lentap.claims.compare import compare_with_facts, facts_report
from lentap.claims.ledger import ledger, ledger_points, record_rates, record_verdicts
from lentap.claims.quantities import trial_values
from lentap.claims.tables import ledger_part, ledger_table

__all__ = [
    "compare_with_facts",
    "facts_report",
    "ledger",
    "ledger_part",
    "ledger_points",
    "ledger_table",
    "record_rates",
    "record_verdicts",
    "trial_values",
]
