"""What printing needs beside Python: without it, the tests that print are skipped and say so."""

from __future__ import annotations

import pytest

from service.reports.web.exports import PdfMissing, pdf


def missing() -> str:
    """Why nothing can be printed here; "" where it can."""
    try:
        pdf("<p>x</p>")
    except PdfMissing as error:
        return str(error)
    return ""


needs_printing = pytest.mark.skipif(bool(missing()), reason=missing())
