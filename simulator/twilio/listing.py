"""Lists of messages: filters and pages.

https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from simulator.phones.network import Network, ProviderName, SmsMessage
from simulator.settings import SimulatorConfig
from simulator.twilio.errors import Refused
from simulator.twilio.resources import message_json

_FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")
_MAX_PAGE = 1000


def list_page(
    config: SimulatorConfig, network: Network, query: Mapping[str, str], path: str
) -> dict[str, Any]:
    """One page, the newest first; the next one starts after the page token's message."""
    size = min(_number(query.get("PageSize"), 50), _MAX_PAGE) or 50
    page = _number(query.get("Page"), 0)
    matching = _matching(config, network, query)
    token = query.get("PageToken", "")
    if token:
        matching = _after(matching, token.removeprefix("PA"))
    elif page:
        matching = islice(matching, page * size, None)
    found = list(islice(matching, size + 1))
    more, found = len(found) > size, found[:size]
    filters = {name: query[name] for name in _FILTERS if name in query}

    def address(number: int, after: str = "") -> str:
        parameters = {**filters, "PageSize": str(size), "Page": str(number)}
        if after:
            parameters["PageToken"] = "PA" + after
        return f"{path}?{urlencode(parameters)}"

    return {
        "messages": [message_json(config, message) for message in found],
        "first_page_uri": address(0),
        "next_page_uri": address(page + 1, found[-1].sid) if more else None,
        "previous_page_uri": address(page - 1) if page else None,
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(len(found) - 1, 0),
        "uri": address(page),
    }


def _matching(
    config: SimulatorConfig, network: Network, query: Mapping[str, str]
) -> Iterator[SmsMessage]:
    to, from_ = query.get("To"), query.get("From")
    tests: list[Callable[[SmsMessage], bool]] = [lambda m: m.provider is ProviderName.TWILIO]
    if from_:
        tests.append(lambda message: message.from_ == from_)
    for name in ("DateSent", "DateSent<", "DateSent>"):
        if query.get(name):
            tests.append(_date_test(name, query[name]))
    # What phones have sent lies with the phones, not with our numbers.
    is_ours = to in {config.number, *config.other_numbers}
    if is_ours:
        tests.append(lambda message: message.to == to)
    for message in network.newest_first(None if is_ours else to):
        if all(test(message) for test in tests):
            yield message


def _date_test(name: str, value: str) -> Callable[[SmsMessage], bool]:
    """Messages not yet sent have no date and match no date filter, as at Twilio."""
    start, length = _moment(value)
    earliest = start.timestamp()
    end = (start + length).timestamp()
    if name == "DateSent<":
        return lambda message: message.sent is not None and message.sent < end
    if name == "DateSent>":
        return lambda message: message.sent is not None and message.sent >= earliest
    return lambda message: message.sent is not None and earliest <= message.sent < end


def _moment(value: str) -> tuple[datetime, timedelta]:
    """Start and length of the day, or the second, that a filter names."""
    try:
        if len(value) == 10:
            return datetime.fromisoformat(value).replace(tzinfo=UTC), timedelta(days=1)
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Refused(30400) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # Midnight stands for its day: that is how client libraries write a plain date.
    whole_day = moment.time().isoformat() == "00:00:00"
    return moment, timedelta(days=1) if whole_day else timedelta(seconds=1)


def _after(messages: Iterator[SmsMessage], sid: str) -> Iterator[SmsMessage]:
    for message in messages:
        if message.sid == sid:
            return messages
    return iter(())


def _number(value: str | None, default: int) -> int:
    return int(value) if value and value.isdecimal() else default
