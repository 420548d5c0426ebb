"""Home Assistant's discovery as its documents describe it, for those who look at our configurations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema

DEVICES = "homeassistant/device/"
SCHEMA = json.loads(
    Path(__file__).parents[1].joinpath("fixtures", "homeassistant-device.json").read_text()
)
_validator = jsonschema.Draft202012Validator(SCHEMA)


def device_faults(config: Mapping[str, Any]) -> list[str]:
    """Return what Home Assistant, or its user, would mind in a device's configuration."""
    faults = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in _validator.iter_errors(config)
    ]
    ids = [part["unique_id"] for part in config["components"].values() if "unique_id" in part]
    names = [part["name"].casefold() for part in config["components"].values() if "name" in part]
    faults += [f"{it} is there twice" for it in {*ids, *names} if (ids + names).count(it) > 1]
    return faults
