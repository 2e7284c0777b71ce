"""Scripted interactions: each as its file says, through the agent's stages and the hub's rules."""

from collections import Counter
from dataclasses import replace

import pytest

from hub.scoring.rules import load_rules
from tests.scenarios.judge import compare, judge, judge_played
from tests.scenarios.play import play
from tests.scenarios.scenario_files import ALL, FOLDER, load
from tests.scenarios.script import ScenarioError
from tests.scenarios.script_files import FAULTS, LINE

SCENARIOS = load()
BY_NAME = {one.name: one for one in SCENARIOS}

TRAPS = {
    "abusive_language_staff": [
        "mất giấy khai sinh", "vô học lớp một", "cư ngụ", "đội ngũ", "ngôn ngữ", "cầm giấy hẹn",
        "cấm", "biến động đất đai", "biên lai", "biển số", "điền tờ khai", "bệnh tâm thần",
        "đeo thẻ", "nộp lộn", "lớn tuổi", "các giấy tờ", "buổi chiều", "đủ rồi", "cho", "chờ",
        "chỗ", "bà kia bảo tôi", "nè", "mấy tuổi", "khuyết tật nghe", "câm điếc", "hội người mù",
        "không biết đọc ạ, để cháu đọc", "đơn khiếu kiện", "bác lẩm cẩm quá", "quê quán", "về quê",
    ],
    "may_tao_address": ["máy", "mấy", "may quá", "tạo tài khoản", "đào tạo", "đợi em mấy phút"],
    "abuse_by_citizen": ["bố mẹ", "họ tên bố, mẹ"],
    "money_hint": [
        "bồi dưỡng nghiệp vụ", "lớp bồi dưỡng", "bồi dưỡng bằng hiện vật", "quán cà phê",
        "hóa đơn tiền nước", "người nước ngoài", "lệ phí theo quy định", "chi nhánh",
        "không biết điều này", "biết điều kiện", "đi qua đi lại", "phong bì bưu điện",
        "đựng kết quả", "người ta xin tiền cà phê", "dầu bôi trơn", "chung cư", "làm luật sư",
        "luật đất đai", "bác đừng lo", "ở đây có camera ạ", "biên lai điện tử", "tùy chị chọn",
    ],
    "off_channel_contact": ["dịch vụ công", "có", "phòng riêng", "zalo chính thức"],
    "citizen_offers_money": [
        "em gửi chị tờ khai", "em gửi chị lệ phí", "quà tết cho người có công",
        "chị cầm giấy hẹn", "cảm ơn chị nhiều", "tạo điều kiện giúp em với",
    ],
    "refuses_gift": ["không nhận hồ sơ"],
    "come_back": ["quay lại nhận kết quả", "quay lại màn hình trước", "hết giờ chưa"],
    "redirect": ["sang quầy thu phí", "để em mở cho chị xem", "nộp trực tuyến đi"],
    "sent_away_without_list": ["in phiếu yêu cầu bổ sung"],
    "apologises": ["phiếu xin lỗi", "xin lỗi, cho em hỏi"],
    "rating_solicited": ["mời bác đánh giá ạ"],
    "escalation": ["đơn khiếu nại"],
}  # fmt: skip
"""The look-alikes of DOMAIN.md's table, by the rule that they must not raise."""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: f"{one.file}:{one.line}")
def test_a_scenario_is_as_its_file_says(scenario):
    assert not judge(scenario).wrong, scenario.name


def test_figures_stand_to_one_another_as_the_files_say():
    assert not compare([judge(one) for one in SCENARIOS])


def test_there_are_enough_of_them():
    assert len({one.script for one in SCENARIOS}) >= 80
    assert sum(one.sound is not None for one in SCENARIOS) >= 12
    assert {one.dialect for one in SCENARIOS} == {"north", "centre", "south"}


def test_each_rule_has_one_that_must_fire_and_an_innocent_one():
    rules = {rule.id for rule in load_rules()}
    assert rules == set().union(*(one.expected.expect for one in SCENARIOS))
    assert rules == set().union(*(one.expected.forbid for one in SCENARIOS))


