"""`--out`: whole or not there, for its owner only, continued after a crash."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlqctl.errors import DlqctlError
from dlqctl.streams.ranges import shard_plans
from dlqctl.streams.record_file import RecordFile, wanted_digest
from tests.streams.engine import batch

ARN = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders"


def line(number: int, shard: str = "a", **more: object) -> str:
    return json.dumps({"stream": ARN, "shard_id": shard, "sequence_number": str(number), **more})


def test_the_file_appears_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    with RecordFile(path, wanted="d") as file:
        file.write([line(1), line(2)])
        assert not path.exists()
        assert stat.S_IMODE(file.partial.stat().st_mode) == 0o600
        file.commit()
    assert path.read_text() == f"{line(1)}\n{line(2)}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["records.jsonl"]


def test_without_a_commit_there_is_only_the_partial_file(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    with RecordFile(path, wanted="d") as file:
        file.write([line(1)])
    assert [one.name for one in tmp_path.iterdir()] == ["records.jsonl.d.partial"]


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    with RecordFile(path, wanted="d"), pytest.raises(DlqctlError, match="another dlqctl"):
        RecordFile(path, wanted="d")


def test_a_folder_that_cant_be_written(tmp_path: Path) -> None:
    with pytest.raises(DlqctlError, match="can't write"):
        RecordFile(tmp_path / "no" / "such" / "folder" / "x", wanted="d")


def found(path: Path) -> list[tuple[str, int]]:
    with RecordFile(path, wanted="d") as file:
        places = [(shard.shard_id, number.value) for shard, number in file.found()]
        file.write([line(99, "z")])
    return places


def test_goes_on_behind_the_last_record_but_one(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with RecordFile(path, wanted="d") as file:
        file.write([line(1), line(2), line(3)])
    assert found(path) == [("a", 1), ("a", 2)]
    rest = path.with_name("x.d.partial").read_text().splitlines()
    assert rest == [line(1), line(2), line(99, "z")]


def test_user_records_of_one_aggregate_stay_together(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with RecordFile(path, wanted="d") as file:
        file.write([line(1, n=0), line(1, n=1)])
        file.write([line(2, n=0), line(2, n=1)])
    assert found(path) == [("a", 1)]
    rest = path.with_name("x.d.partial").read_text().splitlines()
    assert rest == [line(1, n=0), line(1, n=1), line(99, "z")]


lines = st.lists(st.tuples(st.integers(1, 5), st.sampled_from("ab")), max_size=12, unique=True)


@settings(deadline=None)
@given(lines, st.integers(0, 2_000), st.binary(max_size=5))
def test_wherever_a_crash_cuts_what_is_kept_is_whole(
    tmp_path_factory: pytest.TempPathFactory,
    places: list[tuple[int, str]],
    cut: int,
    rubbish: bytes,
) -> None:
    path = tmp_path_factory.mktemp("cut") / "x"
    with RecordFile(path, wanted="d") as file:
        file.write([line(number, shard) for number, shard in places])
    partial = path.with_name("x.d.partial")
    partial.write_bytes(partial.read_bytes()[:cut] + rubbish)
    kept = found(path)
    assert kept == [(shard, number) for number, shard in places[: len(kept)]]
    whole = [line(number, shard) for shard, number in kept] + [line(99, "z")]
    assert partial.read_text().splitlines() == whole


def test_the_digest_is_that_of_the_pointers_and_the_way() -> None:
    one = batch(ARN, "1", "5", shard_id="a", message_id="m1")
    two = batch(ARN, "7", "9", shard_id="b", message_id="m2")
    digest = wanted_digest(shard_plans([one, two]), how={"deaggregate": False})
    assert digest == wanted_digest(shard_plans([two, one]), how={"deaggregate": False})
    assert digest != wanted_digest(shard_plans([one]), how={"deaggregate": False})
    assert digest != wanted_digest(shard_plans([one, two]), how={"deaggregate": True})
