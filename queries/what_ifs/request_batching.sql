-- request-batching: several items in one call, the shared instructions paid once
--
-- question: What would it have cost had requests with the same instructions waited for one another and gone in one call?
-- neutral: items=1
-- order: 40
-- needs: system_blocks > 0 and prefix is not null: the hashes of its prompt's blocks, so that shared instructions show
-- low: numbering_input_tokens=8,numbering_output_tokens=8
-- high: numbering_input_tokens=2,numbering_output_tokens=2
-- grid: items=5,seconds=5
-- grid: items=5,seconds=60
-- unmeasured: whether answers get worse when a model does several things at once is not judged
-- delays: answers wait for one another
-- param items int(1, inf) = 5: how many items a call may hold; 1 changes nothing.
-- param seconds float(0, inf) = 60: how long the first item of a call waits for others.
-- param features names = all: the features whose requests may be joined.
-- param task_types names = classification,extraction,summarization: the task types that may be joined.
-- param max_prompt_tokens int(1, inf) = 100000: how long the joined prompt may get.
-- param numbering_input_tokens int(0, inf) = 4: tokens of input that number an item, like "Document 3:".
-- param numbering_output_tokens int(0, inf) = 4: tokens of output that number its answer.
-- assumes: requests of one provider, model, feature, task type and project with the same tools and system prompt are
--   joined; the system prompt and tools are sent once, everything else of each prompt is sent as it was.
-- assumes: answers are as long as they were, one after another in one answer; a call takes as long as its items took.
--   Batches of 5 are the article's; what numbering costs is taken to be 2 to 8 tokens.
-- assumes: a call is sent when it is full, or when its first item has waited long enough: an item alone waits in vain.
-- assumes: the call is billed to the request of its first item; the others count as served without a call, so that the
--   saving by feature and model is right and that by user or session is not.
-- assumes: whether answers get worse when a model does several things at once is not judged.
-- kernel: request_batching

select
    requests.* replace (
        case when items > 1 then call.input_tokens else requests.input_tokens end as input_tokens,
        case when items > 1 then call.cache_read_tokens else requests.cache_read_tokens end as cache_read_tokens,
        case when items > 1 then call.cache_write_5m_tokens else requests.cache_write_5m_tokens end
            as cache_write_5m_tokens,
        case when items > 1 then call.cache_write_1h_tokens else requests.cache_write_1h_tokens end
            as cache_write_1h_tokens,
        case when items > 1 then call.output_tokens else requests.output_tokens end as output_tokens,
        case when items > 1 then call.reasoning_tokens else requests.reasoning_tokens end as reasoning_tokens,
        case when items > 1 then call.web_searches else requests.web_searches end as web_searches,
        case when items > 1 then call.max_output_tokens else requests.max_output_tokens end as max_output_tokens,
        coalesce(wait_ms, 0) + case when items > 1 then call.latency_ms else requests.latency_ms end as latency_ms,
        coalesce(wait_ms, 0) + requests.ttft_ms as ttft_ms,
        case when items > 1 then null else prompt_hash end as prompt_hash,
        case when items > 1 then null else output_hash end as output_hash,
        case when items > 1 then null else output_used_tokens end as output_used_tokens,
        case when items > 1 then case when place = 0 then list_slice(prefix, 1, system_blocks) end else prefix end
            as prefix,
        case when items > 1 and place > 0 then 'joint_call' else answered_by end as answered_by,
        case when items > 1 and place > 0 then batch_id else answered_from end as answered_from,
        case when items > 1 then case when place = 0 then items else 0 end else requests_answered end
            as requests_answered
    )
from requests
left join replayed as call on call.request_id = requests.request_id