@pytest.mark.parametrize("rule", TRAPS)
def test_each_trap_is_in_a_scenario_that_forbids_the_flag(rule):
    said = [
        f" {line.text.lower()} "
        for one in SCENARIOS
        if rule in one.expected.forbid and rule not in one.expected.known_wrong
        for line in one.script.lines
    ]
    assert [trap for trap in TRAPS[rule] if not any(trap in text for text in said)] == []


def test_a_scenario_that_is_not_as_it_says_is_told():
    one = BY_NAME["mày tao một lần, giọng thường"]
    other = replace(one.expected, expect=frozenset({"may_tao_address"}), forbid=frozenset())
    told = judge_played(one, play(one.script), other).wrong
    assert told == ("may_tao_address was not raised, expected it",)
    shouted = BY_NAME["mày tao một lần, quát to"]
    told = judge_played(shouted, play(shouted.script), one.expected).wrong
    assert told == ("may_tao_address was raised, it is forbidden here",)


def test_what_is_known_to_be_wrong_is_told_once_it_is_mended():
    one = BY_NAME["mày tao một lần, quát to"]
    known = replace(one.expected, known_wrong={"may_tao_address": "đã sửa"})
    assert judge_played(one, play(one.script), known).wrong == (
        "may_tao_address is as it should be: take it out of known_wrong",
    )


def test_a_script_gives_the_same_however_often_it_is_played():
    """The usual level of voices is copied, not played again: no scenario leaves a trace in it."""
    from tests.scenarios.play import _play

    one = BY_NAME["mày tao một lần, quát to"].script
    assert _play(one).stays == _play(one).stays


FAULTY = {
    "got the unknown field louder": "- {staff: Dạ, louder: 3}",
    "got 2 speakers": "- {staff: Dạ, citizen: Vâng}",
    "got 0 speakers": "- {at_s: 3}",
    "got both at_s and gap_s": "- {staff: Dạ, at_s: 3, gap_s: 1}",
    "got staff twice at once": "- {staff: Dạ vâng ạ, at_s: 3}\n      - {staff: Dạ, at_s: 3.2}",
    "expected a number from 40 to 600": "- {staff: Dạ, pace: nhanh}",
}


@pytest.mark.parametrize("told", FAULTY)
def test_a_faulty_line_is_named(told, tmp_path):
    text = f"scenarios:\n  - name: thử\n    said:\n      {FAULTY[told]}\n"
    (tmp_path / "some.yaml").write_text(text, "utf-8")
    with pytest.raises(ScenarioError, match=told) as raised:
        load(tmp_path)
    assert str(raised.value).startswith("some.yaml, line ")


ODD = {
    "got 'no_such_rule', expected": "expect: [no_such_rule]",
    "got redirect in two of the lists": "expect: [redirect]\n    forbid: [redirect]",
    "got no scenario 'ai đó' before this one": "as: ai đó",
    "expected local time such as": "started: hôm qua",
    "got no at_first": "later: {dossier: nothing}",
    "expected \\[from, until\\]": "staff_away: [[3]]",
    "got redirect, which is under none of": "known_wrong: {redirect: vì thế}",
    "got no scenario 'ai đó'": "compare: {to: ai đó, counter_part: lower}",
}


@pytest.mark.parametrize("told", ODD)
def test_a_faulty_field_is_named(told, tmp_path):
    said = "" if "as:" in ODD[told] else "    said: [{staff: Dạ}]\n"
    text = f"scenarios:\n  - name: thử\n{said}    {ODD[told]}\n"
    (tmp_path / "some.yaml").write_text(text, "utf-8")
    with pytest.raises(ScenarioError, match=told) as raised:
        load(tmp_path)
    assert raised.value.line > 1


def test_names_differ_over_all_files(tmp_path):
    text = "scenarios:\n  - name: một\n    said: [{staff: Dạ}]\n"
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    with pytest.raises(ScenarioError, match=r"b.yaml, line 2, .* twice"):
        load(tmp_path)


def test_the_readme_names_every_field():
    page = (FOLDER / "README.md").read_text("utf-8")
    names = Counter([*ALL, *LINE, *FAULTS])
    assert [name for name in names if f"{name}" not in page] == []
