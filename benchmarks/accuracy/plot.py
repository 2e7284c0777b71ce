"""How the figures fall with noise, with bleed and with misread words."""

from benchmarks.accuracy.report import FULL, Report
from benchmarks.plots import lines

_EVENTS = {
    "turns": "turns with role, F1",
    "interruptions": "interruptions, F1",
    "dead air": "dead air spans, F1",
    "raised voice": "raised voice, F1",
}


def plot(report: Report) -> None:
    axes = (
        (
            "accuracy-snr",
            "Found events against noise, bleed -20 dB",
            "signal to noise, dB",
            {15.0: "base", **{x: f"SNR {x:g} dB" for x in FULL.snr_db}},
        ),
        (
            "accuracy-bleed",
            "Found events against bleed, 15 dB signal to noise",
            "bleed, dB",
            {-20.0: "base", **{x: f"bleed {x:g} dB" for x in FULL.bleed_db}},
        ),
        (
            "accuracy-words",
            "Found events against misread words",
            "words misread, %",
            {0.0: "base", **{100 * x: f"misread {100 * x:g} %" for x in FULL.misread}},
        ),
    )
    for name, title, x_label, rooms in axes:
        series = {label: report.line(figure, rooms) for label, figure in _EVENTS.items()}
        lines(name, title, x_label, "F1", series, goal=0.9)
