"""What a classifier is: its artifact on disk, its engine, and the decisions that it makes."""

import os

# From its import on, ONNX Runtime would report to its makers and keep a number for this user in the home folder.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
