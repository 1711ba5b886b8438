"""What happened instead of a message that was taken and kept. No text of a channel's own is repeated."""


class DeliveryFailure(Exception):  # noqa: N818 - it says what happened
    """A channel that did not say that it took a message; the text says why, for the user, without secrets."""


class TemporaryFailure(DeliveryFailure):
    """It may take the message when it is asked again. wait: how long it asked to be left alone [s]."""

    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


class PermanentFailure(DeliveryFailure):
    """It will not take the message until somebody changes something."""


class NoAnswer(TemporaryFailure):
    """It has the whole message and did not answer: it may have taken it."""


class LedgerNotWritten(Exception):  # noqa: N818
    """What a message is at cannot be written down, so no other is sent. cause: which a channel's is not."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause
