"""Small taxonomies in three versions, and the maps between them."""

from __future__ import annotations

from typing import Any

from data.taxonomy import Taxonomy
from data.taxonomy_map import TaxonomyMap

MODES = {"kind": "one", "themes": "many", "urgency": "ordered", "signals": "many", "emotion": "one"}


def taxonomy(version: str, rules: list[dict[str, Any]] | None = None, **groups: list[str]) -> Taxonomy:
    """Make a taxonomy with these labels by group."""
    written = [
        {
            "id": group,
            "name": {},
            "mode": MODES[group],
            "labels": [
                {"id": label, "name": {"en": label}, **({"respond_within_hours": 1} if group == "urgency" else {})}
                for label in labels
            ],
        }
        for group, labels in groups.items()
    ]
    return Taxonomy.model_validate({"version": version, "languages": ["en"], "groups": written, "rules": rules or []})


def changes(from_: str, to: str, **changes: Any) -> TaxonomyMap:
    """Make a map."""
    return TaxonomyMap.model_validate({"from": from_, "to": to, **changes})


RULES = [{"group": "kind", "labels": ["complaint"], "needed": ["themes"]}]
FIRST = taxonomy(
    "1", RULES, kind=["complaint", "other"], themes=["staff", "price", "delivery", "weather"],
    signals=["harm", "noise"], emotion=["anger", "sadness", "gloom"],
)  # fmt: skip
SECOND = taxonomy(
    "2", RULES, kind=["complaint", "other"], themes=["conduct", "price", "delivery", "tracking"],
    signals=["harm", "leaving"], emotion=["anger", "upset"],
)  # fmt: skip
THIRD = taxonomy(
    "3", RULES, kind=["complaint", "other"], themes=["conduct", "billing", "arrival", "app"],
    signals=["danger", "leaving"], emotion=["anger", "upset"],
)  # fmt: skip
ONE_TO_TWO = changes(
    "1", "2", renamed={"themes": {"staff": "conduct"}}, merged={"emotion": {"upset": ["sadness", "gloom"]}},
    split={"themes": {"delivery": ["delivery", "tracking"]}}, added={"signals": ["leaving"]},
    removed={"themes": ["weather"], "signals": ["noise"]},
)  # fmt: skip
TWO_TO_THREE = changes(
    "2", "3", renamed={"themes": {"price": "billing"}, "signals": {"harm": "danger"}},
    merged={"themes": {"arrival": ["delivery", "tracking"]}}, added={"themes": ["app"]},
)  # fmt: skip
