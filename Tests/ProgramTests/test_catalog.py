"""`accord catalog`: the closed list of what can be sampled, for people, for scripts and for the README."""

import pytest
from appliance import program, run


def catalog(*arguments: str):
    result = run([program("accord"), "catalog", *arguments])
    assert (result.code, result.err) == (0, "")
    return result


def test_json_has_one_signal_a_line_with_stable_keys():
    *signals, event = catalog("--json").json
    keys = {"signal", "source", "kind", "unit", "decimals", "attributes", "origins", "identifying", "brief"}
    assert all(set(signal) == keys for signal in signals)
    assert {signal["kind"] for signal in signals} == {"fact", "gauge", "counter", "updowncounter"}
    by_name = {signal["signal"]: signal for signal in signals}
    assert len(by_name) == len(signals)
    assert by_name["system.network.io"] | {"brief": ""} == {
        "signal": "system.network.io",
        "source": "environment",
        "kind": "counter",
        "unit": "By",
        "decimals": 0,
        "attributes": ["network.interface.name", "network.io.direction"],
        "origins": ["/proc/net/dev"],
        "identifying": False,
        "brief": "",
    }
    assert [name for name in by_name if by_name[name]["identifying"]] == ["host.name"]
    assert (event["signal"], event["kind"], event["source"]) == ("accord.delivery", "event", None)


def test_the_event_that_is_listed_is_the_one_that_is_sent(sharing, receiver):
    sharing.record()
    assert sharing.accord("upload").code == 0
    sent = {point.signal: set(point.attributes) for point in receiver.points() if point.signal == "accord.delivery"}
    (listed,) = [line for line in catalog("--json").json if line["kind"] == "event"]
    assert sent == {listed["signal"]: set(listed["attributes"])}


def test_text_and_markdown_name_what_json_names():
    text, markdown = catalog().out, catalog("--markdown").out
    for line in catalog("--json").json:
        assert f"  {line['signal']}  {line['kind']}" in text
        # Neighbours that differ in the last part of their names share a row.
        last = "." + line["signal"].rpartition(".")[2]
        assert f"`{line['signal']}`" in markdown or f", `{last}`" in markdown
        assert line["brief"] in text and f" | {line['brief']} |" in markdown
    assert "host.name  fact, identifying" in text and "`host.name`, identifying |" in markdown


@pytest.mark.parametrize("source", ["product", "environment"])
def test_one_source_is_that_part_of_the_whole(source):
    whole, part = catalog("--json").json, catalog("--json", "--source", source).json
    assert part == [line for line in whole if line["source"] == source] and part
    assert catalog("--source", source).out in catalog().out


def test_a_source_without_signals_is_empty_and_a_wrong_one_is_refused():
    assert catalog("--source", "customer").out == "customer: 0 signals\n\n"
    wrong = run([program("accord"), "catalog", "--source", "weather"])
    assert wrong.code == 2 and "'weather' is invalid" in wrong.err and "environment" in wrong.err
    both = run([program("accord"), "catalog", "--json", "--markdown"])
    assert both.code == 2 and "choose one of --json and --markdown" in both.err
