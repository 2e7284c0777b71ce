"""The table of fairness in docs/score.md and docs/score.vi.md, made of what was measured."""

from collections.abc import Sequence

from benchmarks.judge.fairness import Shown, table
from benchmarks.machine import ROOT

_BEGIN, _END = "<!-- fairness -->\n", "<!-- end -->"
_HEAD = {
    "en": ("group", "experience", "shift", "counter's part", "shift", "left out"),
    "vi": (
        "nhóm", "trải nghiệm", "chênh lệch", "phần việc của quầy", "chênh lệch", "không có chỉ số",
    ),
}  # fmt: skip
_GROUPS_VI = {
    "the north": "miền Bắc (mốc so sánh)",
    "the centre": "miền Trung",
    "the south": "miền Nam",
    "old and slow of speech": "người cao tuổi, nói chậm",
    "hard of hearing": "người nghe kém",
    "a sad subject": "việc buồn (khai tử, ly hôn)",
    "a loud neighbour": "quầy bên cạnh ồn",
    "another language": "nói ngôn ngữ khác",
    "writing or signing": "viết hoặc dùng ký hiệu",
}


def put_fairness(found: Sequence[Shown]) -> None:
    """Between the marks of the pages; the rest of them stays."""
    for name, language in (("score.md", "en"), ("score.vi.md", "vi")):
        path = ROOT / "docs" / name
        made = "\n".join(lines(found, language))
        text = path.read_text("utf-8")
        head, rest = text.split(_BEGIN)
        path.write_text(f"{head}{_BEGIN}{made}\n{_END}{rest.split(_END, 1)[1]}", "utf-8")


def lines(found: Sequence[Shown], language: str) -> list[str]:
    head = ["| " + " | ".join(_HEAD[language]) + " |", "|---|---|---|---|---|---|"]
    rows = []
    for cells in table(found):
        shown = list(cells)
        if language == "vi":
            shown[0] = _GROUPS_VI.get(shown[0], shown[0])
            shown[1:] = [cell.replace(".", ",") for cell in shown[1:]]
        rows.append("| " + " | ".join(shown) + " |")
    return head + rows
