"""Statistics as pure functions: arrays or tables in, frozen results out; no files, no figures, no state."""
