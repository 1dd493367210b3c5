"""English is complete: every message that readers see is translated, and none waits for confirmation."""

import re

from hengjian.console import catalogue

CHINESE = re.compile(r"[\u4e00-\u9fff]")
QUOTED = re.compile("“[^”]*”")  # what stands in a file or on a button may be quoted as it is
PLACES = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def test_the_catalogue_holds_exactly_what_is_said() -> None:
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue.read()}
    said = {message[0] for message in catalogue.said()}
    missing = sorted(said - known)
    assert not missing, f"run: python -m hengjian.console.catalogue, then translate {missing[:5]}"


def test_every_message_has_an_english_text_and_none_is_fuzzy() -> None:
    assert catalogue.untranslated(catalogue.read()) == []


def test_a_translation_is_english_and_fills_in_the_same_values() -> None:
    for message in catalogue.read():
        if not message.id:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        texts = [message.string] if isinstance(message.string, str) else message.string
        for text in texts:
            assert not CHINESE.search(QUOTED.sub("", text)), text
            assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(one)), one
