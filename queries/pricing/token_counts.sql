-- token-counts: tokens that each model counts for the same text
--
-- question: How many tokens does a model count where GPT-4o counts one?
-- assumes: Claude models up to Opus 4.6, Sonnet 4.6 and Haiku 4.5 count 1.2 times as many as GPT-4o: 1.16 in English, 1.21
--   in mathematics, 1.30 in Python (L. Gupta, Hidden costs in AI deployment, VentureBeat, 2025-05-01).
-- assumes: later Claude models count about 30% more than those (platform.claude.com, token counting, November 2026).
-- assumes: GPT-4, GPT-3.5 and Llama 3 count as many as GPT-4o: 0.99 to 1.01 over 1.6 million characters of English, code,
--   mathematics and JSON, with the vocabularies cl100k, o200k and Llama 3's.
-- assumes: a model of any other family is assumed to count as many tokens as the model it replaces.

with families as (
    select *
    from (
        values
        (1, 'claude-(opus-4-[789]|opus-[5-9]|sonnet-[5-9]|haiku-[5-9]|fable|mythos)', 1.56),
        (2, 'claude', 1.2),
        (3, '(^|/)(gpt|chatgpt|o[1-9])|codex', 1.0),
        (4, 'llama-?(v)?3', 1.0)
    ) as family (place, models, tokens)
),

met as (select distinct model from prices),

placed as (
    select
        met.model,
        families.tokens::double as tokens,
        row_number() over (partition by met.model order by families.place) as nearest
    from met
    inner join families on regexp_matches(met.model, families.models)
)

select model, tokens
from placed
where nearest = 1
