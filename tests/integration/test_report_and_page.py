"""What `hailong analyze` prints and what the page shows are the same numbers."""

import html
import re

import pytest

from hailong.analyze import judge
from hailong.report import Report
from hub.scoring.facts import Facts
from hub.scoring.flag import good_moments
from hub.scoring.rules import load_rules
from schemas.vocabulary import Zone
from tests.builders import hit, turn
from tests.website import Site, arrive, flagged_payload

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("language", ["vi", "en"])
def test_each_number_of_the_report_is_on_the_page(hub_db, branch, sender, language):
    payload = flagged_payload()
    thanks = turn(start_s=100.0, hits=(hit("thanks", 101.0),))
    payload = payload.model_copy(update={"turns": (*payload.turns, thanks)})
    arrive(hub_db, sender, payload)
    site = Site(hub_db.open("app"), hub_db.open("migrator"), branch)
    site.add_user("lan", "supervisor", language=language)
    with site.browser() as client:
        from tests.website import sign_in

        sign_in(client, "lan")
        page = client.get(f"/interactions/{payload.interaction_id}")
    assert page.status_code == 200
    shown = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())

    scores, found = judge(payload, Zone.INTAKE, load_rules())
    good = good_moments(payload, Facts(zone=Zone.INTAKE), load_rules())
    printed = Report(language, load_rules()).interaction(1, 0.0, payload, scores, found, good)
    sections = printed.split("\n\n")
    measurements = next(s for s in sections if s.startswith(("Measurements", "Số liệu đo")))
    lines = measurements.splitlines()[1:]
    assert len(lines) >= 15
    for line in lines:
        label, _, values = line.strip().partition(": ")
        assert label in shown
        for value in re.findall(r"\u2212?\d+[.,]?\d*(?: min \d+ s| phút \d+ giây)?", values):
            assert value in shown, line
    for figure in scores.figures:
        assert figure.value is not None
        assert f"{figure.value:.0f}" in shown
    for flag in found:
        assert (flag.title_vi if language == "vi" else flag.title_en) in shown
        assert (flag.reason_vi if language == "vi" else flag.reason_en) in shown
    assert good
    for moment in good:
        title = moment.title_vi if language == "vi" else moment.title_en
        assert title in shown
        assert title in printed
