"""A bare traffic trace in Mooncake's form: conversations whose prompts share their first blocks."""

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.draw import Draw
from sample_logs.generator.figures import (
    MOONCAKE_FOLLOW_UP_PERCENT,
    MOONCAKE_INPUT_TOKENS,
    MOONCAKE_NEW_TOKENS,
    MOONCAKE_OUTPUT_TOKENS,
)

FILE = "conversation_trace.jsonl"
REQUESTS = 120
BLOCK_TOKENS = 512
GAP_MS = (0, 4_000)


def write() -> Book:
    book = Book()
    draw = Draw("mooncake")
    open_ones: list[tuple[int, list[int]]] = []  # prompts so far: tokens, and their whole blocks
    next_id = at_ms = 0
    for _ in range(REQUESTS):
        at_ms += draw.between(*GAP_MS)
        tokens, blocks = 0, [0]  # every prompt begins with the same block
        if open_ones and draw.chance(MOONCAKE_FOLLOW_UP_PERCENT / 100):
            tokens, blocks = open_ones.pop(draw.below(len(open_ones)))
            tokens += draw.quantile(MOONCAKE_NEW_TOKENS)
        else:
            tokens = draw.quantile(MOONCAKE_INPUT_TOKENS)
        ids = list(blocks)
        while len(ids) * BLOCK_TOKENS < tokens:
            next_id += 1
            ids.append(next_id)
        output = draw.quantile(MOONCAKE_OUTPUT_TOKENS)
        line = {"timestamp": at_ms, "input_length": tokens, "output_length": output, "hash_ids": ids}
        book.call(FILE, line, Tokens(input=tokens, output=output))
        open_ones.append((tokens + output, ids[: tokens // BLOCK_TOKENS] or [0]))
    return book
