"""Every estimator beside answers other people published or computed: what the validation page and its test read."""

from lentap.validation.compare import Comparison, compare, validation_table
from lentap.validation.references import Reference, references

__all__ = ["Comparison", "Reference", "compare", "references", "validation_table"]
