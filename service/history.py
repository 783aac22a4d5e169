"""The words that stored labels are read in: those of the model that answers now, and maps from older taxonomies."""

from __future__ import annotations

import logging
from pathlib import Path

from data.taxonomy import DEFAULT, Taxonomy, TaxonomyError
from data.taxonomy_history import FOLDER, TaxonomyHistory
from service.classify import Classifier

log = logging.getLogger(__name__)


class Histories:
    """Follows the model: the history is read anew when a model of another taxonomy answers."""

    def __init__(self, classifier: Classifier, folder: Path | None) -> None:
        """`folder` holds maps and older taxonomies, by default those that come with the program, if any do."""
        self._classifier = classifier
        self._folder = folder or DEFAULT.parent / FOLDER
        self._read: tuple[Taxonomy, TaxonomyHistory] | None = None

    def __call__(self) -> TaxonomyHistory:
        """Return the history of today's taxonomy, the same one as long as that stays."""
        taxonomy, read = self._classifier.engine.taxonomy, self._read
        if read is None or read[0] != taxonomy:
            self._read = read = taxonomy, self._of(taxonomy)
        return read[1]

    def _of(self, taxonomy: Taxonomy) -> TaxonomyHistory:
        try:
            return TaxonomyHistory.read(taxonomy, self._folder)
        except (TaxonomyError, OSError) as error:
            log.error("labels of older taxonomies are counted as they stand, RECLAMO_TAXONOMIES: %s", error)
            return TaxonomyHistory(taxonomy)
