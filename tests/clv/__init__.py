"""Tests of the models of customer lifetime value."""
