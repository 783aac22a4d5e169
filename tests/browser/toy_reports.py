"""A service whose store holds 300 messages out of thin air and a group of what no theme knows, with all its reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from data.redaction import redact
from data.store.emerging import Found, Member
from data.store.facts import Fact
from data.store.records import About, NewTicket, Reading, StoredLabels, TicketKey
from data.store.store import Store
from data.taxonomy import GROUP_IDS
from service.app import create_app
from service.reports.counts.prevalence import Prevalence
from tests.browser.serving import serving
from tests.service.conftest import settings
from tests.service.dummy_engine import DummyEngine
from tests.service.reports.toy_site import TAXONOMY, Rates, confusion, quarters

TEXTS = {
    "fi": "Pakettini numero {} on myöhässä, eikä kukaan kerro minulle, milloin se tulee perille.",
    "vi": "Gói hàng số {} của tôi bị giao trễ mà không ai báo cho tôi biết khi nào mới tới nơi.",
    "es": "Mi paquete número {} llega con retraso y nadie me dice cuándo lo van a entregar.",
    "en": "My parcel number {} is late, and nobody tells me when it is going to be delivered.",
}
RATES = Rates({"delivery": 0.2, "billing": 0.5}, {"delivery": 0.6, "billing": 0.5})
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def fill(folder: Path, version: str, groups: int) -> str:
    """Make the store, of messages that this version of the model read; returns its address."""
    url = f"sqlite:///{folder / 'tickets.db'}"
    store = Store.open(url, folder / "tickets.secret")
    for number, fact in enumerate(quarters(300, rates=RATES)):
        text = redact(TEXTS[fact.lang].format(number), fact.lang).text
        about = About(
            channel=fact.channel,
            branch=fact.branch,
            received_at=fact.received_at,
            first_answered_at=fact.first_answered_at,
            contact=fact.contact,
        )
        key = TicketKey(source=fact.source, id=str(number))
        new = NewTicket(key=key, text=text, mark=store.mark(text), lang=fact.lang, about=about)
        store.put(new, reading(fact, version))
    ids = store.emerging.received(*EVER)
    parts = [ids[24 * number : 24 * number + 24] for number in range(groups)]
    found = [Found([Member(id_, 1, 0.9) for id_ in part], 0.8, {"en": [("toll", 24)]}, []) for part in parts]
    store.emerging.keep(found, ids)
    store.close()
    return url


def reading(fact: Fact, version: str) -> Reading:
    """What a model would have said to give these labels."""
    single = {group: sorted(fact.labels.get(group, ())) for group in GROUP_IDS}
    labels: StoredLabels = {
        group: found[0] if group in ("kind", "urgency", "emotion") else found for group, found in single.items()
    }
    themes = [{"label": label, "confidence": 0.9, "evidence": [{"start": 3, "end": 9}]} for label in single["themes"]]
    return Reading(
        model_version=version,
        taxonomy_version=TAXONOMY.version,
        labels=labels,
        certainty=0.9,
        hours=fact.hours,
        answer={"themes": themes},
    )


@contextmanager
def serve(folder: Path, groups: int = 1) -> Iterator[str]:
    """Serve the reports, their counts corrected; gives the address."""
    engine = DummyEngine(taxonomy=TAXONOMY)
    app = create_app(
        engine, settings(store=fill(folder, engine.model_version, groups), store_secret=folder / "tickets.secret")
    )
    app.state.desk._prevalence = engine.model_version, Prevalence({engine.model_version: confusion()})
    with serving(app, "/reports") as url:
        yield url
