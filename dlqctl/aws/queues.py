"""SQS queues: finding them, receiving, hiding, sending and deleting, by way of boto3.

Every call uses the configured endpoint; the host in a queue URL is never contacted.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dlqctl.aws.batch_calls import BatchCalls
from dlqctl.aws.errors import (
    NEVER_SENT,
    NO_SUCH_QUEUE,
    NOT_SIGNED_IN,
    OVER_LIMIT,
    THROTTLED,
    error_code,
    explain,
    explained,
    http_status,
    one_line,
)
from dlqctl.aws.messages import read_letter, send_entry
from dlqctl.aws.session import AwsOptions, AwsSession
from dlqctl.errors import AccessDeniedError, DlqctlError, UsageError
from dlqctl.letters import DeadLetter
from dlqctl.queues import (
    InDoubt,
    InFlightLimitError,
    Outgoing,
    QueueFacts,
    RedrivePolicy,
    Rejected,
    SendOutcome,
    Sent,
)

DEFAULT_RETENTION_SECONDS = 345_600
DEFAULT_MAX_MESSAGE_BYTES = 1_048_576
MAX_CONCURRENT_CALLS = 16

_ARN = re.compile(
    r"arn:aws[\w-]*:sqs:(?P<region>[\w-]+):(?P<account>\d{12}):(?P<name>[\w-]+(\.fifo)?)\Z"
)
_URL = re.compile(
    r"https?://(?P<host>[^/]+)/(?:.*/)?(?P<account>\d{12})/(?P<name>[\w-]+(\.fifo)?)/?\Z"
)
_NAME = re.compile(r"[\w-]{1,80}(\.fifo)?\Z")
_URL_REGION = re.compile(r"(?:^|\.)(?:sqs\.)?(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.")

# A call whose message is refused for what it is: the next message may fare better.
_ABOUT_THE_MESSAGE = frozenset(
    {"InvalidMessageContents", "BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"}
)


def named_region(queue: str) -> str | None:
    """The Region that a queue's ARN or URL names; None for a plain name."""
    if arn := _ARN.match(queue):
        return arn["region"]
    if (url := _URL.match(queue)) and (host := _URL_REGION.search(url["host"])):
        return host["region"]
    return None


def session_for(queue: str, options: AwsOptions) -> AwsSession:
    """A session in the Region that `queue` names, where it names one.

    Raises UsageError when --region says another.
    """
    region = named_region(queue)
    if region and options.region and region != options.region and not options.endpoint_url:
        raise UsageError(
            f"the queue is in {region}, but --region says {options.region}",
            hint=f"leave --region out, or give --region {region}",
        )
    return AwsSession(options.in_region(region))


class SqsQueues:
    """The queues of one account and Region."""

    def __init__(self, session: AwsSession) -> None:
        self.session = session
        credentials = session.credentials
        self.client = BatchCalls(session.client("sqs"), credentials)
        # Sends are made once: only the engine knows whether repeating one could double a message.
        self._sender = BatchCalls(session.client("sqs", retry=False), credentials, repeat=False)

    def find(self, queue: str) -> "SqsQueue":
        """The queue of this name, URL or ARN. Raises DlqctlError when there is none."""
        if _URL.match(queue):
            return SqsQueue(self.client, queue.rstrip("/"), sender=self._sender).checked()
        arn = _ARN.match(queue)
        if arn is None and not _NAME.match(queue):
            raise UsageError(
                f"not a queue name, URL or ARN: {queue[:200]!r}",
                hint="names have letters, digits, - and _, and may end in .fifo",
            )
        wanted = {"QueueName": arn["name"] if arn else queue}
        if arn:
            wanted["QueueOwnerAWSAccountId"] = arn["account"]
        try:
            found = self.client.get_queue_url(**wanted)
        except ClientError as error:
            if error_code(error) in NO_SUCH_QUEUE:
                raise self._no_such_queue(wanted["QueueName"]) from error
            raise explain(error) from error
        except BotoCoreError as error:
            raise explain(error) from error
        named = SqsQueue(self.client, found["QueueUrl"], sender=self._sender).checked()
        if arn and named.arn != queue:
            # SQS is asked by name: in another Region it would find the namesake here.
            raise UsageError(
                f"{queue} is not here; what is here is {named.arn}",
                hint="a redrive stays in one Region",
            )
        return named

    def urls(self, *, prefix: str | None = None) -> Iterator[str]:
        """The URL of every queue, page by page."""
        pages = self.client.get_paginator("list_queues")
        wanted = {"QueueNamePrefix": prefix} if prefix else {}
        with explained():
            for page in pages.paginate(**wanted, PaginationConfig={"PageSize": 1000}):
                yield from page.get("QueueUrls", [])

    def at(self, url: str) -> "SqsQueue":
        """The queue at a URL that SQS gave us."""
        return SqsQueue(self.client, url, sender=self._sender)

    def sources_of(self, queue: "SqsQueue") -> list[str]:
        """ARNs of the queues whose redrive policy names `queue`.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListDeadLetterSourceQueues.html
        """
        try:
            # Without MaxResults the answer is not paginated, and silently cut.
            pages = self.client.get_paginator("list_dead_letter_source_queues")
            pages = pages.paginate(QueueUrl=queue.url, PaginationConfig={"PageSize": 1000})
            urls = [url for page in pages for url in page.get("queueUrls", [])]
        except ClientError as error:
            if error_code(error) in {"InvalidAction", "UnknownOperationException"}:
                return self._sources_by_policy(queue)
            raise explain(error) from error
        except BotoCoreError as error:
            raise explain(error) from error
        arn = queue.facts().arn
        return sorted(arn.rpartition(":")[0] + ":" + url.rpartition("/")[2] for url in urls)

    def _sources_by_policy(self, queue: "SqsQueue") -> list[str]:
        """For endpoints without ListDeadLetterSourceQueues: ask every queue for its policy."""
        arn = queue.facts().arn
        policies = ((facts.arn, facts.redrive_policy) for facts in self.every())
        return sorted(
            source for source, policy in policies if policy and policy.dead_letter_queue_arn == arn
        )

    def every(self) -> Iterator[QueueFacts]:
        """The facts of every queue, one call each; one deleted meanwhile is left out."""

        def facts(url: str) -> QueueFacts | None:
            try:
                return self.at(url).facts()
            except NoSuchQueueError:
                return None

        with ThreadPoolExecutor(MAX_CONCURRENT_CALLS) as pool:
            for found in pool.map(facts, self.urls()):
                if found:
                    yield found

    def _no_such_queue(self, name: str) -> DlqctlError:
        region = self.session.region or "the default Region"
        return NoSuchQueueError(
            f"no queue named {name} in {region}",
            hint="check the name, the account (--profile, --role-arn) and --region;"
            " `dlqctl list` shows the dead-letter queues there are",
        )


