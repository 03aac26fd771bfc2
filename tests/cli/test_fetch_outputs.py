"""The file of a fetch: resumed where that is safe, never where records were to be handed over."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from dlqctl.cli.fetch_outputs import Outputs, Shape


def partial(tmp_path: Path, *, resumes: bool) -> Path:
    shape = Shape(
        out=tmp_path / "records.jsonl",
        events=False,
        deaggregate=False,
        as_document=False,
        as_table=False,
        nothing=False,
        resumes=resumes,
    )
    outputs = Outputs(shape, lambda _: None)
    with ExitStack() as stack:
        outputs.open([], stack)
        assert outputs.file
        return outputs.file.partial


def test_the_same_fetch_goes_on_in_the_same_file(tmp_path: Path) -> None:
    assert partial(tmp_path, resumes=True) == partial(tmp_path, resumes=True)


def test_a_replay_never_takes_what_is_in_a_file_for_handed_over(tmp_path: Path) -> None:
    assert partial(tmp_path, resumes=False) != partial(tmp_path, resumes=False)
