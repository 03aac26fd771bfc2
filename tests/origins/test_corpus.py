"""Every letter on file becomes the record beside it, and goes where the file says."""

import json
import shlex

import pytest

from dlqctl import origins
from dlqctl.envelopes import open_letter
from dlqctl.origins import NoSource, QueueMove, Refusal
from dlqctl.record import record_document
from tests.origins.corpus import Case, cases

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_letter_becomes_the_record_on_file(case: Case) -> None:
    document = record_document(origins.decode(case.letter))
    assert {key: document[key] for key in case.expect} == dict(case.expect)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_exactly_one_origin_claims_a_letter(case: Case) -> None:
    opened = open_letter(case.letter)
    claims = {name: origin.recognises(opened) for name, origin in origins.registry().items()}
    strongest = min((claim for claim in claims.values() if claim), default=None)
    claimants = [name for name, claim in claims.items() if claim and claim is strongest]
    if case.name == "two-services-claim":
        assert claimants == ["eventbridge", "lambda-dlq"]
    else:
        assert claimants == ([case.origin] if case.origin != "unknown" else [])
    assert origins.recognise(opened).name == case.origin


@pytest.mark.parametrize("case", [case for case in CASES if case.route], ids=str)
def test_a_redrive_goes_where_the_file_says(case: Case) -> None:
    assert case.route is not None
    match origins.route(origins.decode(case.letter)):
        case QueueMove(arn):
            assert case.route == {"move": arn}
        case NoSource():
            assert case.route == {"no_source": True}
        case Refusal(reason, instead):
            assert case.route == {"refused": reason, "instead": instead}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_record_is_json_both_ways(case: Case) -> None:
    document = record_document(origins.decode(case.letter))
    assert json.loads(json.dumps(document, allow_nan=False)) == document


@pytest.mark.parametrize("case", [case for case in CASES if "hostile" in case.name], ids=str)
def test_nothing_hostile_reaches_a_command(case: Case) -> None:
    refusal = origins.route(origins.decode(case.letter))
    assert isinstance(refusal, Refusal)
    words = shlex.split(refusal.instead, comments=True)
    assert not {"rm", "curl", "sh", "--yes", "$(id)"} & set(words)
    assert "$" not in refusal.instead


def test_letters_of_one_origin_ask_for_the_same_command() -> None:
    pointers = [case.letter for case in CASES if case.expect.get("pointer")]
    records = [origins.decode(letter) for letter in pointers]
    routes = [origins.route(record) for record in records if record.origin == "lambda-stream"]
    commands = {route.instead for route in routes if isinstance(route, Refusal)}
    assert commands == {"dlqctl fetch-stream-records orders-dlq --replay invoke"}