class NoSuchQueueError(DlqctlError):
    """The queue does not exist (or this identity may not see it)."""


class SqsQueue:
    """One SQS queue, by its URL. Fulfils LetterQueue and Destination."""

    def __init__(self, client: Any, url: str, *, sender: Any) -> None:
        self._client = client
        self._sender = sender
        self.url = url
        self._arn: str | None = None
        self._retention = timedelta(seconds=DEFAULT_RETENTION_SECONDS)

    def checked(self) -> "SqsQueue":
        """This queue, once it has answered. Raises DlqctlError when it does not exist."""
        self.facts()
        return self

    @property
    def arn(self) -> str:
        """The queue's ARN, asked for once."""
        return self._arn or self.facts().arn

    @property
    def fifo(self) -> bool:
        """Whether this is a FIFO queue, which its name tells."""
        return self.url.endswith(".fifo")

    def facts(self) -> QueueFacts:
        """Attributes and approximate counts as they are now."""
        try:
            answer = self._client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])
        except ClientError as error:
            if error_code(error) in NO_SUCH_QUEUE:
                raise NoSuchQueueError(
                    f"no such queue: {self.url}",
                    hint="check the account and --region; `dlqctl list` shows what is there",
                ) from error
            raise explain(error) from error
        except BotoCoreError as error:
            raise explain(error) from error
        facts = _facts(self.url, answer.get("Attributes", {}))
        self._arn = facts.arn
        self._retention = timedelta(seconds=facts.retention_seconds)
        return facts

    def receive(
        self, count: int, *, visibility_seconds: int, wait_seconds: int
    ) -> list[DeadLetter]:
        """Receive up to `count` (1-10) letters; a wait of 0 may miss messages that are there."""
        try:
            answer = self._client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=count,
                VisibilityTimeout=visibility_seconds,
                WaitTimeSeconds=wait_seconds,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except ClientError as error:
            if error_code(error) in OVER_LIMIT:
                raise InFlightLimitError(explain(error).message) from error
            raise explain(error) from error
        except BotoCoreError as error:
            raise explain(error) from error
        arn, retention = self.arn, self._retention
        return [read_letter(message, arn, retention) for message in answer.get("Messages", [])]

    def hide(self, receipts: Sequence[str], *, seconds: int) -> list[bool]:
        """Set the time until the messages are visible again, at most 10 at once."""
        entries = [
            {"Id": str(n), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
            for n, receipt in enumerate(receipts)
        ]
        with explained():
            answer = self._client.change_message_visibility_batch(
                QueueUrl=self.url, Entries=entries
            )
        done = {entry["Id"] for entry in answer.get("Successful", [])}
        return [str(n) in done for n in range(len(receipts))]

    def delete(self, receipts: Sequence[str]) -> list[Rejected | None]:
        """Delete at most 10 messages. An entry counts only if SQS names it as successful."""
        entries = [{"Id": str(n), "ReceiptHandle": receipt} for n, receipt in enumerate(receipts)]
        try:
            answer = self._client.delete_message_batch(QueueUrl=self.url, Entries=entries)
        except (ClientError, BotoCoreError) as error:
            reason = explain(error)
            denied = isinstance(reason, AccessDeniedError)
            rejected = Rejected(
                "DeleteFailed", reason.message, retryable=not denied, lasting=denied
            )
            return [rejected] * len(receipts)
        done = {entry["Id"] for entry in answer.get("Successful", [])}
        failed = {entry["Id"]: _rejected(entry) for entry in answer.get("Failed", [])}
        unnamed = Rejected("NoAnswer", "SQS's answer does not name this entry", retryable=True)
        ids = map(str, range(len(receipts)))
        return [None if n in done else failed.get(n, unnamed) for n in ids]

    def send(self, batch: Sequence[Outgoing]) -> list[SendOutcome]:
        """Send at most 10 messages, once. An entry counts only if SQS names it as successful."""
        entries = [send_entry(n, outgoing) for n, outgoing in enumerate(batch)]
        try:
            answer = self._sender.send_message_batch(QueueUrl=self.url, Entries=entries)
        except ClientError as error:
            return [_answered(error)] * len(batch)
        except NOT_SIGNED_IN as error:
            reason = _with_hint(explain(error))
            return [Rejected(type(error).__name__, reason, lasting=True)] * len(batch)
        except NEVER_SENT as error:
            reason = one_line(str(error))
            return [Rejected(type(error).__name__, reason, retryable=True)] * len(batch)
        except BotoCoreError as error:
            return [InDoubt(type(error).__name__, one_line(str(error)))] * len(batch)
        outcomes: dict[str, SendOutcome] = {
            entry["Id"]: _confirmed(entry, batch) for entry in answer.get("Successful", [])
        }
        outcomes.update({entry["Id"]: _rejected(entry) for entry in answer.get("Failed", [])})
        unnamed = InDoubt("NoAnswer", "SQS's answer does not name this entry")
        return [outcomes.get(str(n), unnamed) for n in range(len(batch))]


def _answered(error: ClientError) -> SendOutcome:
    """A whole SendMessageBatch that AWS answered with an error."""
    code, reason = error_code(error), explain(error)
    if code in THROTTLED:
        return Rejected(code, reason.message, retryable=True)
    if http_status(error) >= 500:
        # A server error can come after the messages were taken.
        return InDoubt(code, reason.message)
    return Rejected(code, _with_hint(reason), lasting=code not in _ABOUT_THE_MESSAGE)


def _with_hint(error: DlqctlError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


def _rejected(entry: Mapping[str, Any]) -> Rejected:
    """One entry of a batch that SQS named as failed."""
    code = str(entry.get("Code", "Unknown"))
    message = one_line(str(entry.get("Message") or code))
    ours = bool(entry.get("SenderFault", False)) and code not in THROTTLED
    return Rejected(code, message, retryable=not ours)


def _confirmed(entry: Mapping[str, Any], batch: Sequence[Outgoing]) -> SendOutcome:
    """One entry that SQS named as sent, if it took the very bytes we gave it.

    botocore does not compare the checksums.
    """
    body = batch[int(entry["Id"])].letter.body
    said = entry.get("MD5OfMessageBody")
    if said and said != hashlib.md5(body.encode(), usedforsecurity=False).hexdigest():
        return InDoubt("ChecksumMismatch", "SQS confirmed a body that is not the one sent")
    return Sent(str(entry["MessageId"]))


def _facts(url: str, attributes: Mapping[str, str]) -> QueueFacts:
    def count(name: str, default: int = 0) -> int:
        return int(attributes.get(name, default))

    return QueueFacts(
        arn=attributes["QueueArn"],
        url=url,
        fifo=url.endswith(".fifo"),
        retention_seconds=count("MessageRetentionPeriod", DEFAULT_RETENTION_SECONDS),
        max_message_bytes=count("MaximumMessageSize", DEFAULT_MAX_MESSAGE_BYTES),
        visible=count("ApproximateNumberOfMessages"),
        in_flight=count("ApproximateNumberOfMessagesNotVisible"),
        delayed=count("ApproximateNumberOfMessagesDelayed"),
        redrive_policy=_redrive_policy(attributes.get("RedrivePolicy")),
    )


def _redrive_policy(written: str | None) -> RedrivePolicy | None:
    """The policy, which AWS gives as a JSON string; numbers in it may be strings."""
    try:
        policy = json.loads(written) if written else {}
        target = policy.get("deadLetterTargetArn")
        count = policy.get("maxReceiveCount")
        return RedrivePolicy(str(target), int(count) if count else None) if target else None
    except (ValueError, TypeError, AttributeError):
        return None
