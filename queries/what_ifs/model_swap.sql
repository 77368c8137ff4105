-- model-swap: everything, or a part of it, on another model
--
-- question: What would the traffic have cost on another model?
-- param target model = claude-haiku-4-5: the model that takes over; none changes nothing.
-- param models text = all: the models to replace, separated by commas in quotes.
-- param features text = all: the features to move, likewise.
-- param input_ratio float = 1: the new model's input tokens for the same text, as a multiple of the old one's.
-- param output_ratio float = 1: the new model's output tokens for the same task, as a multiple of the old one's.
-- neutral: target=none
-- unmeasured: the new model's answers are not judged
-- assumes: the answers of the new model are not judged: no quality is measured here.
-- assumes: without other knowledge both models count and write as many tokens; tokenizers and verbosity differ, so give
--   the ratios where you know them.
-- assumes: prompt caching works as it did, at the new model's prices.

with moving as (
    select
        *,
        $target is not null
        and ($models = 'all' or list_contains(string_split($models, ','), model))
        and ($features = 'all' or list_contains(string_split($features, ','), feature)) as moves
    from requests
)

select
    * exclude (moves) replace (
        case when moves then $target else model end as model,
        case when moves then $target_provider else provider end as provider,
        case when moves then cast(round(input_tokens * $input_ratio) as bigint) else input_tokens end as input_tokens,
        case when moves then cast(round(cache_read_tokens * $input_ratio) as bigint) else cache_read_tokens end
            as cache_read_tokens,
        case when moves then cast(round(cache_write_5m_tokens * $input_ratio) as bigint) else cache_write_5m_tokens end
            as cache_write_5m_tokens,
        case when moves then cast(round(cache_write_1h_tokens * $input_ratio) as bigint) else cache_write_1h_tokens end
            as cache_write_1h_tokens,
        case when moves then cast(round(output_tokens * $output_ratio) as bigint) else output_tokens end as output_tokens
    )
from moving
