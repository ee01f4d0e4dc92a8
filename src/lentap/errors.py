"""What can go wrong, by whose doing: the request or its input, or something that failed while running."""


class LentapError(Exception):
    """Base of every error this package raises on purpose; its message is one screen, written for the reader."""

    exit_status = 2


class InputError(LentapError):
    """The request or the data were wrong; nothing has been started."""


class ParameterError(InputError):
    """A parameter has the wrong name, type or range."""


class DataError(InputError):
    """A trial folder, one of its tables or its trial.yml is not usable."""


class FactError(InputError):
    """A published fact or an assumption is not of the agreed form."""


class StatisticsError(InputError, ValueError):
    """A statistical function has no answer: base of the two errors below."""


class ArgumentError(StatisticsError):
    """An argument of a statistical function is outside what the method is defined for.

    ``fault`` names what is wrong, for those who say it in words of their own, and ``columns`` those it is found in.
    """

    def __init__(
        self, argument: str, found: object, legal: str, *, fault: str = "", columns: tuple[str, ...] = ()
    ) -> None:
        super().__init__(argument, found, legal)
        self.argument = argument
        self.found = found
        self.legal = legal
        self.fault = fault
        self.columns = columns

    def __str__(self) -> str:
        return f"{self.argument} is {self.found!r}: legal is {self.legal}"


class ConvergenceError(StatisticsError):
    """An iteration did not come to an answer: the message names the method, its steps and where it stood."""


class RunError(LentapError):
    """Something failed while running."""

    exit_status = 1


class Interrupted(RunError):  # noqa: N818
    """The reader stopped it."""

    exit_status = 130


class ChapterError(RunError):
    """A cell of a chapter failed."""

    def __init__(self, chapter: str, cell: int, cause: str) -> None:
        super().__init__(f"{chapter}, cell {cell}: {cause}")
        self.chapter = chapter
        self.cell = cell
        self.cause = cause
