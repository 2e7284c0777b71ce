"""Loops and the phrases that Whisper makes of silence, told from what people say."""

import unicodedata

import pytest

from edge_agent.models.hallucinations import is_hallucination
from edge_agent.models.loops import looped

LOOPS = (
    "xin chào các bạn xin chào các bạn xin chào các bạn",
    "và các bạn và các bạn và các bạn và các bạn",
    "không không không không không không",
    "I don't know. I don't know. I don't know.",
    "đây là cái tờ khai này một hai ba " * 3,
    "hồ sơ " + "la" * 200,
)
NO_LOOPS = (
    "",
    "dạ",
    "dạ dạ dạ vâng vâng vâng",
    "vâng ạ, vâng ạ, em cảm ơn",
    "không không không không phải thế đâu",
    "số không chín không không không năm hai",
    "chị cần ba giấy tờ, thứ nhất là tờ khai, thứ hai là giấy khai sinh, thứ ba là căn cước",
    "từ từ, từ từ đã, bác chờ cháu một lát",
    "no no no, yes yes, thank you thank you",
)


@pytest.mark.parametrize("text", LOOPS)
def test_a_loop_is_found(text):
    assert looped(text)


@pytest.mark.parametrize("text", NO_LOOPS)
def test_speech_is_no_loop(text):
    assert not looped(text)


def test_a_loop_is_found_wherever_it_begins():
    for lead in range(9):
        assert looped(" ".join([*"abcdefghi"[:lead], *["xin", "chào"] * 3]))
        assert not looped(" ".join([*"abcdefghi"[:lead], *["xin", "chào"] * 2]))


MADE_OF_NOISE = (
    "Hãy subscribe cho kênh Ghiền Mì Gõ Để không bỏ lỡ những video hấp dẫn",
    "Hãy subscribe cho kênh Ghiền Mì",
    "Hãy subscribe cho kênh lalaschool Để không bỏ lỡ những video hấp dẫn",
    "Cảm ơn các bạn đã theo dõi.",
    "Cám ơn các bạn đã xem video!",
    "Cảm ơn các bạn đã theo dõi và hẹn gặp lại.",
    "Cảm ơn quý vị đã lắng nghe, xin chào tạm biệt và hẹn gặp lại quý vị trong chương trình sau",
    "Hẹn gặp lại các bạn trong những video tiếp theo nhé",
    "Các bạn hãy đăng ký kênh để không bỏ lỡ các video mới nhất",
    "Đừng quên like, share và đăng ký kênh",
    "Thanks for watching!",
    "Thank you so much for watching.",
    "Please subscribe to my channel",
    "Don't forget to subscribe",
    "Subtitles by the Amara.org community",
    "Phụ đề được thực hiện bởi cộng đồng Amara.org",
)
SAID_AT_A_COUNTER = (
    "",
    "cảm ơn",
    "cảm ơn bác đã chờ ạ",
    "cảm ơn các bạn nhiều nhé",
    "cảm ơn em đã theo dõi hồ sơ giúp chị",
    "bác nhớ đăng ký kênh nhận kết quả qua bưu điện nhé",
    "anh theo dõi hồ sơ trên cổng dịch vụ công ạ",
    "hẹn gặp lại anh ở quầy số bảy",
    "chị chia sẻ giúp em số điện thoại",
    "video này quay bản chính giấy tờ của anh phải không",
    "hôm qua con tôi xem video cảm ơn các bạn đã theo dõi rồi quên học bài về nhà",
    "thank you very much",
    "thank you for waiting",
    "do I subscribe here for the text messages about my file",
    "the birth certificate must be translated by a notary who is in the list",
    "giấy này phải dịch thuật công chứng",
)


@pytest.mark.parametrize("text", MADE_OF_NOISE)
def test_what_whisper_makes_of_noise_is_known(text):
    assert is_hallucination(text)
    assert is_hallucination(unicodedata.normalize("NFD", text).upper())


@pytest.mark.parametrize("text", SAID_AT_A_COUNTER)
def test_what_people_say_is_left(text):
    assert not is_hallucination(text)
