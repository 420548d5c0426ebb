"""The AsyncAPI document is the one built of the tables, keeps AsyncAPI's own form, and leads nowhere false."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from alerts.schemas import asyncapi, examples, generate, messages, payloads
from alerts.sinks.mqtt.connect import OFFLINE
from alerts.topics import DELIVERY, Kind, Topics
from monitor.core import signature
from monitor.core.clock import SECOND
from monitor.web import letters
from tests.publishing import Contract
from tests.unit.alerts.test_topics import all_topics

CONTRACT = Contract()
FORM = Path(__file__).parents[3] / "fixtures" / "asyncapi-3.0.0.json"
"""AsyncAPI's own schema of a document; its first line says whence it is."""


@pytest.fixture(scope="module")
def form() -> Any:
    """Give the validator of AsyncAPI 3.0 documents."""
    return jsonschema.Draft7Validator(json.loads(FORM.read_text()))


def test_the_committed_document_is_up_to_date() -> None:
    """What programs are generated from must be what the code does today."""
    committed = (generate.HERE / asyncapi.FILE).read_text()
    assert committed == asyncapi.rendered(), "run: python -m alerts.schemas.generate"


def test_it_has_the_form_of_asyncapi(form: Any) -> None:
    """Any tool for AsyncAPI 3.0 must be able to read it."""
    assert [error.message for error in form.iter_errors(CONTRACT.document)] == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("operations", "send_status", "action"), "publish"),
        (("operations", "send_status", "bindings", "mqtt", "qos"), 3),
        (("operations", "send_status", "channel"), "status"),
        (("channels", "status", "topic"), "x"),
        (("components", "messages", "status", "examples"), "online"),
    ],
)
def test_another_form_is_seen(form: Any, place: tuple[str, ...], value: object) -> None:
    """The form must be one that a wrong document does not have."""
    wrong = copy.deepcopy(CONTRACT.document)
    *way, last = place
    part = wrong
    for name in way:
        part = part[name]
    part[last] = value
    assert not form.is_valid(wrong)


def references(part: Any) -> Iterator[str]:
    """Yield every reference in a part of a document."""
    if isinstance(part, dict):
        yield from (it for name, it in part.items() if name == "$ref")
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_every_reference_leads_somewhere() -> None:
    """What a reference names must be in the document, or be a schema file beside it."""
    files = set()
    for reference in references(CONTRACT.document):
        if reference.startswith("#"):
            assert CONTRACT.at(reference)
        else:
            files.add(reference)
    schemas = generate.PAYLOADS | generate.REQUESTS
    assert files == {f"./{payloads.file_name(schema)}" for schema in schemas}


def test_schemas_mean_the_same_in_the_dialect_of_asyncapi() -> None:
    """AsyncAPI reads a schema as draft 07: ours must be of it too, not of 2020-12 alone."""
    for schema_id, example in examples.by_schema().items():
        schema = generate.json_schema(schema_id) | {
            "$schema": "http://json-schema.org/draft-07/schema"
        }
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.Draft7Validator(schema).validate(example)


def test_every_kind_is_told_but_the_reserved_one() -> None:
    """A topic that the code knows must be in the document, with one operation, as it is delivered."""
    assert set(CONTRACT.document["channels"]) == {kind.value for kind in Kind} - {Kind.META.value}
    assert len(CONTRACT.document["operations"]) == len(CONTRACT.document["channels"])
    for name in CONTRACT.document["channels"]:
        delivery, operation = DELIVERY[Kind(name)], CONTRACT.operation_on(name)
        binding = operation["bindings"]["mqtt"]
        assert (binding["qos"], binding["retain"]) == (delivery.qos, delivery.retain)
        if delivery.expiry_ms is not None:
            assert binding["messageExpiryInterval"] * SECOND == delivery.expiry_ms
    received = {
        n for n in CONTRACT.document["channels"] if CONTRACT.operation_on(n)["action"] == "receive"
    }
    assert received == {Kind.COMMAND.value, Kind.INGEST.value}


@pytest.mark.parametrize("word", ["RIOT", "a/b+c#", "", "reply"])
def test_every_topic_is_of_its_one_channel(word: str) -> None:
    """A reader must never have to guess what came, whatever the words in the topic are."""
    topics = Topics(word)
    for topic in all_topics(topics, word):
        reserved = topic == topics.meta(word)
        assert CONTRACT.channels_of(topic.name) == ([] if reserved else [topic.kind.value])


@pytest.mark.parametrize("name", sorted(messages.all_messages()))
def test_examples_are_what_they_are_examples_of(name: str) -> None:
    """An example must meet its own schema, with no field that is not declared, and its headers."""
    message = CONTRACT.at(f"#/components/messages/{name}")
    (example,) = message["examples"]
    told = example["payload"]
    text = json.dumps(told) if message["contentType"] == messages.JSON else told
    assert CONTRACT.fits(message, text.encode())
    if "headers" in example:
        jsonschema.Draft7Validator(message["headers"]).validate(example["headers"])


def test_it_says_what_the_other_floors_do() -> None:
    """What is decided above the document, it must repeat without an error."""
    assert (signature.TIMESTAMP, signature.SIGNATURE) == messages.SIGNATURE_HEADERS
    assert signature.USER == messages.USER_HEADER
    assert letters.MAX_CORRELATION == messages.MAX_CORRELATION_BYTES
    will = CONTRACT.document["servers"]["broker"]["bindings"]["mqtt"]["lastWill"]
    assert will["message"].encode() == OFFLINE
    assert CONTRACT.message_of("status", OFFLINE) == ["status"]
