"""A real agent in a process of its own, whose transcriber is a script: for kills and canaries.

python -m tests.agent_process SETTINGS [--say TEXT] [--raise STAGE] [--slow SECONDS] [--stay]

Voice activity and face detection are the real models; what was said is what `--say` says, so
that a test needs no Whisper and knows the words to the letter. `--raise` makes a stage throw
an exception that holds the words (or the picture), as a runtime might.
"""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from edge_agent import privacy
from edge_agent.categories import Lexicon
from edge_agent.errors import AgentError
from edge_agent.models import catalog
from edge_agent.models.base import Capabilities, Transcript
from edge_agent.models.replaced import INSTALLED
from edge_agent.run import Agent
from edge_agent.settings import AgentSettings
from schemas.vocabulary import Language


class Scripted:
    model_id = "scripted:1"
    capabilities = Capabilities(frozenset(Language), 28.0)

    def __init__(self, text, *, fail, slow_s):
        self._text, self._fail, self._slow_s = text, fail, slow_s

    def transcribe(self, samples, hint, *, beam_size=None):
        time.sleep(self._slow_s)
        if self._fail:
            raise RuntimeError(f"cannot decode {self._text!r}, {samples[:200].tobytes()!r}")
        return Transcript(self._text, Language.VIETNAMESE, 0.99, 0.95)


class FailingLexicon(Lexicon):
    def match(self, text, role, language):
        raise ValueError(f"no rule for {text}")


class FailingSentiment:
    model_id = "failing:1"

    def score(self, text, language):
        raise KeyError(text)


class FailingFaces:
    model_id = "failing:1"

    def faces(self, picture):
        raise ValueError(f"bad picture {picture.tobytes()!r}")


def models(text, fail, slow_s, replaced=INSTALLED):
    lexicon = Lexicon.load(replaced.lexicon)
    if fail == "categories":
        lexicon.__class__ = FailingLexicon
    transcriber = Scripted(text, fail=fail == "transcribe", slow_s=slow_s)
    made = catalog.load_local(transcriber, lexicon, replaced)
    if fail == "sentiment":
        made = replace(made, sentiment=FailingSentiment())
    if fail == "presence":
        made = replace(made, faces=FailingFaces())
    return made


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("settings", type=Path)
    parser.add_argument("--say", default="cháu chào bác ạ")
    parser.add_argument("--raise", dest="fail", default="")
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--stay", action="store_true")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.DEBUG, format="%(levelname)s %(name)s: %(message)s")
    privacy.quiet_crashes()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        settings = AgentSettings.load(asked.settings, os.environ)
        agent = Agent(
            settings,
            lambda: models(asked.say, asked.fail, asked.slow),
            print,
            load_release=lambda _, replaced: models(asked.say, asked.fail, asked.slow, replaced),
        )
        agent.run(stop, stay=asked.stay)
    except AgentError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
