"""What `make bench` measures, held as bounds: calls against the naive way, and flat memory."""

from __future__ import annotations

from tests.bench.streams import account, naive, ours, peak_bytes, pointers


def test_fifty_times_fewer_calls_than_an_iterator_for_each_pointer() -> None:
    streams, arn = account()
    batches = pointers(streams, arn)
    one, other = naive(streams, batches), ours(streams, batches)
    assert one.records == other.records
    assert one.calls >= 50 * other.calls
    assert streams.throttled == 0


def test_memory_does_not_grow_with_the_records() -> None:
    few, many = (peak_bytes(count, page_records=500) for count in (1_000, 4_000))
    assert many < 1.5 * few
