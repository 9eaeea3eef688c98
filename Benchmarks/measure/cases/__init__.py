"""All cases, in the order of the table."""
from ..case import Case
from . import (
    accepting, closing, counters, fields, growth, idle, many_streams, ping_pong, streaming, unary_client, unary_server, web,
    websocket)

CASES: list[Case] = [
    case
    for part in (
        unary_server, web, unary_client, streaming, ping_pong, fields, accepting, growth, idle, many_streams, closing, counters,
        websocket)
    for case in part.CASES
]
GROUPS: list[str] = list(dict.fromkeys(case.group for case in CASES))
