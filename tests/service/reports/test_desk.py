from __future__ import annotations

from models.artifact import read_manifest
from models.registry import SHIPPED, current_version
from service.reports.web.desk import read_confusions


def test_how_a_model_errs_is_found_by_the_name_that_its_answers_bear() -> None:
    assert read_manifest(current_version(SHIPPED)).model_version in read_confusions(SHIPPED)
