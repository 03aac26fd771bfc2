"""The contract that every origin keeps, and what the registry does with it."""

import json
import re
import shlex
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from hypothesis import example, given, settings

from dlqctl import origins
from dlqctl.envelopes import open_letter
from dlqctl.letters import DeadLetter, FailureRecord, MessageAttribute
from dlqctl.origins import Evidence, NoSource, Origin, QueueMove, Refusal
from dlqctl.record import record_document
from tests.origins.corpus import FOLDER, QUEUE_ARN, cases
from tests.origins.letter_strategies import letters

MODULES = [module.name for module in iter_modules(origins.__path__)]
PROMISED = {
    "sqs",
    "lambda-stream",
    "pipes",
    "kafka",
    "lambda-destination",
    "lambda-dlq",
    "eventbridge",
    "eventbridge-bus",
    "scheduler",
    "sns",
    "unknown",
}
ARN = "arn:aws:sqs:eu-west-1:111122223333:orders"


def test_the_registry_has_the_origins_that_the_command_line_promises() -> None:
    assert set(origins.registry()) == PROMISED


@pytest.mark.parametrize("module", MODULES)
def test_an_origin_is_named_as_its_module_and_says_where_its_facts_are(module: str) -> None:
    loaded = import_module(f"dlqctl.origins.{module}")
    assert isinstance(loaded.ORIGIN, Origin)
    assert loaded.ORIGIN.name == module.replace("_", "-")
    if module != "unknown":
        assert "https://docs.aws.amazon.com/" in (loaded.__doc__ or "")


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_an_origin_has_two_letters_on_file(name: str) -> None:
    assert sum(case.origin == name for case in cases()) >= 2


def test_every_folder_of_letters_is_an_origin() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == PROMISED


def test_letters_on_file_name_no_account_but_the_example() -> None:
    for path in Path(FOLDER).glob("*/*.json"):
        accounts = set(re.findall(r"(?<![0-9])[0-9]{12}(?![0-9])", path.read_text()))
        # Shard ids and the last group of made-up UUIDs are 12 digits too.
        accounts = {found for found in accounts if not found.startswith("0000000000")}
        assert accounts <= {"111122223333"}, path


@given(letters)
@settings(max_examples=300, deadline=None)
def test_any_letter_is_recognised_decoded_and_routed(letter: DeadLetter) -> None:
    opened = open_letter(letter)
    for origin in origins.registry().values():
        claim = origin.recognises(opened)
        assert claim is None or isinstance(claim, Evidence)
        if claim is None and origin.name != "unknown":
            continue
        record = origin.decode(opened)
        assert isinstance(record, FailureRecord)
        assert record.origin == origin.name
        assert record.letter is letter
        assert isinstance(origin.route(record), QueueMove | NoSource | Refusal)


@given(letters)
@settings(max_examples=300, deadline=None)
@example(
    DeadLetter("m", QUEUE_ARN, '{"KinesisBatchInfo": {}, "requestContext": {}, "context": {}}')
)
@example(
    DeadLetter("m", QUEUE_ARN, '{"KinesisBatchInfo": {}, "KafkaBatchInfo": {}, "context": {}}')
)
@example(
    DeadLetter(
        "m", QUEUE_ARN, '{"KafkaBatchInfo": 1, "DDBStreamBatchInfo": 1, "requestContext": 1}'
    )
)
@example(DeadLetter("m", QUEUE_ARN, '{"KafkaBatchInfo": 1, "requestContext": {"functionArn": 1}}'))
def test_body_shapes_never_overlap(letter: DeadLetter) -> None:
    opened = open_letter(letter)
    claims = [
        origin.name
        for origin in origins.registry().values()
        if origin.recognises(opened) is Evidence.BODY
    ]
    # A bus record is told by other keys than the rest: both at once is nobody's letter.
    assert len([name for name in claims if name != "eventbridge-bus"]) <= 1


@given(letters)
@settings(max_examples=300, deadline=None)
def test_any_record_is_json_both_ways(letter: DeadLetter) -> None:
    document = record_document(origins.decode(letter))
    written = json.dumps(document, allow_nan=False)
    assert json.dumps(json.loads(written), allow_nan=False) == written


@given(letters)
@settings(max_examples=200, deadline=None)
def test_a_command_is_words_that_a_shell_reads(letter: DeadLetter) -> None:
    route = origins.route(origins.decode(letter))
    if isinstance(route, Refusal):
        assert shlex.split(route.instead, comments=True)
        assert route.instead.isprintable()
        assert route.reason == route.reason.strip()
        assert not route.reason.endswith(".")


def test_a_stronger_claim_wins() -> None:
    pointer = '{"requestContext": {"functionArn": "f"}, "KinesisBatchInfo": {}}'
    rule = {"RULE_ARN": MessageAttribute("String", "arn:rule")}
    assert origins.decode(DeadLetter("m", QUEUE_ARN, pointer)).origin == "lambda-stream"
    assert origins.decode(DeadLetter("m", QUEUE_ARN, pointer, rule)).origin == "eventbridge"
    moved = DeadLetter("m", QUEUE_ARN, pointer, rule, source_queue_arn=ARN)
    assert origins.decode(moved).origin == "sqs"


def test_evidence_is_always_true() -> None:
    assert all(Evidence)


@pytest.mark.parametrize(
    ("queue_arn", "name"),
    [
        (QUEUE_ARN, "orders-dlq"),
        ("arn:aws-cn:sqs:cn-north-1:111122223333:orders.fifo", "orders.fifo"),
        ("arn:aws:sqs:eu-west-1:111122223333:--all", "arn:aws:sqs:eu-west-1:111122223333:--all"),
        ("arn:aws:sqs:eu-west-1:111122223333:a b", "QUEUE"),
        ("arn:aws:sqs:eu-west-1:111122223333:a\n", "QUEUE"),
        ("arn:aws:sqs:eu-west-1:١١١١٢٢٢٢٣٣٣٣:orders", "QUEUE"),
        ("", "QUEUE"),
    ],
)
def test_a_queue_is_named_only_when_it_is_shaped_like_one(queue_arn: str, name: str) -> None:
    body = '{"requestContext": {"functionArn": "f"}, "KinesisBatchInfo": {}}'
    route = origins.route(origins.decode(DeadLetter("m", queue_arn, body)))
    assert isinstance(route, Refusal)
    assert route.instead == f"dlqctl peek {name} --id MESSAGE_ID -o json"
