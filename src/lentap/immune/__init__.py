"""Flow cytometry: from FCS files to compensated, transformed and gated events."""
