"""Freshet's goals, as ratios to the peers in the same run, or as absolute bounds."""
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from .libraries import AIOHTTP, BEAST, CPP, FRESHET, GO, LWS, NGHTTPD, SWIFT, Library
from .results import Results


class Side(Enum):
    AT_MOST = "≤"
    AT_LEAST = "≥"


class Verdict(Enum):
    MET = "met"
    MISSED = "MISSED"
    UNKNOWN = "not measured"


@dataclass(frozen=True)
class Aim:
    """Freshet's figure, divided by the peer's if there is one, and its bound."""

    key: str
    side: Side
    bound: float | Fraction
    peer: Library | None = None

    def value(self, results: Results) -> float | None:
        if self.peer is None:
            return results.median(self.key, FRESHET.name)
        return results.ratio(self.key, FRESHET.name, self.peer.name)

    def verdict(self, results: Results) -> Verdict:
        value = self.value(results)
        if value is None:
            return Verdict.UNKNOWN
        reached = value <= self.bound if self.side is Side.AT_MOST else value >= self.bound
        return Verdict.MET if reached else Verdict.MISSED

    @property
    def text(self) -> str:
        bound = str(self.bound) if isinstance(self.bound, Fraction) else f"{self.bound:,}"
        return f"{self.side.value} {bound}" + (f" × {self.peer.title}" if self.peer else "")


AIMS = [
    Aim("plain-10x100-cpu", Side.AT_MOST, 2, NGHTTPD),
    Aim("plain-10x100-cpu", Side.AT_MOST, 0.3, CPP),
    Aim("plain-10x100-cpu", Side.AT_MOST, Fraction(1, 30), SWIFT),
    Aim("instructions", Side.AT_MOST, 30_000),
    Aim("mallocs", Side.AT_MOST, 12),
    Aim("tls-10x100-cpu", Side.AT_MOST, 2, NGHTTPD),
    Aim("web-connect", Side.AT_MOST, 1.15),
    Aim("web-http1", Side.AT_MOST, 2),
    Aim("client-64-cpu", Side.AT_MOST, 0.4, CPP),
    Aim("client-64-cpu", Side.AT_MOST, Fraction(1, 12), SWIFT),
    Aim("plain-1x1-p50", Side.AT_MOST, 1, CPP),
    Aim("plain-1x1-p50", Side.AT_MOST, 1.5, NGHTTPD),
    Aim("sstream-16-rate", Side.AT_LEAST, 8, CPP),
    Aim("sstream-16-rate", Side.AT_LEAST, 1.5, GO),
    Aim("cstream-16-rate", Side.AT_LEAST, 8, CPP),
    Aim("cstream-16-rate", Side.AT_LEAST, 1.5, GO),
    Aim("sstream-65536-rate", Side.AT_LEAST, 1.3, CPP),
    Aim("cstream-65536-rate", Side.AT_LEAST, 1.3, CPP),
    Aim("bidi-p50", Side.AT_MOST, 0.8, CPP),
    Aim("many-streams", Side.AT_LEAST, 1_000),
    Aim("idle-connection", Side.AT_MOST, 20),
    Aim("idle-stream", Side.AT_MOST, 6),
    Aim("closed-memory", Side.AT_MOST, 1.2),
    *(Aim(f"websocket-{count}-16-rate", Side.AT_LEAST, least, peer)
      for count in (1, 100) for least, peer in ((1, LWS), (1, BEAST), (5, AIOHTTP))),
    *(Aim(f"websocket-{count}-16-cpu", Side.AT_MOST, most, peer)
      for count in (1, 100) for most, peer in ((1, LWS), (1, BEAST), (Fraction(1, 5), AIOHTTP))),
    Aim("websocket-idle", Side.AT_MOST, 6),
]
