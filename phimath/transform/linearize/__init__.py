"""Linear functions become matrices: the pattern by one trace, the entries by probes."""
