"""Results as figures, tables and sentences; nothing here computes a statistic or writes a file."""
