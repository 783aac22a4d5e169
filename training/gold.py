"""What a classifier is worth on frozen gold: the tables and charts of its card and of the evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.message import Message
from data.taxonomy import Taxonomy
from models.answer import Answer
from models.confusion import Confusion
from models.onnx_engine import OnnxEngine
from training.abstention import coverage_table, risk_curves, risk_table
from training.charts import draw_reliability, draw_risk
from training.confusion import confusion
from training.evaluate import answer_labels, compare
from training.metrics import Figures
from training.reliability import all_claims, reliability_table
from training.slices import slice_table


@dataclass(frozen=True)
class Gold:
    """The gold messages with an engine's answers, and how sure it is of each one's themes as a whole."""

    messages: Sequence[Message]
    answers: Sequence[Answer]
    certainty: Sequence[float]
    taxonomy: Taxonomy

    def figures(self) -> dict[str, Figures]:
        """Figures by language."""
        said = [answer_labels(answer) for answer in self.answers]
        return compare(self.messages, {"reclamo": said}, self.taxonomy)["reclamo"]

    def confusion(self) -> Confusion:
        """Count how the engine errs, for the reports."""
        return confusion(self.messages, self.answers, self.taxonomy)

    def tables(self) -> dict[str, str]:
        """Tables on confidences, sets, silence and slices, each under its heading."""
        risk = {
            "Share of messages with a wrong set of themes, the surest first": risk_table(
                self.messages, self.answers, self.certainty
            )
        }
        return {
            "Are its confidences right? Calibration error of the labels given": reliability_table(
                self.messages, self.answers, self.taxonomy
            ),
            "Plausible sets": coverage_table(self.messages, self.answers),
            **(risk if self.taxonomy.group("themes") else {}),
            "Slices": slice_table(self.messages, [answer_labels(answer) for answer in self.answers], self.taxonomy),
            "Abstained or sent to review": self._review(),
        }

    def draw(self, folder: Path) -> Mapping[str, Path]:
        """Draw the charts into `folder`; gives them by title."""
        charts = {"reliability": folder / "reliability.svg"}
        draw_reliability(all_claims(self.messages, self.answers, self.taxonomy), charts["reliability"])
        if self.taxonomy.group("themes"):
            charts["risk and coverage"] = folder / "risk.svg"
            draw_risk(risk_curves(self.messages, self.answers, self.certainty), charts["risk and coverage"])
        return charts

    def _review(self) -> str:
        lines = ["| language | no answer | review | reasons |", "|---|---|---|---|"]
        for language in sorted({message.lang for message in self.messages}):
            own = [a for message, a in zip(self.messages, self.answers, strict=True) if message.lang == language]
            silent = sum(not answer.language.supported for answer in own) / len(own)
            asked = sum(answer.review.needed for answer in own) / len(own)
            reasons = sorted({reason.value for answer in own for reason in answer.review.reasons})
            lines.append(f"| {language} | {silent:.1%} | {asked:.1%} | {', '.join(reasons)} |")
        return "\n".join(lines) + "\n"


def ask_gold(engine: OnnxEngine, messages: Sequence[Message], taxonomy: Taxonomy) -> Gold:
    """Ask the engine every gold message as the service would, the language not told."""
    gold = [message for message in messages if message.split == "gold"]
    answers, certainty = [], []
    for message in gold:
        prepared = engine.encode_pre(message.text)
        scores = engine.encode_core([prepared])[0]
        answers.append(engine.encode_post(prepared, scores))
        certainty.append(engine.theme_certainty(scores))
    return Gold(gold, answers, certainty, taxonomy)
