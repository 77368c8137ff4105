"""The records that the compiled serving loop reads and writes."""

import numpy as np

# What is known of a request (its arrival and the first three counts), what comes out, and how far it is. A log has
# millions of them, so counts are narrow: a request longer than the cache is not served.
REQUEST = np.dtype(
    [
        ("arrival_s", np.float64),
        ("taken_s", np.float64),  # the engine found it in its inbox; infinite: the queue was full
        ("scheduled_s", np.float64),
        ("first_token_s", np.float64),
        ("last_token_s", np.float64),
        ("gpu_s", np.float64),  # its share of the iterations it took part in
        ("freed_at", np.int64),  # where its blocks lie in the queue of free ones, while preempted; else -1
        ("prompt_tokens", np.int32),
        ("cached_tokens", np.int32),  # of the prompt, found in the server's prefix cache; whole blocks
        ("output_tokens", np.int32),  # at least 1
        ("preemptions", np.int32),
        ("computed", np.int32),  # tokens whose keys and values are in its blocks after the planned iterations
        ("planned", np.int32),  # output tokens of all planned iterations
        ("returned", np.int32),  # output tokens that the engine has seen
        ("blocks", np.int32),
        ("machine", np.int32),  # to which it was sent
        ("following", np.int32),  # the request behind it in its machine's inbox, then in its queue; -1: none
    ]
)

# The engine's settings, named as vLLM's where it has them, and the seconds an iteration takes.
SETTINGS = np.dtype(
    [
        ("blocks", np.int64),  # usable ones: vLLM keeps one for itself
        ("block_size", np.int64),  # tokens
        ("max_batched_tokens", np.int64),
        ("max_running", np.int64),
        ("max_waiting", np.int64),  # beyond it a request is turned away; negative: never
        ("in_flight", np.int64),  # iterations planned ahead: 2 with asynchronous scheduling, else 1
        ("prefix_caching", np.bool_),
        ("whole_prompt", np.bool_),  # admit only where the whole prompt finds room, not just its first chunk
        ("fixed_s", np.float64),
        ("weights_s", np.float64),
        ("per_token_s", np.float64),
        ("per_kv_token_s", np.float64),
        ("per_chunk_context_s", np.float64),
        ("per_sequence_s", np.float64),
        ("dense_share", np.float64),
        ("missed_experts", np.float64),
        ("least_experts_s", np.float64),
    ]
)

# The engine between two iterations.
ENGINE = np.dtype(
    [
        ("now_s", np.float64),
        ("last_end_s", np.float64),  # of the iterations in flight
        ("busy_s", np.float64),
        ("iterations", np.int64),
        ("oldest", np.int64),  # slot of the oldest iteration in flight
        ("flying", np.int64),
        ("waits", np.bool_),  # plans nothing before the oldest iteration in flight has ended
        ("unfinished", np.int64),
        ("inbox", np.int64),  # how many were sent and are not in the queue yet, the first and the last of them
        ("inbox_first", np.int64),
        ("inbox_last", np.int64),
        ("waiting", np.int64),  # how many are in the queue for the first time, likewise
        ("waiting_first", np.int64),
        ("waiting_last", np.int64),
        ("preempted", np.int64),
        ("running", np.int64),
        ("free_blocks", np.int64),
        ("reused_blocks", np.int64),  # blocks ever taken from the queue of free ones
        ("refused", np.bool_),  # no request waits, or the first one has no room until another ends
        # the iteration being planned
        ("tokens", np.int64),
        ("kv_tokens", np.int64),
        ("chunk_context", np.float64),
        ("sampled", np.int64),  # how many requests get a token from it
        ("preempting", np.bool_),
    ]
)
