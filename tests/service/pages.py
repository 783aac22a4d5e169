"""What pages hand to their scripts."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any


def interface_of(page: str) -> dict[str, Any]:
    """Read it out of the page's HTML."""
    found = re.search(r'data-interface="([^"]*)"', page)
    assert found
    read: dict[str, Any] = json.loads(unescape(found[1]))
    return read
