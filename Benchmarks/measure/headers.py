"""Header fields that calls may carry besides gRPC's."""


def call_headers(metadata: int, deadline: bool) -> tuple[str, ...]:
    """This many metadata entries, as sent by the clients of all libraries, and a time-out of a minute."""
    entries = tuple(f"bench-entry-{number}: value-of-entry-{number}" for number in range(metadata))
    return (*entries, "grpc-timeout: 60S") if deadline else entries
