"""Synthetic films with known violations, and simulated reviewers. Knows neither Django nor `ml`."""
