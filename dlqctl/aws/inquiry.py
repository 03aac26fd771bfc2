"""Asking many services many things at once, where no single answer may spoil the rest.

Each question is one API operation; its answers are facts and further questions (a rule's targets,
a schedule's settings). What can't be asked becomes a Gap, and the rest goes on.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from botocore.parsers import ResponseParserError

from dlqctl.aws.errors import error_code, explain, http_status
from dlqctl.aws.queues import MAX_CONCURRENT_CALLS, NoSuchQueueError
from dlqctl.errors import AccessDeniedError
from dlqctl.listing import Feed, Gap, Why
from dlqctl.queues import QueueFacts

# An account may have a million one-time schedules, and each is a call: about ten seconds' worth.
MAX_CALLS_AN_ACTION = 5_000
MAX_ANSWERS = 4 * MAX_CALLS_AN_ACTION

_GONE = frozenset(
    {"ResourceNotFoundException", "ResourceNotFound", "NotFoundException", "NotFound"}
)
_UNSUPPORTED = frozenset(
    {
        "InvalidAction",
        "NotImplemented",
        "NotImplementedException",
        "UnknownOperation",
        "UnknownOperationException",
        "UnsupportedOperation",
        "UnsupportedOperationException",
    }
)
_UNSUPPORTED_STATUS = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class Age:
    """The oldest message on the queue of this ARN is this old."""

    queue_arn: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Question:
    """One API operation to call.

    `missing` says what is not known when it fails. `about_one`: it asks about a single resource,
    which may have been deleted meanwhile. Without an answer to a `vital` one there is no list.
    """

    action: str
    missing: str
    ask: Callable[[], "Iterable[Found]"]
    about_one: bool = False
    vital: bool = False
    at_most: int | None = MAX_CALLS_AN_ACTION


Found = Feed | QueueFacts | Age | Question


@dataclass(frozen=True, slots=True)
class _Answer:
    question: Question
    found: list[Found]
    gap: Gap | None
    failed: bool


class Inquiry:
    """Asks questions, at most MAX_CONCURRENT_CALLS at once, and gathers what they find."""

    def __init__(self) -> None:
        self.queues: list[QueueFacts] = []
        self.feeds: set[Feed] = set()
        self.ages: dict[str, int] = {}
        self.gaps: dict[tuple[str, Why], Gap] = {}
        self._asked: Counter[str] = Counter()
        self._answered: set[str] = set()
        self._unanswered: set[str] = set()

    def run(self, questions: Iterable[Question]) -> None:
        """Ask `questions` and all that follow from them. Raises DlqctlError for a vital one."""
        waiting = deque(questions)
        under_way: set[Future[_Answer]] = set()
        with ThreadPoolExecutor(MAX_CONCURRENT_CALLS) as pool:
            while waiting or under_way:
                while waiting and len(under_way) < MAX_CONCURRENT_CALLS:
                    question = waiting.popleft()
                    if self._worth_asking(question):
                        under_way.add(pool.submit(_ask, question))
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    waiting.extend(self._take(future.result()))

    def has_only_failed(self, action: str) -> bool:
        """Whether `action` was asked, and not once answered."""
        return action in self._unanswered and action not in self._answered

    def _worth_asking(self, question: Question) -> bool:
        """Not when the same action has only ever failed, nor without end."""
        action = question.action
        if self.has_only_failed(action):
            return False
        if question.at_most is not None and self._asked[action] >= question.at_most:
            self._note(
                Gap(action, question.missing, Why.TOO_MANY, f"{question.at_most:,} were asked")
            )
            return False
        self._asked[action] += 1
        return True

    def _take(self, answer: _Answer) -> list[Question]:
        (self._unanswered if answer.failed else self._answered).add(answer.question.action)
        if answer.gap:
            self._note(answer.gap)
        follow_up: list[Question] = []
        for found in answer.found:
            match found:
                case Question():
                    follow_up.append(found)
                case QueueFacts():
                    self.queues.append(found)
                case Feed():
                    self.feeds.add(found)
                case Age(queue_arn=arn, seconds=seconds):
                    self.ages[arn] = seconds
        return follow_up

    def _note(self, gap: Gap) -> None:
        self.gaps.setdefault((gap.action, gap.why), gap)


def _ask(question: Question) -> _Answer:
    found: list[Found] = []
    try:
        # What came before an error stays in the list.
        found.extend(islice(question.ask(), None if question.vital else MAX_ANSWERS))
    except NoSuchQueueError:
        return _Answer(question, [], None, failed=False)
    except (ClientError, BotoCoreError, ResponseParserError, AccessDeniedError) as error:
        if question.vital:
            raise
        if question.about_one and isinstance(error, ClientError) and error_code(error) in _GONE:
            return _Answer(question, found, None, failed=False)
        return _Answer(question, found, _gap(question, error), failed=True)
    if len(found) == MAX_ANSWERS and not question.vital:
        said = f"the first {MAX_ANSWERS:,} answers were looked at"
        gap = Gap(question.action, question.missing, Why.TOO_MANY, said)
        return _Answer(question, found, gap, failed=False)
    return _Answer(question, found, None, failed=False)


def _gap(
    question: Question,
    error: ClientError | BotoCoreError | ResponseParserError | AccessDeniedError,
) -> Gap:
    action, missing = question.action, question.missing
    if isinstance(error, AccessDeniedError):
        return _denied(question, error)
    # Where a Region lacks a service its host name does not resolve; an emulator that lacks it
    # may answer with a page that is no answer of AWS's.
    if isinstance(error, EndpointConnectionError | ResponseParserError):
        return Gap(action, missing, Why.UNSUPPORTED)
    if isinstance(error, ClientError) and (
        error_code(error) in _UNSUPPORTED or http_status(error) in _UNSUPPORTED_STATUS
    ):
        return Gap(action, missing, Why.UNSUPPORTED)
    reason = explain(error, service=action.partition(":")[0])
    if isinstance(reason, AccessDeniedError):
        return _denied(question, reason)
    return Gap(action, missing, Why.FAILED, reason.message)


def _denied(question: Question, error: AccessDeniedError) -> Gap:
    named = error.action
    # SQS writes its actions in small letters.
    if named is None or named.lower() == question.action.lower():
        named = question.action
    return Gap(named, question.missing, Why.DENIED)
