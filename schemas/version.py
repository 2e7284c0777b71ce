"""The program's version, as messages, logs and `--version` say it."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("hailong")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0+checkout"


VERSION = _installed()
