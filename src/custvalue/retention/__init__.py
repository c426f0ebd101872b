"""Retention: cohorts, windows, curves, repeat purchase, growth accounting, revenue."""
