"""The same in ΦML, for comparison where it happens to be installed."""
