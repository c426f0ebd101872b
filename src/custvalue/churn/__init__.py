"""Churn: rates with named denominators, survival, early warning and model evaluation."""
