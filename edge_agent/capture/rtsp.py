"""A network camera: RTSP over TCP, pictures and sound of one camera over one connection."""

from collections.abc import Sequence

from edge_agent.capture.connection import Address
from edge_agent.capture.credentials import Credentials, checked_address, with_credentials
from edge_agent.capture.microphone import DeviceChannel
from edge_agent.capture.reconnect import Backoff
from edge_agent.capture.stream import StreamInput, StreamLimits

_LOOK_US = "200000"
"""How long FFmpeg looks at a stream before it says what it is; the SDP mostly says so at once."""


class RtspInput(StreamInput):
    """`url`: rtsp://host:port/path, without user and password; raises CredentialsError for one
    with them. `sound`: which channel of the camera's sound is which of the source.
    """

    def __init__(
        self,
        url: str,
        *,
        credentials: Credentials | None,
        fps: float = 3.0,
        wants_video: bool = True,
        sound: Sequence[DeviceChannel] = (),
        limits: StreamLimits | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        kinds = [*(["video"] if wants_video else []), *(["audio"] if sound else [])]
        options = {
            # Over UDP, lost packets smear pictures and nothing says that the camera has gone.
            "rtsp_transport": "tcp",
            "allowed_media_types": "+".join(kinds),
            "analyzeduration": _LOOK_US,
            "fpsprobesize": "0",
        }
        name = f"camera {checked_address(url)}"
        address = Address(with_credentials(url, credentials), "rtsp", options)
        super().__init__(
            name,
            lambda: address,
            fps=fps,
            wants_video=wants_video,
            sound=sound,
            limits=limits or StreamLimits(),
            backoff=backoff,
        )
