"""A trial's tables: what stands in them, how they are read and checked, and the trial in memory."""

from lentap.adam.available import Availability, availability
from lentap.adam.check import Report, TableReport, check_folder
from lentap.adam.new import new_trial
from lentap.adam.problems import Problem
from lentap.adam.propose import as_yaml, propose, undeclared
from lentap.adam.schemas import dictionary
from lentap.adam.trial import MissingTable, Trial, load_trial

__all__ = [
    "Availability",
    "MissingTable",
    "Problem",
    "Report",
    "TableReport",
    "Trial",
    "as_yaml",
    "availability",
    "check_folder",
    "dictionary",
    "load_trial",
    "new_trial",
    "propose",
    "undeclared",
]
