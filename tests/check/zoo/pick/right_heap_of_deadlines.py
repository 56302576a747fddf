"""A heap of deadlines: each tier's job is due some time after it came."""

import heapq
from enum import IntEnum


class Grace(IntEnum):
    HIGH = 2
    NORMAL = 12
    LOW = 45


def pick(heads):
    heap = [(Grace[tier.upper()] - age, Grace[tier.upper()], tier) for tier, age in heads.items()]
    heapq.heapify(heap)
    return heapq.heappop(heap)[-1]
