"""What the made voices say: counter talk of our own, sorted by what it is for."""

from enum import StrEnum

from schemas.vocabulary import Language


class Kind(StrEnum):
    PLAIN = "plain"
    BACKCHANNEL = "backchannel"
    EXPLAINS_WAIT = "explains_wait"
    HEARING_HELP = "hearing_help"


PLAIN_VI = (
    "Anh chị cần làm thủ tục gì ạ?",
    "Tôi muốn đăng ký khai sinh cho cháu nhà tôi.",
    "Hồ sơ này cần bản sao giấy chứng nhận kết hôn và sổ hộ khẩu cũ.",
    "Tôi đã nộp bản sao hôm thứ hai rồi, ở quầy bên kia.",
    "Theo quy định thì thời gian giải quyết là ba ngày làm việc, không tính thứ bảy chủ nhật.",
    "Thế thứ năm tôi quay lại lấy kết quả có được không?",
    "Bác ký vào đây giúp cháu, rồi ghi rõ họ tên ở dưới.",
    "Tôi chưa rõ phần này, ghi địa chỉ thường trú hay địa chỉ đang ở?",
    "Lệ phí là tám nghìn đồng, nộp bằng tiền mặt hay chuyển khoản đều được.",
    "Giấy tờ của tôi để ở nhà hết, tôi chỉ mang theo căn cước thôi.",
    "Như vậy là đủ rồi, phần còn lại trung tâm sẽ tra trên cơ sở dữ liệu.",
    "Sao lần trước người ta bảo tôi phải có xác nhận của tổ dân phố?",
    "Trước đây thì cần, từ tháng trước đã bỏ yêu cầu đó rồi.",
    "Nhà tôi ở xa, đi lại mất nửa ngày, có cách nào gửi qua bưu điện không?",
    "Được chứ, bác điền địa chỉ nhận vào ô này, bưu tá sẽ mang đến tận nơi.",
    "Cháu muốn hỏi về trợ cấp cho bà nội cháu, năm nay bà tám mươi mốt tuổi.",
    "Trường hợp này thuộc phòng lao động, nhưng hồ sơ vẫn nhận ở quầy này.",
    "Tờ khai này tôi viết sai ngày sinh mất rồi, cho tôi xin tờ khác.",
    "Số điện thoại của bác là bao nhiêu để khi có kết quả hệ thống nhắn tin?",
    "Con trai tôi đang đi làm ở tỉnh khác, nó có phải về ký không?",
)
BACKCHANNEL_VI = ("Dạ.", "Vâng.", "Dạ vâng.", "Ừ.", "Vâng ạ.", "Thế à?", "Đúng rồi.")
EXPLAINS_VI = (
    "Hệ thống đang tải, chị đợi em mấy phút.",
    "Để em kiểm tra hồ sơ ạ.",
    "Bác chờ cháu quét hồ sơ một lát ạ.",
)
HELP_VI = ("Bác nghe rõ không ạ?", "Cháu nói to hơn nhé.")
PLAIN_EN = (
    "Good morning, what can I do for you today?",
    "I would like to register the birth of my daughter.",
    "You need the certificate from the hospital and both of your identity cards.",
    "I brought the copies, but I left the original at home.",
    "That is enough, we look up the rest in the national database.",
    "How many days does it take, and do I have to come back myself?",
    "It takes three working days, and we can send it by post.",
    "The officer at the other desk told me something different last week.",
    "That rule was changed in March, so the confirmation is not needed any more.",
    "Where do I write the address, in this box or on the second page?",
)
BACKCHANNEL_EN = ("Yes.", "Okay.", "I see.", "Right.", "Uh huh.")
EXPLAINS_EN = ("Please wait a moment while I scan the documents.",)
HELP_EN = ("Can you hear me clearly?",)

PHRASES = {
    Language.VIETNAMESE: {
        Kind.PLAIN: PLAIN_VI,
        Kind.BACKCHANNEL: BACKCHANNEL_VI,
        Kind.EXPLAINS_WAIT: EXPLAINS_VI,
        Kind.HEARING_HELP: HELP_VI,
    },
    Language.ENGLISH: {
        Kind.PLAIN: PLAIN_EN,
        Kind.BACKCHANNEL: BACKCHANNEL_EN,
        Kind.EXPLAINS_WAIT: EXPLAINS_EN,
        Kind.HEARING_HELP: HELP_EN,
    },
}
