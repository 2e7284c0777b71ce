"""Every link of README and docs leads somewhere, and what they name is there."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), target


KINDS = {
    "en": {
        "Live alerts": "live",
        "Review": "review",
        "Trends": "trend",
        "Measured silently": "shadow",
        "Good moments": "positive",
    },
    "vi": {
        "Báo ngay": "live",
        "Xem xét": "review",
        "Xu hướng": "trend",
        "Đo thầm": "shadow",
        "Những điểm tốt": "positive",
    },
}
ASKED = {
    "en": ["Asks", "Speaks", "Silent", "Cannot know"],
    "vi": ["Hỏi", "Lên tiếng khi", "Im lặng khi", "Không thể biết"],
}


@pytest.mark.parametrize(("language", "name"), [("en", "rules.md"), ("vi", "rules.vi.md")])
def test_the_rules_of_the_page_are_the_rules_there_are(language, name):
    """Each under its kind and by its title, with what it asks, and when it is silent."""
    page = (ROOT / "docs" / name).read_text("utf-8")
    told = {}
    for section in page.split("\n## ")[1:]:
        kind = KINDS[language].get(re.split(r"[:\n]", section)[0])
        for rule in section.split("\n### ")[1:]:
            title, rule_id = re.findall(r"^(.+) \(`(\w+)`\)\n", rule)[0]
            told[rule_id] = (kind, title)
            said = re.findall(r"^- ([^:]+): \S", rule, re.MULTILINE)
            assert said == (ASKED[language][1:2] if kind == "positive" else ASKED[language])
    there = {}
    for file in (ROOT / "hub" / "scoring" / "rules").glob("*.yaml"):
        rule = yaml.safe_load(file.read_text("utf-8"))
        there[rule["rule"]] = (rule["kind"], rule[f"title_{language}"])
    assert told == there


def test_the_tables_of_a_rollout_are_those_of_the_code():
    from schemas.release import ReleaseSettings
    from schemas.vocabulary import CommandKind, ConfigFault

    page = (ROOT / "docs" / "rollout.md").read_text("utf-8")

    def named(heading: str) -> set[str]:
        section = page.split(f"## {heading}\n")[1].split("\n## ")[0]
        first = re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE)
        return {word for cell in first for word in re.findall(r"`(\w+)`", cell)}

    assert named("What may be set from afar") == set(ReleaseSettings.model_fields)
    assert named("What failed, and what to do") == set(ConfigFault)
    assert named("Commands") == set(CommandKind)


def test_the_commands_of_a_rollout_are_there():
    from click.testing import CliRunner

    from hailong.cli import main

    page = (ROOT / "docs" / "rollout.md").read_text("utf-8")
    lines = re.findall(r"^hailong ((?:hub|agent) [a-z]+ [a-z]+)", page, re.MULTILINE)
    assert len(lines) > 6
    for line in lines:
        assert CliRunner().invoke(main, [*line.split(), "--help"]).exit_code == 0, line


@pytest.mark.parametrize("readme", ["README.md", "README.vi.md"])
def test_the_two_commands_stand_on_the_first_screen(readme):
    first = "\n".join((ROOT / readme).read_text("utf-8").splitlines()[:30])
    assert "make demo" in first
    assert "make test" in first


def test_the_commands_that_running_names_are_there():
    from click.testing import CliRunner

    from hailong.cli import main

    page = (ROOT / "docs" / "running.md").read_text("utf-8")
    for line in re.findall(
        r"^hailong ((?:hub|agent) [a-z]+(?: (?:add|enrol))?)", page, re.MULTILINE
    ):
        assert CliRunner().invoke(main, [*line.split(), "--help"]).exit_code == 0, line
