"""The LEN-TAP Book: an executable companion to a trial in liver cancer."""

__version__ = "0.1.0"
