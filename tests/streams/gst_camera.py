"""A camera for tests, run by Debian's own Python: GStreamer's RTSP server, told what to do by
lines on its standard input, each answered by one on its output.
"""

import json
import shlex
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

ENCODED_SOUND = {
    "L16": "audioconvert ! rtpL16pay",
    "PCMA": "audioconvert ! audioresample ! audio/x-raw,rate=8000 ! alawenc ! rtppcmapay",
    "OPUS": "audioconvert ! audioresample ! opusenc ! rtpopuspay",
    "AAC": "audioconvert ! voaacenc ! rtpmp4gpay",
}
# The payloader would put parameter sets between the slices of one picture, as no camera does.
ENCODED_PICTURES = {
    "H264": "x264enc name=encoder tune=zerolatency speed-preset=ultrafast "
    "sliced-threads=false key-int-max={gop} bframes={bframes} {more} ! rtph264pay config-interval=-1",
    "MJPEG": "jpegenc ! rtpjpegpay",
}


class Camera:
    def __init__(self, want):
        self.want = want
        self.media = None
        self.server = GstRtspServer.RTSPServer.new()
        self.server.set_address("127.0.0.1")
        self.server.set_service(str(want["port"]))
        self.factory = GstRtspServer.RTSPMediaFactory.new()
        self.factory.set_launch(self.launch())
        self.factory.set_shared(True)
        self.factory.connect("media-configure", self.configured)
        self.server.get_mount_points().add_factory("/live", self.factory)
        if want["auth"]:
            self.protect(*want["auth"])
        self.server.attach(None)

    def launch(self):
        want, payload, parts = self.want, 0, []
        if want["pictures"]:
            caps = f"video/x-raw,format=I420,width={want['width']},height={want['height']}"
            encoded = ENCODED_PICTURES[want["pictures"]].format(**want)
            parts.append(
                f"videotestsrc name=picture is-live=true pattern={want['pattern']} ! "
                f"capsfilter name=size caps={caps},framerate={want['rate']}/1 ! "
                f"valve name=pictures ! {encoded} name=pay{payload} pt=96"
            )
            payload += 1
        if want["sound"]:
            # Without positions a payloader would not know left from right.
            ears = [
                f"audiotestsrc is-live=true samplesperbuffer=800 freq={tone} volume=0.5 ! "
                f"audio/x-raw,rate=16000,channels=1,channel-mask=(bitmask){place} ! queue"
                for tone, place in zip(want["tones"], ("0x1", "0x2"), strict=False)
            ]
            mixed = (
                "audiointerleave name=mix " + " ".join(f"{ear} ! mix." for ear in ears) + " mix."
            )
            parts.append(
                f"{mixed if len(ears) == 2 else ears[0].replace('0x1', '0x4')} ! "
                f"valve name=sound ! queue ! {ENCODED_SOUND[want['sound']]} "
                f"name=pay{payload} pt=97"
            )
        return f"( {' '.join(parts)} )"

    def protect(self, user, password):
        auth = GstRtspServer.RTSPAuth.new()
        auth.set_supported_methods(0x2 if self.want["digest"] else 0x1)
        token = GstRtspServer.RTSPToken.new()
        token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
        if self.want["digest"]:
            auth.add_digest(user, password, token)
        else:
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
        self.server.set_auth(auth)
        role = GstRtspServer.RTSPPermissions.new()
        role.add_permission_for_role("viewer", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_ACCESS, True)
        role.add_permission_for_role(
            "viewer", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, True
        )
        self.factory.set_permissions(role)

    def configured(self, _factory, media):
        self.media = media.get_element()

    def element(self, name):
        return self.media.get_by_name(name)

    def do(self, line):
        command, *arguments = shlex.split(line)
        if command == "PATTERN":
            Gst.util_set_object_arg(self.element("picture"), "pattern", arguments[0])
        elif command == "VALVE":
            self.element(arguments[0]).set_property("drop", arguments[1] == "closed")
        elif command == "RESOLUTION":
            width, height = arguments
            caps = f"video/x-raw,format=I420,width={width},height={height}"
            caps = Gst.Caps.from_string(f"{caps},framerate={self.want['rate']}/1")
            self.element("size").set_property("caps", caps)
        else:
            raise ValueError(command)


def answer(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main():
    Gst.init(None)
    camera = Camera(json.loads(sys.stdin.readline()))
    loop = GLib.MainLoop()

    def obey(line):
        try:
            camera.do(line)
            answer("done")
        except Exception as error:  # noqa: BLE001 - told to the test
            answer(f"failed: {error!r}")
        return False

    def listen():
        for line in sys.stdin:
            GLib.idle_add(obey, line)
        GLib.idle_add(loop.quit)

    threading.Thread(target=listen, daemon=True).start()
    answer("ready")
    loop.run()


main()
