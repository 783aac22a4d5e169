"""How a classifier comes about: distil, fit, calibrate, evaluate, export."""

import models as models  # before anything here imports ONNX Runtime: it keeps that from reporting to its makers
