"""Faults of every kind against a real process, and whether it answers right afterwards."""
