-- priced: requests with their costs, and a column for every word of --by
--
-- question: What does each request cost at the price of its model, day, hour, tier, region and context length, and what
--   can spend be grouped by?
-- assumes: prices are the list prices of the package genai-prices with the corrections under queries/facts/prices,
--   unless llmcost.toml overrides them; price_source says which one was used.
-- assumes: a context tier depends on all prompt tokens of a call, cached ones included, starts strictly above its
--   threshold and applies to the whole call; a row that represents several calls counts with their mean.
-- assumes: audio, image and video tokens cost the same as text tokens where the log does not separate them or the model
--   has no price for them.
-- assumes: a request without a time gets the newest price; a request without a price has a null cost, never 0. The same
--   holds if only its tier or its region has no known price.
-- assumes: fees are charged per use and not per token: searches, other tools, requests. A tool without a known price
--   adds nothing and is listed in the caveats.
-- assumes: if a what-if sets a day for prices, that day's prices replace those of the request's own day.
-- assumes: a cost set by a what-if replaces the cost of the tokens; its parts are null then.
-- assumes: days, weeks (ISO, from Monday), months and hours are those of the time zone asked for, UTC unless one is;
--   prices change at midnight UTC.

with sized as (
    select
        *,
        case when cost_override_usd is null then service_tier end as priced_tier,
        coalesce(region, '') as priced_region,
        coalesce(priced_on::timestamp, ts, timestamp '9999-01-01') as priced_at,
        coalesce(date_diff('day', date '1970-01-05', ts::date) % 7 + 1, 1) as priced_weekday,
        coalesce(hour(ts) * 60 + minute(ts), 0) as priced_minute,
        prompt_tokens(requests) // calls as prompt_tokens_each,
        -- a what-if may have shrunk the whole: a part is never more than what is left of it
        least(coalesce(input_audio_tokens, 0), input_tokens) as audio_in,
        least(coalesce(input_image_tokens, 0), input_tokens - audio_in) as image_in,
        least(coalesce(input_video_tokens, 0), input_tokens - audio_in - image_in) as video_in,
        least(coalesce(cache_read_audio_tokens, 0), cache_read_tokens) as audio_read,
        least(coalesce(cache_read_image_tokens, 0), cache_read_tokens - audio_read) as image_read,
        least(coalesce(output_audio_tokens, 0), output_tokens) as audio_out,
        least(coalesce(output_image_tokens, 0), output_tokens - audio_out) as image_out,
        least(coalesce(output_video_tokens, 0), output_tokens - audio_out - image_out) as video_out,
        least(coalesce(reasoning_tokens, 0), output_tokens - audio_out - image_out - video_out) as reasoning_out
    from requests
),

itemised as (
    select
        sized.* exclude (
            priced_tier, priced_region, priced_at, priced_weekday, priced_minute, prompt_tokens_each,
            audio_in, image_in, video_in, audio_read, image_read, audio_out, image_out, video_out, reasoning_out
        ),
        (
            (sized.input_tokens - audio_in - image_in - video_in) * prices.input_usd_mtok
            + audio_in * prices.input_audio_usd_mtok
            + image_in * prices.input_image_usd_mtok
            + video_in * prices.input_video_usd_mtok
        ) / 1e6 as input_cost_usd,
        (
            (sized.cache_read_tokens - audio_read - image_read)
            * case when marks_cache(sized) then prices.cache_read_marked_usd_mtok else prices.cache_read_usd_mtok end
            + audio_read * prices.cache_read_audio_usd_mtok
            + image_read * prices.cache_read_image_usd_mtok
        ) / 1e6 as cache_read_cost_usd,
        (
            sized.cache_write_5m_tokens * prices.cache_write_5m_usd_mtok
            + sized.cache_write_1h_tokens * prices.cache_write_1h_usd_mtok
        ) / 1e6 as cache_write_cost_usd,
        (
            (sized.output_tokens - audio_out - image_out - video_out - reasoning_out) * prices.output_usd_mtok
            + audio_out * prices.output_audio_usd_mtok
            + image_out * prices.output_image_usd_mtok
            + video_out * prices.output_video_usd_mtok
            + reasoning_out * prices.reasoning_usd_mtok
        ) / 1e6 as output_cost_usd,
        sized.web_searches * prices.web_search_usd
        + sized.calls * prices.request_usd
        + case
            when sized.tools is null or prices.input_usd_mtok is null then 0
            else coalesce(list_sum(list_transform(
                map_keys(sized.tools), lambda tool: sized.tools[tool] * prices.tools_usd[tool]
            )), 0)
        end as fees_cost_usd,
        prices.source as price_source
    from sized
    left join prices
        on prices.provider is not distinct from sized.provider
        and prices.model = sized.model
        and prices.service_tier = sized.priced_tier
        and prices.region = sized.priced_region
        and prices.valid_from <= sized.priced_at
        and (prices.valid_to is null or prices.valid_to > sized.priced_at)
        and prices.weekday_from <= sized.priced_weekday
        and prices.weekday_to > sized.priced_weekday
        and prices.minute_from <= sized.priced_minute
        and prices.minute_to > sized.priced_minute
        and prices.prompt_min <= sized.prompt_tokens_each
        and (prices.prompt_max is null or prices.prompt_max >= sized.prompt_tokens_each)
)

select
    *,
    prompt_tokens(itemised) as prompt_tokens,
    written_tokens(itemised) as cache_write_tokens,
    input_cost_usd + cache_read_cost_usd + cache_write_cost_usd as prompt_cost_usd,
    coalesce(
        cost_override_usd,
        input_cost_usd + cache_read_cost_usd + cache_write_cost_usd + output_cost_usd + fees_cost_usd
    ) as cost_usd,
    coalesce(feature, 'unattributed') as by_feature,
    task_type as by_task_type,
    prompt_id as by_prompt,
    model as by_model,
    provider as by_provider,
    user_id as by_user,
    session_id as by_session,
    project as by_project,
    ticket_of(itemised) as by_ticket,
    machine as by_machine,
    status as by_status,
    strftime(local_time(ts), '%Y-%m-%d %H:00') as by_hour,
    strftime(local_time(ts), '%Y-%m-%d') as by_day,
    strftime(local_time(ts), '%G-W%V') as by_week,
    strftime(local_time(ts), '%Y-%m') as by_month
from itemised
