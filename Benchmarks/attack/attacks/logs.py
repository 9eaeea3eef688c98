"""HTTP/1.1 requests, as health probes send them, each of which may make the server log a line."""
from ..flood import flood
from ..ground import SECONDS, Attack, Ground

_PROBE = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: probe\r\nConnection: close\r\n\r\n"


def _run(ground: Ground) -> str:
    before = ground.server.log_lines()
    probes = flood(ground, _PROBE).total()
    lines = ground.server.log_lines() - before
    return f"{lines / SECONDS:,.0f} lines of log a second for {probes / SECONDS:,.0f} probes"


ATTACKS = [Attack("log", "HTTP/1.1 probes", _run)]
