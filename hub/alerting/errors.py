"""What a channel can do wrong."""

from hub.errors import HubError


class SendingError(HubError):
    """A channel was not told. `fault` is the word that is stored and shown; the text says what
    happened in a line, without what a server answered.
    """

    code = "sending"
    permanent = False

    def __init__(self, fault: str, text: str) -> None:
        super().__init__(text)
        self.fault = fault
