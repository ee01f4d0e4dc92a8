"""What people call a column where they do not use ADaM's names."""

import re
from collections.abc import Iterable

from lentap.forms import nearest

# Of a name in small letters and digits alone: "Patient No." is read as patientno.
OTHER_NAMES = {
    "USUBJID": r"((unique|study)?(subj|subject|pat|patient|participant|case)(id|identifier|no|nr|num|number|code)?|id)",
    "TRT01P": r"(planned|randomi[sz]ed|assigned|act|actual)?(trt|treatment|arm|group)(arm|group|p|cd|code|name)?",
    "AEDECOD": r"(ae|pt|event|adverseevent)?(term|event|preferredterm|pt)|toxicity",
    "AETOXGR": r"(ctc|ctcae|ae|toxicity)?(tox)?(grade|gr)",
    "PARAMCD": r"endpoint|outcome|param|parameter|measure|marker|criterion|test",
    "AVAL": r"((survival|event|followup)?(time|days|weeks|months|years)((to|until|of).*)?|value|result)",
    "AGE": r"age(at.*|y|yr|yrs|years)?",
    "SEX": r"(sex|gender)(mf|fm)?",
}


def other_name(column: str, found: Iterable[str], *, similar: bool = True) -> str:
    """The name among ``found`` that probably stands for ADaM's ``column``, or is ``similar``; empty where none does."""
    names = list(found)
    if pattern := OTHER_NAMES.get(column):
        known = [name for name in names if re.fullmatch(pattern, re.sub(r"[^a-z0-9]", "", name.lower()))]
        if known:
            return min(known, key=len)  # the arm rather than its code
    close = re.search(r"'(.+)'", nearest(column, names)) if similar else None
    return close[1] if close else ""
