"""Header fields that calls may bear besides gRPC's."""


def call_headers(metadata: int, deadline: bool) -> tuple[str, ...]:
    """So many entries of metadata, as the clients of all libraries send them, and a minute's time-out."""
    entries = tuple(f"bench-entry-{number}: value-of-entry-{number}" for number in range(metadata))
    return (*entries, "grpc-timeout: 60S") if deadline else entries
