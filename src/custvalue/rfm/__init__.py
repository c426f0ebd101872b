"""RFM: scores that depend on values alone, segments, migration between dates."""
