"""What `hailong agent check` and `ready` say, in Vietnamese and English: fault, and what to do."""

from collections.abc import Mapping
from typing import Literal

from edge_agent.capture.quality import Finding
from schemas.vocabulary import Sensor, SensorState

Language = Literal["vi", "en"]
Words = Mapping[Language, str]

SENSORS: Mapping[Sensor, Words] = {
    Sensor.MICROPHONE_STAFF: {"vi": "Micro phía cán bộ", "en": "Staff microphone"},
    Sensor.MICROPHONE_CITIZEN: {"vi": "Micro phía người dân", "en": "Citizen microphone"},
    Sensor.MICROPHONE_SHARED: {"vi": "Micro dùng chung", "en": "Shared microphone"},
    Sensor.CAMERA: {"vi": "Máy quay", "en": "Camera"},
}
BOTH: Words = {"vi": "Hai micro", "en": "Both microphones"}
GOOD: Words = {"vi": "hoạt động tốt", "en": "works"}
STATES: Mapping[SensorState, Words] = {
    SensorState.DEAD: {
        "vi": "không có tín hiệu âm thanh; kiểm tra nút tắt tiếng và dây cắm",
        "en": "gives no sound at all; check its mute switch and cable",
    },
    SensorState.STALLED: {
        "vi": "đã kết nối nhưng không gửi dữ liệu; kiểm tra dây và mạng",
        "en": "is connected and delivers nothing; check cable and network",
    },
    SensorState.DISCONNECTED: {
        "vi": "chưa kết nối được; kiểm tra dây cắm, địa chỉ và tài khoản",
        "en": "cannot be connected; check cable, address and credentials",
    },
    SensorState.FROZEN: {
        "vi": "hình đứng yên; khởi động lại máy quay",
        "en": "the picture stands still; restart the camera",
    },
    SensorState.COVERED: {
        "vi": "hình tối hoặc ống kính bị che; kiểm tra ống kính và đèn",
        "en": "the picture is dark or the lens is covered; check lens and light",
    },
}
FINDINGS: Mapping[Finding, Words] = {
    Finding.SILENT: {
        "vi": "không có tín hiệu âm thanh; kiểm tra nút tắt tiếng, dây cắm và tên thiết bị",
        "en": "gives no sound at all; check its mute switch, cable and the device's name",
    },
    Finding.CLIPPED: {
        "vi": "âm thanh bị vỡ; giảm mức thu",
        "en": "sound is distorted; lower its gain",
    },
    Finding.QUIET: {
        "vi": "âm thanh quá nhỏ ({value:.0f} dBFS); tăng mức thu hoặc đặt micro gần hơn",
        "en": "is too quiet ({value:.0f} dBFS); raise its gain or put it nearer",
    },
    Finding.NOISY: {
        "vi": "tiếng ồn nền lớn ({value:.0f} dBFS); tránh quạt, máy in, hoặc giảm mức thu",
        "en": "hears loud noise ({value:.0f} dBFS); move it away from fans and printers, or lower "
        "its gain",
    },
    Finding.HUM: {
        "vi": "có tiếng ù điện 50 Hz; kiểm tra dây nối đất và bộ nguồn",
        "en": "hums at 50 Hz; check grounding and power supply",
    },
    Finding.OFFSET: {
        "vi": "tín hiệu bị lệch ({value:+.2f}); thiết bị thu âm có thể đã hỏng",
        "en": "its signal is shifted ({value:+.2f}); the sound device may be broken",
    },
    Finding.SWAPPED: {
        "vi": "có vẻ bị cắm ngược: phía người dân nghe cán bộ to hơn; đổi chỗ staff và citizen "
        "trong cấu hình",
        "en": "seem to be swapped: the citizen's hears the clerk louder; swap staff and citizen "
        "in the settings",
    },
    Finding.ECHO: {
        "vi": "nghe gần như giống nhau (chênh {value:.0f} dB); tách xa hai micro, quay lưng vào "
        "nhau, tắt chế độ tự chỉnh âm",
        "en": "hear nearly the same (apart by {value:.0f} dB); put them further apart, back to "
        "back, and turn automatic gain off",
    },
    Finding.NO_SPEECH: {
        "vi": "chưa nghe thấy tiếng nói; hãy nói thử rồi kiểm tra lại",
        "en": "heard nobody speak; say something and check again",
    },
}
ZONE_EMPTY: Mapping[str, Words] = {
    "staff": {
        "vi": "không thấy ai ở vùng cán bộ; kiểm tra vùng, hoặc ngồi vào chỗ rồi thử lại",
        "en": "sees nobody in the staff zone; check the zone, or sit there and try again",
    },
    "citizen": {
        "vi": "không thấy ai ở vùng người dân; kiểm tra vùng, hoặc đứng vào chỗ rồi thử lại",
        "en": "sees nobody in the citizen zone; check the zone, or stand there and try again",
    },
}
NO_STAFF_ZONE: Words = {
    "vi": "chưa đặt vùng cán bộ, nên không đo việc có mặt tại quầy",
    "en": "has no staff zone, so the clerk's presence is not measured",
}
READY: Words = {"vi": "sẵn sàng", "en": "ready"}
NOT_READY: Words = {"vi": "CHƯA SẴN SÀNG", "en": "NOT READY"}
SPEAK: Words = {
    "vi": "Đang nghe và nhìn trong {seconds:.0f} giây. Đề nghị chỉ cán bộ tại quầy nói.",
    "en": "Listening and looking for {seconds:.0f} s. Let only the clerk speak, please.",
}
