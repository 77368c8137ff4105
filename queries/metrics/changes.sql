-- The change of every series of every metric in llmcost/metrics/definitions.py.

select metric, labels, exact(sum(change)) as change
from (
    select
        unnest([
            {'metric': 'llm_requests_total', 'labels': [model, feature, task_type, status], 'change': requests},
            {'metric': 'llm_cost_usd_total', 'labels': [model, feature], 'change': cost_usd},
            {'metric': 'llm_tokens_total', 'labels': [model, 'input'], 'change': input_tokens},
            {'metric': 'llm_tokens_total', 'labels': [model, 'cache_read'], 'change': cache_read_tokens},
            {'metric': 'llm_tokens_total', 'labels': [model, 'cache_write_5m'], 'change': cache_write_5m_tokens},
            {'metric': 'llm_tokens_total', 'labels': [model, 'cache_write_1h'], 'change': cache_write_1h_tokens},
            {'metric': 'llm_tokens_total', 'labels': [model, 'output'], 'change': output_tokens},
            {'metric': 'llm_cache_hits_total', 'labels': ['prompt'], 'change': prompt_cache_hits},
            {'metric': 'llm_cache_hits_total', 'labels': ['response'], 'change': response_cache_hits},
            {'metric': 'llm_unpriced_requests_total', 'labels': [model], 'change': unpriced_requests},
            {'metric': 'llm_request_duration_seconds_bucket', 'labels': [model, bucket::varchar], 'change': durations},
            {'metric': 'llm_request_duration_seconds_sum', 'labels': [model], 'change': duration_s}
        ], recursive := true)
    from series
) as changes
where change <> 0
group by metric, labels
