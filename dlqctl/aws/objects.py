"""On-failure records that an S3 destination keeps: the objects under a prefix, as letters.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

from dlqctl.aws.errors import explained
from dlqctl.aws.session import AwsOptions, AwsSession
from dlqctl.documents import parse_json
from dlqctl.errors import DlqctlError, UsageError
from dlqctl.letters import DeadLetter
from dlqctl.streams.gathering import Unreadable
from dlqctl.streams.letter_files import FileLetter, letters_in

MAX_CONCURRENT_CALLS = 16
# An event of 6 MB, escaped inside a JSON string, with room to spare.
MAX_OBJECT_BYTES = 64 * 1024 * 1024

_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?", re.S)


class KeptObjects:
    """The objects that an `s3://bucket/prefix` names, in the order of their keys."""

    def __init__(self, options: AwsOptions, uri: str) -> None:
        shaped = _URI.fullmatch(uri)
        if shaped is None:
            raise UsageError(f"--from: not an S3 location: {uri[:200]}", hint="s3://BUCKET/PREFIX")
        self._bucket, self._prefix = shaped["bucket"], shaped["prefix"] or ""
        self._s3: Any = AwsSession(options).client("s3")

    def letters(self) -> Iterator[FileLetter | Unreadable]:
        """One letter for each object; each is read again when its records are wanted."""
        keys = self._keys()
        with ThreadPoolExecutor(MAX_CONCURRENT_CALLS) as pool:
            while some := list(islice(keys, MAX_CONCURRENT_CALLS)):
                for letters in pool.map(self._letters_of, some):
                    yield from letters

    def _keys(self) -> Iterator[str]:
        pages = self._s3.get_paginator("list_objects_v2")
        with explained(service="s3"):
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                yield from (one["Key"] for one in page.get("Contents", []) if one["Size"])

    def _letters_of(self, key: str) -> list[FileLetter | Unreadable]:
        name = f"s3://{self._bucket}/{key}"
        try:
            letters = self._read(key, name)
        except DlqctlError as error:
            return [Unreadable(name, error.message)]
        return [
            FileLetter(letter, partial(self._again, key, name, n))
            for n, letter in enumerate(letters)
        ]

    def _again(self, key: str, name: str, place: int) -> DeadLetter:
        return self._read(key, name)[place]

    def _read(self, key: str, name: str) -> list[DeadLetter]:
        with explained(service="s3"):
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            if answer["ContentLength"] > MAX_OBJECT_BYTES:
                raise DlqctlError(f"{answer['ContentLength']:,} bytes is no on-failure record")
            written = answer["Body"].read().decode("utf-8", errors="replace")
        return list(letters_in(parse_json(written), written=written, name=name))
