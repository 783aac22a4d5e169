"""Which labels play which part in the reports: a data file says so, and no code names a label."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from data.taxonomy import GroupId, Taxonomy
from service.reports.ledger import Bools, Ledger

FILE: Final = Path(__file__).with_name("roles.yaml")

RoleName = Literal["grievance", "pressing", "furious", "returning", "unsolved"]


class Role(BaseModel):
    """Labels of one group; any of them plays the role."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    group: GroupId
    labels: tuple[str, ...]

    def rows(self, ledger: Ledger) -> Bools:
        """Tickets (n) that have one of them."""
        return ledger.labels[self.group].any_of(self.labels)


@cache
def read_roles(path: Path = FILE) -> Mapping[RoleName, Role]:
    """Read the roles; raises `pydantic.ValidationError`."""
    return TypeAdapter(dict[RoleName, Role]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))


def role(name: RoleName, taxonomy: Taxonomy) -> Role | None:
    """Find who plays a role among a taxonomy's labels; None where it has none of them."""
    known = read_roles()[name]
    labels = tuple(label for label in known.labels if label in taxonomy.ids(known.group))
    return Role(group=known.group, labels=labels) if labels else None


def others(given: Role, taxonomy: Taxonomy) -> Role:
    """Take all labels of the group that do not play the role."""
    return Role(
        group=given.group, labels=tuple(label for label in taxonomy.ids(given.group) if label not in given.labels)
    )
