"""Plain FastAPI around a transformers `pipeline`, which is what most teams deploy.

`uvicorn benchmarks.race.peers.fastapi_pipeline:app`, with the model's folder in RACE_NETWORK.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import pipeline

from benchmarks.race.shared_model import read_setup

torch.set_num_threads(read_setup().threads)
classifier = pipeline("text-classification", model=os.environ["RACE_NETWORK"], top_k=None)
app = FastAPI()


class Message(BaseModel):
    """What is asked."""

    text: str


@app.post("/classify")
def classify(message: Message) -> list[dict[str, Any]]:
    """Give the score of every label."""
    scores: list[list[dict[str, Any]]] = classifier([message.text], truncation=True)
    return scores[0]
