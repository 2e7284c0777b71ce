"""A counter's live sensors, as its settings name them."""

from collections.abc import Mapping

from edge_agent.capture.camera import CameraInput
from edge_agent.capture.credentials import Credentials
from edge_agent.capture.frame import SourceInfo
from edge_agent.capture.inbox import Input
from edge_agent.capture.microphone import DeviceChannel, MicrophoneInput
from edge_agent.capture.rtsp import RtspInput
from edge_agent.capture.stream import StreamLimits
from edge_agent.settings import AgentSettings
from edge_agent.source_settings import CameraSettings, MicrophoneSettings
from schemas.vocabulary import Sensor


def live_inputs(
    settings: AgentSettings, environ: Mapping[str, str]
) -> tuple[list[Input], SourceInfo]:
    """Raises AgentError where a credential is set by halves. Opens nothing yet.

    The sound and the pictures of one RTSP address come over one connection.
    """
    source, stalled_s = settings.source, settings.limits.stalled_s
    limits = StreamLimits(stalled_s=stalled_s)
    inputs: list[Input] = []
    with_picture = source.camera
    for microphone in source.microphones:
        if microphone.url is None:
            assert microphone.device is not None
            inputs.append(
                MicrophoneInput(microphone.device, _channels(microphone), stalled_s=stalled_s)
            )
            continue
        same = with_picture is not None and with_picture.url == microphone.url
        inputs.append(
            RtspInput(
                microphone.url,
                credentials=Credentials.from_environment(microphone.credentials, environ),
                fps=with_picture.fps if same and with_picture is not None else 1.0,
                wants_video=same,
                sound=_channels(microphone),
                limits=limits,
            )
        )
        if same:
            with_picture = None
    if with_picture is not None:
        inputs.append(_camera(with_picture, environ, limits))
    channels = 2 if any(m.staff is not None for m in source.microphones) else 1
    return inputs, SourceInfo(None, channels, has_video=source.camera is not None)


def _camera(camera: CameraSettings, environ: Mapping[str, str], limits: StreamLimits) -> Input:
    if camera.url is not None:
        return RtspInput(
            camera.url,
            credentials=Credentials.from_environment(camera.credentials, environ),
            fps=camera.fps,
            wants_video=True,
            limits=limits,
        )
    assert camera.device is not None
    return CameraInput(camera.device, fps=camera.fps, limits=limits)


def _channels(microphone: MicrophoneSettings) -> list[DeviceChannel]:
    if microphone.shared is not None:
        return [DeviceChannel(microphone.shared, 0, Sensor.MICROPHONE_SHARED)]
    sides = (
        (microphone.staff, 0, Sensor.MICROPHONE_STAFF),
        (microphone.citizen, 1, Sensor.MICROPHONE_CITIZEN),
    )
    return [DeviceChannel(own, channel, s) for own, channel, s in sides if own is not None]
