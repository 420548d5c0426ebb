"""`hashhedge schema` prints the files of the contract, as whoever installed the program lacks the source."""

from __future__ import annotations

import pytest

from alerts.schemas import asyncapi, generate
from alerts.schemas.payloads import file_name
from monitor.cli.schema import MQTT, SCHEMAS, show_schema
from monitor.core.errors import ConfigError


@pytest.mark.parametrize("name", [MQTT, *SCHEMAS])
def test_it_prints_the_committed_file(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed must be the file, byte for byte, so that references by file name hold."""
    show_schema(name)
    file = asyncapi.FILE if name == MQTT else file_name(SCHEMAS[name])
    assert capsys.readouterr().out == (generate.HERE / file).read_text()


def test_a_name_that_is_none_is_answered_with_the_nearest() -> None:
    """A person who mistypes must be told what there is."""
    with pytest.raises(ConfigError, match="no schema `alert-events`") as refused:
        show_schema("alert-events")
    assert "alert-event" in str(refused.value.hint)
