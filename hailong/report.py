"""An interaction as lines of text: the numbers of the page, in the page's words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from edge_agent.capture.frame import SourceInfo
from hub.scoring.flag import Flag
from hub.scoring.rules import Rule
from hub.scoring.score import Figure, Scores
from hub.web.i18n import Speech, supported
from hub.web.views.measurements import measurement_views
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Role, SpanKind

_WIDTH: Final = 72
_EN: Final = {
    "found": "{file}: {length} of {channels}, {video}. Interactions found: {count}",
    "one": "sound with one channel (nobody can be told apart)",
    "two": "sound with two channels",
    "video": "with video",
    "no_video": "without video: presence is not measured",
    "none": "No interaction: nobody was present or speaking for 3 s.",
    "interaction": "Interaction {number}",
    "from_to": "{start} to {end} of the recording, {length}; {reason}",
    "uncertain": "two visits may have run together: no rule on duration applies",
    "figures": "Figures (estimated; not calibrated to citizens' ratings)",
    "not_enough": "not enough measured for a figure",
    "interval": "90 % interval {low} to {high}",
    "coverage": "coverage {share}",
    "part": "weight {weight}, neutral {neutral}, coverage {share}, adds {contribution}",
    "measurements": "Measurements",
    "missing": "missing: {reason}",
    "timeline": "Course of the interaction",
    "flags": "Flags to review",
    "no_flags": "none",
    "good": "Good moments",
    "raised": "{title} ({kind}, rule {rule} version {version}, coverage {share})",
    "at": "at {time}: {what}",
    "foot": "A flag asks a person to look; it is no verdict. What was said is kept nowhere, "
    "so it cannot be shown.",
    "present": "citizen here",
    "hits": "phrases",
}
_VI: Final = {
    "found": "{file}: {length}, {channels}, {video}. Số lượt giao dịch: {count}",
    "one": "âm thanh một kênh (không phân biệt được người nói)",
    "two": "âm thanh hai kênh",
    "video": "có hình",
    "no_video": "không có hình: không đo được sự có mặt",
    "none": "Không có lượt giao dịch: không ai có mặt hoặc nói đủ 3 giây.",
    "interaction": "Lượt giao dịch {number}",
    "from_to": "Từ {start} đến {end} của bản ghi, {length}; {reason}",
    "uncertain": "có thể là hai lượt liền nhau: không áp dụng quy tắc về thời gian",
    "figures": "Chỉ số (ước tính; chưa hiệu chuẩn theo đánh giá của người dân)",
    "not_enough": "chưa đủ dữ liệu đo",
    "interval": "khoảng tin cậy 90%: {low} đến {high}",
    "coverage": "độ đầy đủ dữ liệu {share}",
    "part": "trọng số {weight}, mức trung tính {neutral}, độ đầy đủ {share}, đóng góp "
    "{contribution}",
    "measurements": "Số liệu đo",
    "missing": "thiếu: {reason}",
    "timeline": "Diễn biến lượt giao dịch",
    "flags": "Dấu hiệu cần xem xét",
    "no_flags": "không có",
    "good": "Những điểm tốt",
    "raised": "{title} ({kind}, quy tắc {rule} phiên bản {version}, độ đầy đủ {share})",
    "at": "lúc {time}: {what}",
    "foot": "Dấu hiệu để xem xét, không phải kết luận vi phạm; không dùng làm căn cứ duy nhất "
    "để xử lý kỷ luật. Lời nói không được lưu ở đâu nên không thể hiển thị.",
    "present": "Người dân",
    "hits": "cụm từ",
}


@dataclass(frozen=True, slots=True)
class _Lane:
    label: str
    spans: Sequence[tuple[float, float]]
    mark: str


class Report:
    def __init__(self, language: str, rules: Sequence[Rule]) -> None:
        self._speech = Speech(supported(language))
        self._text = _VI if self._speech.language == "vi" else _EN
        self._titles = {
            rule.id: rule.title_vi if self._speech.language == "vi" else rule.title_en
            for rule in rules
        }

    def head(self, file: str, info: SourceInfo, count: int) -> str:
        line = self._text["found"].format(
            file=file,
            length=self._speech.clock(info.duration_s or 0.0),
            channels=self._text["two" if info.channels == 2 else "one"],
            video=self._text["video" if info.has_video else "no_video"],
            count=count,
        )
        return line if count else f"{line}\n{self._text['none']}"

    def interaction(
        self,
        number: int,
        start_s: float,
        interaction: InteractionPayload,
        scores: Scores,
        flags: Sequence[Flag],
        good_moments: Sequence[Flag] = (),
    ) -> str:
        sections = [
            self._title(number, start_s, interaction),
            self._section("timeline", self._timeline(interaction)),
            self._section("flags", self._flags(flags) or [f"  {self._text['no_flags']}"]),
            *([self._section("good", self._good(good_moments))] if good_moments else []),
            self._section("figures", self._figures(scores)),
            self._section("measurements", self._measurements(interaction)),
        ]
        return "\n".join(sections)

    def foot(self) -> str:
        return f"\n{self._text['foot']}"

    def _section(self, name: str, lines: Sequence[str] | Iterator[str]) -> str:
        return "\n".join(["", self._text[name], *lines])

    def _title(self, number: int, start_s: float, interaction: InteractionPayload) -> str:
        speech = self._speech
        length_s = (interaction.ended_at - interaction.started_at).total_seconds()
        title = self._text["interaction"].format(number=number)
        where = self._text["from_to"].format(
            start=speech.clock(start_s),
            end=speech.clock(start_s + length_s),
            length=speech.duration(length_s),
            reason=speech.word("end_reason", interaction.end_reason),
        )
        lines = ["", f"── {title} ".ljust(_WIDTH, "─"), where]
        if interaction.boundary_uncertain:
            lines.append(self._text["uncertain"])
        return "\n".join(lines)

    def _timeline(self, interaction: InteractionPayload) -> Iterator[str]:
        length_s = max(1.0, (interaction.ended_at - interaction.started_at).total_seconds())
        spoken = {
            role: [
                (t.start_s, t.start_s + t.duration_s) for t in interaction.turns if t.role is role
            ]
            for role in Role
        }
        spans = {
            kind: [
                (s.start_s, s.start_s + s.duration_s) for s in interaction.spans if s.kind is kind
            ]
            for kind in SpanKind
        }
        word = self._speech.word
        hits = [(h.offset_s, h.offset_s) for t in interaction.turns for h in t.hits]
        lanes = [
            _Lane(word("role", Role.STAFF), spoken[Role.STAFF], "█"),
            _Lane(word("role", Role.CITIZEN), spoken[Role.CITIZEN], "█"),
            _Lane(word("role", Role.UNKNOWN), spoken[Role.UNKNOWN], "▒"),
            _Lane(word("span", SpanKind.OVERLAP), spans[SpanKind.OVERLAP], "▓"),
            _Lane(word("span", SpanKind.RAISED_VOICE), spans[SpanKind.RAISED_VOICE], "▲"),
            _Lane(word("span", SpanKind.INTERRUPTION), spans[SpanKind.INTERRUPTION], "◆"),
            _Lane(word("span", SpanKind.DEAD_AIR), spans[SpanKind.DEAD_AIR], "·"),
            _Lane(word("span", SpanKind.UNATTENDED), spans[SpanKind.UNATTENDED], "×"),
            _Lane(self._text["present"], spans[SpanKind.CITIZEN_PRESENT], "─"),
            _Lane(self._text["hits"], hits, "●"),
        ]
        width = max(len(lane.label) for lane in lanes)
        room = max(30, _WIDTH + 8 - width)
        for lane in lanes:
            if lane.spans:
                yield f"  {lane.label:<{width}} {_bar(lane, length_s, room)}"
        end = self._speech.clock(length_s)
        yield f"  {'':<{width}} 0:00{end:>{room - 4}}"

    def _flags(self, flags: Sequence[Flag]) -> list[str]:
        speech = self._speech
        lines = []
        for flag in flags:
            title = self._text["raised"].format(
                title=self._titles[flag.rule_id],
                kind=speech.word("flag_kind", flag.kind),
                rule=flag.rule_id,
                version=flag.rule_version,
                share=speech.percent(flag.coverage),
            )
            reason = flag.reason_vi if speech.language == "vi" else flag.reason_en
            lines += [f"  ⚑ {title}", f"    {reason}"]
            for evidence in flag.evidence:
                group = "category" if evidence.type == "hit" else "span"
                when = self._text["at"].format(
                    time=speech.clock(evidence.offset_s), what=speech.word(group, evidence.kind)
                )
                lines.append(f"    {when}")
        return lines

    def _good(self, moments: Sequence[Flag]) -> Iterator[str]:
        for moment in moments:
            yield "  " + self._text["at"].format(
                time=self._speech.clock(moment.evidence[0].offset_s),
                what=self._titles[moment.rule_id],
            )

    def _figures(self, scores: Scores) -> Iterator[str]:
        speech, text = self._speech, self._text
        for figure in scores.figures:
            yield f"  {speech.word('figure', figure.name)}: {self._value(figure)}"
            if figure.value is None:
                continue  # without a figure its parts add up to nothing
            for part in figure.parts:
                title = part.title_vi if speech.language == "vi" else part.title_en
                detail = text["part"].format(
                    weight=speech.number(part.weight),
                    neutral=speech.number(part.neutral),
                    share=speech.percent(part.coverage),
                    contribution=speech.number(part.contribution, 1),
                )
                yield f"    {title}: {speech.number(part.value)} ({detail})"

    def _value(self, figure: Figure) -> str:
        speech = self._speech
        share = self._text["coverage"].format(share=speech.percent(figure.coverage))
        if figure.value is None:
            return f"{self._text['not_enough']}; {share}"
        interval = self._text["interval"].format(
            low=speech.number(figure.low), high=speech.number(figure.high)
        )
        return f"{speech.number(figure.value)} ({interval}; {share})"

    def _measurements(self, interaction: InteractionPayload) -> Iterator[str]:
        speech = self._speech
        views = measurement_views(
            interaction.measurements.model_dump(mode="json"),
            interaction.coverage.model_dump(mode="json"),
            speech,
        )
        for view in views:
            if view.by_role:
                value = ", ".join(
                    f"{speech.word('role', role)} {speech.measure(side, view.unit)}"
                    for role, side in ((Role.STAFF, view.staff), (Role.CITIZEN, view.citizen))
                )
            else:
                value = speech.measure(view.value, view.unit)
            missing = (
                f"  [{self._text['missing'].format(reason=view.reason)}]" if view.reason else ""
            )
            yield f"  {view.label}: {value}{missing}"


def _bar(lane: _Lane, length_s: float, room: int) -> str:
    cells = [" "] * room
    for start_s, end_s in lane.spans:
        first = min(room - 1, int(start_s / length_s * room))
        last = min(room - 1, max(first, int(end_s / length_s * room) - 1))
        for cell in range(first, last + 1):
            cells[cell] = lane.mark
    return "".join(cells).rstrip()
