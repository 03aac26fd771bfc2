"""The barest boto3 loop that moves a queue's messages: no attributes, no journal, no promises.

bare_loop.py FROM_URL TO_URL ENDPOINT_URL
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import boto3

THREADS = 8


def move(client: Any, source: str, target: str) -> None:
    """Receive, send, delete, until an answer is empty."""
    while messages := client.receive_message(
        QueueUrl=source, MaxNumberOfMessages=10, WaitTimeSeconds=1
    ).get("Messages"):
        client.send_message_batch(
            QueueUrl=target,
            Entries=[
                {"Id": str(n), "MessageBody": message["Body"]} for n, message in enumerate(messages)
            ],
        )
        client.delete_message_batch(
            QueueUrl=source,
            Entries=[
                {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
                for n, message in enumerate(messages)
            ],
        )


def main() -> None:
    source, target, endpoint = sys.argv[1:]
    client = boto3.client("sqs", endpoint_url=endpoint)
    threads = [threading.Thread(target=move, args=(client, source, target)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
