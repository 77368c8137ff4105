-- Expressions that several queries share, defined once. The store defines them for every connection; `--show-sql` prints
-- those that its query uses. They are plain SQL, so a translator to another engine can inline them.

-- An amount whose sum does not depend on the order of adding.
create or replace temp macro exact(amount) as amount::decimal(38, 15);

-- Such a sum, as a double.
create or replace temp macro exact_sum(amount) as sum(exact(amount))::double;

-- What requests paid for one kind of thing; a cost that a what-if has set as a whole is of no kind.
create or replace temp macro paid_for(cost, override) as
    coalesce(exact_sum(case when override is null then cost end), 0);

-- What a clock shows at a moment in UTC, in the time zone of days, weeks, months and hours: UTC, unless the store's
-- connection is told another (llmcost/engine/zones.py).
create or replace temp macro local_time(ts) as ts;

-- The ticket that a request was made for; none, unless the store's connection is told how to find it
-- (llmcost/attribution/tickets.py). Like those that follow, it gets the name of a relation of requests.
create or replace temp macro ticket_of(request) as null::varchar;

-- The tokens that a request wrote to a prompt cache. Like the next two, it gets the name of a relation of requests.
create or replace temp macro written_tokens(request) as request.cache_write_5m_tokens + request.cache_write_1h_tokens;

-- The tokens that a request read from a prompt cache or wrote to it.
create or replace temp macro cached_tokens(request) as request.cache_read_tokens + written_tokens(request);

-- All tokens of a request's prompt, cached ones included.
create or replace temp macro prompt_tokens(request) as request.input_tokens + cached_tokens(request);

-- Whether a request marks what is to be cached, where its model also has a cache that needs no mark: it asked for an
-- entry as `cache_control` does, or paid for one.
create or replace temp macro marks_cache(request) as
    coalesce(request.cache_retention = 'ephemeral', false) or written_tokens(request) > 0;

-- What stands for a request's prompt where its cache is concerned: its id, else what it was asked for.
create or replace temp macro prompt_of(request) as
    coalesce(request.prompt_id, request.feature, request.project, 'all');

-- Whether a request has anything that could cost: one without tokens, searches or a logged cost is free at any price.
create or replace temp macro is_billable(request) as
    prompt_tokens(request) > 0 or request.output_tokens + request.web_searches > 0 or request.cost_logged_usd > 0;

-- Whether a prompt cache can serve a request: a single call that succeeded, at a known time and not in a batch.
create or replace temp macro is_cacheable(request) as
    request.status = 'ok' and request.calls = 1 and request.ts is not null and request.service_tier <> 'batch';

-- Whether an answer ended at its cap, by the reason that the log gives; null where it gives none.
create or replace temp macro is_cut_off(stop_reason) as
    lower(stop_reason) in ('max_tokens', 'length', 'max_output_tokens', 'model_length');

-- Whether an answer calls a tool, by the reason that the log gives; null where it gives none.
create or replace temp macro is_tool_call(stop_reason) as
    lower(stop_reason) in ('tool_use', 'tool_calls', 'function_call');

-- Whether a what-if cuts an answer off that was whole before; both are relations of requests.
create or replace temp macro is_cut_short(before, after) as
    after.stop_reason = 'max_tokens' and after.output_tokens between 1 and before.output_tokens - 1;

-- Whether a row of the price table is today's standard price of its model, in no particular region: not one that ended, and
-- not one that was announced.
create or replace temp macro is_list_price(price) as
    price.service_tier = 'standard'
    and price.region = ''
    and price.valid_from <= current_date
    and coalesce(price.valid_to > current_date, true);

-- The tokens of the priced requests of a relation; `tokens` is one of its counts.
create or replace temp macro priced_tokens(request, tokens) as
    coalesce(sum(tokens) filter (where request.cost_usd is not null), 0)::bigint;

-- How many calls of a relation of priced requests have no price.
create or replace temp macro unpriced_calls(request) as
    coalesce(sum(case when request.cost_usd is null then request.calls end), 0)::bigint;

-- The dollars of the output that the log lacks of a request whose answer was cut; `usual` is the relation of
-- queries/spend/usual_output.sql.
create or replace temp macro missing_output_usd(request, usual) as
    case when usual.tokens is not null then greatest(usual.tokens * request.calls - request.output_tokens, 0) end
    * usual.usd_per_token;

-- Whether a name is in the list of a parameter of type names: null means all, and * in a name matches any characters.
create or replace temp macro is_named(name, names) as
    names is null
    or coalesce(len(list_filter(
        names::varchar[],
        lambda one: name like replace(replace(replace(replace(one, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%') escape '\'
    )) > 0, false);

-- What a provider leaves open: its usual value, or the end at which a cache saves least or most where the question is
-- among the names.
create or replace temp macro left_open(question, pessimistic, optimistic, usual, low, high) as
    case when is_named(question, pessimistic) then low when is_named(question, optimistic) then high else usual end;

-- Whether a row of a table of vendors' rules, with `hosts` and `models`, is about a model: of several rows the first counts.
create or replace temp macro is_about(rule, its_provider, its_model) as
    regexp_matches(coalesce(its_provider, ''), rule.hosts)
    and regexp_matches(replace(lower(coalesce(its_model, '')), '.', '-'), rule.models);

-- The share of answers that come later than so many hours after their batch was sent: half of them come within 7 minutes,
-- nine in ten within the hour and all within the vendor's window, between these points as the logarithm of the time.
create or replace temp macro batch_late_share(hours, window_hours) as
    case
        when hours is null or hours >= coalesce(window_hours, 24) then 0.0
        when hours >= 1 then 0.1 - 0.1 * ln(hours) / ln(coalesce(window_hours, 24))
        when hours >= 7 / 60.0 then 0.5 - 0.4 * ln(hours * 60 / 7) / ln(60 / 7.0)
        when hours > 0 then 1 - 0.5 * hours * 60 / 7
        else 1.0
    end;

-- The minutes after which that share of the answers has come: the same the other way around.
create or replace temp macro batch_delay_minutes(come_share, window_hours) as
    case
        when come_share < 0.5 then 14 * come_share
        when come_share < 0.9 then 7 * pow(60 / 7.0, (come_share - 0.5) / 0.4)
        else 60 * pow(coalesce(window_hours, 24), (come_share - 0.9) / 0.1)
    end;
