"""All attacks, in the order of the table."""
from ..ground import Attack
from . import (
    announced_lengths, closed_streams, deadlines, descriptors, gzip_requests, header_blocks, held_answers, hellos,
    idle, key_updates, logs, many_streams, memory_fill, ready_calls)

ATTACKS: list[Attack] = [
    *gzip_requests.ATTACKS, *ready_calls.ATTACKS, *closed_streams.ATTACKS, *header_blocks.ATTACKS, *deadlines.ATTACKS,
    *descriptors.ATTACKS, *hellos.ATTACKS, *key_updates.ATTACKS, *held_answers.ATTACKS, *announced_lengths.ATTACKS,
    *many_streams.ATTACKS, *idle.ATTACKS, *logs.ATTACKS, *memory_fill.ATTACKS]
