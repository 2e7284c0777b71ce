"""Cameras on a cable. No machine of the tests has one: what is shown is the listing, what is
said of what is no camera, and the same stream class fed by FFmpeg's own test device.
"""

import logging
import os
import random
import struct
from pathlib import Path

import numpy as np
import pytest

from edge_agent.capture import camera
from edge_agent.capture.camera import CameraInput, cameras
from edge_agent.capture.connection import Address, Connection
from edge_agent.capture.reconnect import Backoff
from edge_agent.capture.stream import StreamInput, StreamLimits
from tests.streams.watch import DISCONNECTED, OK, watching

SOON_S = 20.0
LIMITS = StreamLimits(stalled_s=1.0, open_s=5.0)


def backoff():
    return Backoff(0.05, 0.1, random.Random(1))


def lavfi(graph, fps=5.0):
    """A stream as CameraInput opens it, but of FFmpeg's virtual device."""
    address = Address(graph, "lavfi", {"fflags": camera._OPTIONS["fflags"]})
    return StreamInput(
        "camera lavfi",
        lambda: address,
        fps=fps,
        wants_video=True,
        sound=(),
        limits=LIMITS,
        backoff=backoff(),
    )


def test_a_device_that_is_not_there_is_said_and_looked_for_again(caplog, tmp_path):
    caplog.set_level(logging.INFO)
    stream = CameraInput(str(tmp_path / "video7"), limits=LIMITS, backoff=backoff())
    with watching(stream) as watch:
        watch.is_(DISCONNECTED, SOON_S)
        watch.for_s(0.5)
        assert stream.fault.endswith(
            "video7: is not there (cameras that are: none); plug it in, or set `device`"
        )
    assert len(caplog.records) == 1


@pytest.mark.parametrize("file", ["/dev/null", "/dev/tty", __file__])
def test_what_is_no_camera_is_refused(file):
    stream = CameraInput(file, limits=LIMITS, backoff=backoff())
    with watching(stream) as watch:
        watch.is_(DISCONNECTED, SOON_S)
        assert "is no camera; expected a device that gives pictures" in stream.fault or (
            "is not there" in stream.fault and file == "/dev/tty"  # no terminal in a job
        )
        assert not watch.pictures


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_device_of_others_is_said(tmp_path):
    (tmp_path / "video0").touch(mode=0)
    stream = CameraInput(str(tmp_path / "video0"), limits=LIMITS, backoff=backoff())
    with watching(stream) as watch:
        watch.is_(DISCONNECTED, SOON_S)
        assert "group `video`" in stream.fault


def test_the_listing_asks_each_device_what_it_can(monkeypatch, tmp_path):
    """The kernel's answer is played: a camera, its metadata device, and an old driver's."""
    answers = {
        "video0": ("Desk camera", 0x84A00001, 0x04200001),
        "video1": ("Desk camera", 0x84A00001, 0x04A00000),
        "video10": ("Old camera", 0x00000001, 0),
    }
    for name in answers:
        (tmp_path / name).touch()
    (tmp_path / "video2").touch()

    def ioctl(file, request, buffer):
        assert request == 0x80685600
        assert len(buffer) == 104  # as the request's own size field says
        name = Path(f"/proc/self/fd/{file}").readlink().name
        if name not in answers:
            raise OSError(25, "not a terminal")
        card, whole, own = answers[name]
        fields = (b"uvcvideo", card.encode(), b"usb-1", 0x60100, whole, own)
        buffer[:] = struct.pack("=16s32s32sIII12x", *fields)

    monkeypatch.setattr(camera.fcntl, "ioctl", ioctl)
    assert [(found.path.name, found.name) for found in cameras(tmp_path)] == [
        ("video0", "Desk camera"),
        ("video10", "Old camera"),
    ]


def test_this_machines_cameras_can_be_listed():
    assert all(found.path.exists() for found in cameras())


def test_pictures_of_a_device_come_by_the_same_way():
    stream = lavfi("smptebars=size=640x480:rate=10,realtime")
    with watching(stream) as watch:
        watch.is_(OK, SOON_S)
        seen = watch.more_pictures(10, SOON_S)
        assert np.diff([frame.at_s for frame in seen]).mean() == pytest.approx(0.2, abs=0.03)
        assert {frame.picture.shape for frame in seen} == {(288, 384, 3)}
        red, blue = seen[0].picture[50, 300], seen[0].picture[50, 360]
        assert red[0] > 150 > 60 > red[2]
        assert blue[2] > 150 > 60 > blue[0]
        stream.set_fps(2)
        watch.more_pictures(2, SOON_S)
        slow = watch.more_pictures(3, SOON_S)
        assert np.diff([frame.at_s for frame in slow]).mean() == pytest.approx(0.5, abs=0.05)


def test_a_device_that_ends_is_gone_and_opened_again():
    with watching(lavfi("testsrc2=size=320x240:rate=10:duration=1,realtime")) as watch:
        for _ in range(2):
            watch.is_(OK, SOON_S)
            watch.is_(DISCONNECTED, SOON_S)
        times = [frame.at_s for frame in watch.pictures]
        assert times == sorted(set(times))


def test_a_device_is_opened_so_that_it_never_holds_the_thread():
    address = Address("testsrc2", "lavfi", {"fflags": camera._OPTIONS["fflags"]})
    opened = Connection.open(address, video=True, sound=False, open_s=5, read_s=1)
    assert isinstance(opened, Connection)
    assert opened._container.flags & 0x0004  # AVFMT_FLAG_NONBLOCK
    opened.close()
