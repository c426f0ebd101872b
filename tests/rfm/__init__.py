"""Tests of rfm."""
