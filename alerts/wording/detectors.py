"""The detectors by the names that the rules call them by.

A detector is a pure function of a text and a rule. It never raises, its spans lie inside the text,
and its time grows with the length of the text and no faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from alerts.wording import (
    identity_numbers,
    lacking,
    languages,
    links,
    people,
    reading,
    saying,
    telephone_numbers,
)
from alerts.wording.rules import Rule
from alerts.wording.text import Hit, Text

Detector = Callable[[Text, Rule], Iterator[Hit]]

DETECTORS: Mapping[str, Detector] = {
    detector.__name__: detector
    for detector in (
        languages.is_in_other_language,
        languages.repeats_other_language,
        lacking.lacks_phrase,
        lacking.lacks_time,
        lacking.lacks_place,
        lacking.lacks_case,
        lacking.lacks_after,
        lacking.lacks_way_to_answer,
        saying.says_phrase,
        saying.says_relative_time,
        saying.says_time_of_another_day,
        saying.describes_group,
        reading.takes_segments,
        reading.has_long_sentence,
        reading.is_hard_to_read,
        reading.shouts,
        reading.exclaims,
        people.names_person,
        people.names_given_name,
        identity_numbers.holds_identity_number,
        identity_numbers.holds_misspelt_identity_number,
        links.links_elsewhere,
        links.links_shortened,
        links.links_tracked,
        telephone_numbers.holds_unknown_number,
    )
}
