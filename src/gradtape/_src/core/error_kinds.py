"""Exceptions that files, data and other programs' code raise; see errors.py. Importing gradtape makes none of them."""

from gradtape._src.core.errors import (
    ABORTED,
    ALREADY_EXISTS,
    CANCELLED,
    DATA_LOSS,
    DEADLINE_EXCEEDED,
    NOT_FOUND,
    PERMISSION_DENIED,
    UNAUTHENTICATED,
    UNAVAILABLE,
    UNKNOWN,
    Kind,
)


class CancelledError(Kind, code=CANCELLED):
    """The operation was cancelled."""


class UnknownError(Kind, code=UNKNOWN):
    """An error of no other kind."""


class DeadlineExceededError(Kind, code=DEADLINE_EXCEEDED):
    """The operation did not end in time."""


class NotFoundError(Kind, code=NOT_FOUND):
    """A file or other named thing does not exist."""


class AlreadyExistsError(Kind, code=ALREADY_EXISTS):
    """A thing that was to be made exists."""


class PermissionDeniedError(Kind, code=PERMISSION_DENIED):
    """The caller may not do this."""


class AbortedError(Kind, code=ABORTED):
    """The operation was given up, typically for another one's sake."""


class UnavailableError(Kind, code=UNAVAILABLE):
    """A service is not there at present."""


class DataLossError(Kind, code=DATA_LOSS):
    """Data is damaged beyond repair."""


class UnauthenticatedError(Kind, code=UNAUTHENTICATED):
    """The caller is unknown."""
