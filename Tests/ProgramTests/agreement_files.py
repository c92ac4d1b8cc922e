"""The files that people write on an appliance, as the tests begin with them, and how a dictionary becomes TOML."""

import json
from datetime import date
from typing import Any

SUPPLIER = "Example Devices Ltd"

# Everything that the agent can produce, as fine as it samples in the tests.
OFFER = {
    "schema": 1,
    "supplier": SUPPLIER,
    "revision": 2,
    "contact": "privacy@example.com",
    "delivery": {},
    "product": {
        "purpose": "Tell you about faults and updates before they hurt",
        "benefit": "Proactive replacement of worn parts",
        "retention": "400 days",
        "resolution": "100ms",
        "signals": ["os.*", "system.uptime", "accord.*", "host.arch", "device.*"],
    },
    "environment": {
        "purpose": "Recognise overheating, full disks and bad power",
        "benefit": "A yearly site-health report",
        "retention": "90 days",
        "resolution": "100ms",
        "signals": ["system.*", "accord.*", "hw.*"],
    },
}

CONSENT = {
    "schema": 1,
    "supplier": SUPPLIER,
    "accepts": 2,
    "accepted_by": "IT operations",
    "accepted_on": date(2026, 11, 21),
}


def toml(values: dict[str, Any]) -> str:
    """A dictionary as TOML: what is not a dictionary first, then one table for each dictionary. What is None is left
    out."""
    given = {key: value for key, value in values.items() if value is not None}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in given.items() if not isinstance(value, dict)]
    for key, table in given.items():
        if isinstance(table, dict):
            lines += ["", f"[{_key(key)}]", *(f"{_key(name)} = {_value(value)}" for name, value in table.items())]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() else json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
