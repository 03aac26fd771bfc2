"""What an audit asks of an account, and how it remembers what it must not or cannot ask."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor
from dataclasses import dataclass
from threading import Event
from typing import Any, Protocol, TypeAlias, TypeVar

from dlqctl.audit.facts import Fact, Matches, Unknown

Document: TypeAlias = Mapping[str, Any]

I = TypeVar("I")  # noqa: E741  the item of a list
O = TypeVar("O")  # noqa: E741  what came of it

NOT_ASKED = Unknown("not read: none of the chosen rules needs it")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose account this is. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""

    account_id: str
    region: str
    partition: str = "aws"

    @property
    def origin(self) -> str:
        """`111122223333/eu-west-1`."""
        return f"{self.account_id}/{self.region}"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something in this account and Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"


class Account(Protocol):
    """One account in one Region. Threads may ask at the same time.

    `action` is the IAM action (`lambda:GetPolicy`), whose operation is called; `arguments` are
    the API's own. Credentials that AWS does not accept raise DlqctlError: nothing can be asked.
    """

    def identity(self) -> Identity:
        """Whose account it is. Raises DlqctlError where nobody can tell."""
        ...

    def ask(self, action: str, arguments: Document) -> Fact[Document | None]:
        """The answer; None when what is asked about does not exist; Unknown when refused."""
        ...

    def pages(self, action: str, arguments: Document, *, results: Sequence[str]) -> Matches[Any]:
        """The items under `results` of every page; the gap says why there may be more."""
        ...


@dataclass(frozen=True, slots=True)
class Survey:
    """An account, the calls that may be made, and the threads to make them with.

    `asked` is told each action once its answer is there, from any thread. Once `stopped` is set
    nothing more is asked: whoever tries is cancelled.
    """

    account: Account
    identity: Identity
    calls: frozenset[str]
    threads: Executor
    asked: Callable[[str], None]
    stopped: Event

    def wants(self, action: str) -> bool:
        """Whether a chosen rule hangs on this call."""
        return action in self.calls

    def ask(self, action: str, **arguments: Any) -> Fact[Document | None]:
        """As Account.ask; Unknown without a call where no rule needs it."""
        if not self.wants(action):
            return NOT_ASKED
        self._go_on()
        answer = self.account.ask(action, arguments)
        self.asked(action)
        return answer

    def pages(self, action: str, *, result: str | Sequence[str], **arguments: Any) -> Matches[Any]:
        """As Account.pages; a gap without a call where no rule needs it."""
        if not self.wants(action):
            return Matches((), NOT_ASKED)
        self._go_on()
        answer = self.account.pages(
            action, arguments, results=[result] if isinstance(result, str) else result
        )
        self.asked(action)
        return answer

    def _go_on(self) -> None:
        if self.stopped.is_set():
            raise CancelledError

    def each(self, items: Iterable[I], do: Callable[[I], O]) -> Iterator[O]:
        """`do` for every item at once, in the order of the items; begins before it is read.

        Never call it from within `do`: the threads would wait for each other.
        """
        return self.threads.map(do, items)


def fact(answer: Fact[Document | None], read: Callable[[Document], O], *, absent: O) -> Fact[O]:
    """What `read` makes of an answer: Unknown stays, nothing there is `absent`."""
    if isinstance(answer, Unknown):
        return answer
    return absent if answer is None else read(answer)
