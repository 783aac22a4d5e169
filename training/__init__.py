"""How a classifier comes about: distil, fit, calibrate, evaluate, export."""
