"""What a letter leaves unsaid and the account knows: payloads in S3, functions behind a queue."""

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dlqctl import origins
from dlqctl.aws.errors import explain, explained
from dlqctl.errors import DlqctlError
from dlqctl.letters import DeadLetter, FailureRecord, S3Pointer

if TYPE_CHECKING:
    from dlqctl.aws.session import AwsSession

MAX_PAYLOAD_BYTES = 64 * 1024 * 1024
LAMBDA_DLQ = "lambda-dlq"


class Decoder:
    """Decodes letters, asking the account where the letter is silent.

    `fetch_payload` follows the S3 pointers of the SQS Extended Client: the record's body becomes
    the payload. What could not be fetched is told to `failures` and stays a pointer.
    """

    def __init__(self, session: "AwsSession", *, queue_arn: str, fetch_payload: bool) -> None:
        self._session = session
        self._queue_arn = queue_arn
        self._fetch_payload = fetch_payload
        self.failures: list[str] = []

    def __call__(self, letter: DeadLetter) -> FailureRecord:
        """`letter` decoded, completed as far as the account can be asked."""
        record = origins.decode(letter)
        if record.origin == LAMBDA_DLQ and record.source is None and self._function:
            record = replace(record, source=self._function, target=self._function)
        if record.s3_pointer and self._fetch_payload:
            return self._with_payload(record, record.s3_pointer)
        return record

    def _with_payload(self, record: FailureRecord, pointer: S3Pointer) -> FailureRecord:
        try:
            payload = self._payload(pointer)
        except DlqctlError as error:
            self.failures.append(f"s3://{pointer.bucket}/{pointer.key}: {error.message}")
            return record
        return replace(record, letter=replace(record.letter, body=payload))

    def _payload(self, pointer: S3Pointer) -> str:
        with explained(service="s3"):
            answer = self._s3.get_object(Bucket=pointer.bucket, Key=pointer.key)
            if answer["ContentLength"] > MAX_PAYLOAD_BYTES:
                raise DlqctlError(f"{answer['ContentLength']:,} bytes is too large to show")
            body: bytes = answer["Body"].read()
        return body.decode("utf-8", errors="replace")

    @cached_property
    def _s3(self) -> Any:
        return self._session.client("s3")

    @cached_property
    def _function(self) -> str | None:
        """The one function whose DeadLetterConfig names the queue; None where that isn't certain.

        https://docs.aws.amazon.com/lambda/latest/api/API_DeadLetterConfig.html
        """
        try:
            pages = self._session.client("lambda").get_paginator("list_functions").paginate()
            functions = [
                str(function["FunctionArn"])
                for page in pages
                for function in page.get("Functions", [])
                if function.get("DeadLetterConfig", {}).get("TargetArn") == self._queue_arn
            ]
        except (ClientError, BotoCoreError) as error:
            self.failures.append(
                f"which function failed is not known: {explain(error, service='lambda').message}"
            )
            return None
        return functions[0] if len(functions) == 1 else None
