"""The peers, one small app each, written as their own documentation shows."""
