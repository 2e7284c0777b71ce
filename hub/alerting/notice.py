"""What a channel is told: where, when, which rule, and where to look. No clerk, nobody's words."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final, Literal
from uuid import UUID

NoticeLanguage = Literal["vi", "en"]
HANOI: Final = timezone(timedelta(hours=7))
_WORDS: Final = {
    "vi": {
        "alert": "Báo ngay",
        "test": "THỬ",
        "branch": "Chi nhánh",
        "counter": "Quầy",
        "what": "Nội dung",
        "time": "Thời điểm",
        "link": "Xem tại",
        "is_test": "Đây là tin thử, không có việc gì xảy ra tại quầy.",
        "caution": "Dấu hiệu để xem xét, không phải kết luận vi phạm; không dùng làm căn cứ duy "
        "nhất để xử lý kỷ luật.",
    },
    "en": {
        "alert": "Live alert",
        "test": "TEST",
        "branch": "Branch",
        "counter": "Counter",
        "what": "What",
        "time": "Time",
        "link": "Look at",
        "is_test": "This is a test; nothing has happened at a counter.",
        "caution": "Flags are questions for people to look into, not findings of misconduct; they "
        "must not be the only ground for disciplinary action.",
    },
}


@dataclass(frozen=True, slots=True)
class Notice:
    event: str
    """The same for each attempt, so that a receiver knows what it was told before."""
    branch_id: str
    branch: str
    counter_id: str | None
    """None where the rule is reviewed outside the branch: a counter and a time name a clerk."""
    counter_number: int | None
    rule_id: str
    title: str
    raised_at: datetime
    link: str
    test: bool = False

    def json(self) -> bytes:
        """UTF-8."""
        body = {
            "version": 1,
            "event": self.event,
            "test": self.test,
            "branch": self.branch_id,
            "branch_name": self.branch,
            "counter": self.counter_id,
            "counter_number": self.counter_number,
            "rule": self.rule_id,
            "title": self.title,
            "raised_at": self.raised_at.isoformat(timespec="seconds"),
            "link": self.link,
        }
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    def subject(self, language: NoticeLanguage) -> str:
        words = _WORDS[language]
        test = f"[{words['test']}] " if self.test else ""
        at = self._counter
        where = f"{words['counter']} {at}" if at else self.branch
        return f"{test}{words['alert']}: {where} – {self.title}"

    def text(self, language: NoticeLanguage) -> str:
        words = _WORDS[language]
        at = self.raised_at.astimezone(HANOI)
        lines = [f"{words['branch']}: {self.branch}"]
        if self._counter:
            lines.append(f"{words['counter']}: {self._counter}")
        lines += [
            f"{words['what']}: {self.title}",
            f"{words['time']}: {at:%H:%M} {at:%d/%m/%Y}",
            f"{words['link']}: {self.link}",
            "",
            *([words["is_test"]] if self.test else []),
            words["caution"],
        ]
        return "\n".join(lines) + "\n"

    @property
    def _counter(self) -> str:
        if self.counter_id is None:
            return ""
        return str(self.counter_number or self.counter_id)


def link_to(web_url: str, flag_id: UUID) -> str:
    return f"{web_url}/overview#alert-{flag_id}"
