"""What published traffic looks like: figures computed from public data sets, never rows of them.

A table of quantiles holds the values at `PROBABILITIES` (nearest rank). The data sets:

- Mooncake: `conversation_trace.jsonl`, an hour of a production chat service, kvcache-ai/Mooncake, Apache-2.0.
  Requests that share a prompt block, other than the common first one, are taken as turns of a conversation.
- Azure: `AzureLLMInferenceTrace_code.csv`, an hour of a production coding service of 2023,
  Azure/AzurePublicDataset, CC-BY-4.0.
- aider: 3,605 calls of one year from aider's published analytics, Aider-AI/aider, Apache-2.0.
- Claude Code: 6,148 calls of 91 sessions from entireio/cli and entireio/entire-graph, MIT.
- cctrace: one whole Claude Code session of 100 calls, jimmc414/cctrace, MIT.
"""

PROBABILITIES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
"""Percent. The outermost hundredths are left out: a sample this small should not hang on them."""

Quantiles = tuple[int, int, int, int, int, int, int, int, int]

MOONCAKE_INPUT_TOKENS: Quantiles = (894, 901, 964, 2307, 6909, 15366, 27367, 39549, 85401)
"""Whole prompts."""

MOONCAKE_OUTPUT_TOKENS: Quantiles = (3, 10, 24, 157, 350, 472, 597, 698, 1120)
"""Answers."""

MOONCAKE_NEW_TOKENS: Quantiles = (4, 6, 8, 13, 47, 953, 5061, 8004, 19014)
"""What a later turn adds to the history and the last answer."""

MOONCAKE_TURN_GAP_S: Quantiles = (12, 29, 42, 66, 122, 263, 480, 615, 1473)
"""Seconds from one turn of a conversation to the next."""

MOONCAKE_TURNS_PERMILLE = (694, 178, 63, 27, 16, 7, 4, 12)
"""Conversations of 1, 2, 3 … turns; the last: of 8 and more. Together 1,000 but for rounding."""

MOONCAKE_FOLLOW_UP_PERCENT = 39
"""Requests that continue an earlier one."""

AZURE_CONTEXT_TOKENS: Quantiles = (17, 75, 147, 578, 1469, 2745, 5186, 7302, 7436)
"""Whole prompts."""

AZURE_GENERATED_TOKENS: Quantiles = (6, 6, 7, 9, 13, 24, 55, 90, 252)
"""Completions: short, as labels are."""

AZURE_MINUTE_LOAD_PERCENT: Quantiles = (0, 0, 0, 14, 73, 161, 260, 294, 349)
"""Requests of one minute, in percent of the mean minute: traffic comes in bursts."""

AIDER_PROMPT_TOKENS: Quantiles = (79, 158, 2344, 7650, 11501, 19262, 30033, 37588, 51536)
AIDER_COMPLETION_TOKENS: Quantiles = (0, 27, 60, 162, 382, 765, 1381, 2061, 4207)
AIDER_GAP_S: Quantiles = (2, 7, 11, 26, 60, 143, 379, 703, 1390)
"""Seconds between calls less than half an hour apart."""
AIDER_SESSION_CALLS: Quantiles = (1, 1, 1, 2, 2, 4, 9, 14, 26)

CLAUDE_CODE_BASE_TOKENS: Quantiles = (24101, 25960, 26991, 28042, 41304, 42753, 44155, 47012, 72240)
"""Prompt of a session's first call: tools, system prompt and project notes."""

CLAUDE_CODE_GROWTH_TOKENS: Quantiles = (90, 149, 198, 357, 680, 1347, 2773, 4662, 14241)
"""What a call adds to the prompt of the call before it."""

CLAUDE_CODE_GAP_S: Quantiles = (3, 3, 4, 5, 8, 18, 68, 172, 1345)
"""Seconds from one call of a session to the next."""

CLAUDE_CODE_LINES_PERMILLE = (199, 480, 263, 39, 19)
"""Calls logged as 1, 2, 3 … lines; the last: as 5 and more."""

CCTRACE_OUTPUT_TOKENS: Quantiles = (100, 126, 151, 305, 491, 681, 1291, 1748, 4965)
"""Answers whose final count was logged (more than 10 tokens)."""

HOUR_PERMILLE = (
    57,
    51,
    61,
    45,
    29,
    26,
    8,
    13,
    18,
    30,
    16,
    20,
    23,
    26,
    27,
    90,
    70,
    51,
    50,
    61,
    64,
    71,
    50,
    44,
)
"""Calls by hour of the day in UTC: the mean of Claude Code's and aider's shares."""

WEEKDAY_PERMILLE = (90, 124, 179, 203, 181, 109, 114)
"""Calls by weekday from Monday on: the mean of Claude Code's and aider's shares."""
