-- request-batching: several items share one call, and their instructions are paid once
--
-- question: What would it have cost if requests with the same instructions had waited for each other and shared a call?
-- neutral: items=1
-- order: 40
-- needs: ts is not null and system_blocks > 0 and prefix is not null: a time, and the hashes of the prompt's blocks,
--   which show shared instructions
-- low: numbering_input_tokens=8,numbering_output_tokens=8
-- high: numbering_input_tokens=2,numbering_output_tokens=2
-- grid: items=5,seconds=5
-- grid: items=5,seconds=60
-- alters: a model answers several requests at once
-- unmeasured: answers may get worse when a model does several things at once; this is not judged
-- delays: answers wait for each other
-- param items int(1, inf) = 5: largest number of items in a call; 1 changes nothing.
-- param seconds float(0, inf) = 60: seconds that the first item of a call waits for others.
-- param features names = all: features whose requests may be joined.
-- param task_types names = classification,extraction,summarization: task types that may be joined.
-- param max_prompt_tokens int(1, inf) = 100000: largest size of the joined prompt.
-- param numbering_input_tokens int(0, inf) = 4: input tokens that number an item, like "Document 3:".
-- param numbering_output_tokens int(0, inf) = 4: output tokens that number an answer.
-- assumes: requests of one provider, model, feature, task type and project with the same tools and system prompt are
--   joined; tools and system prompt are sent once, the rest of each prompt unchanged.
-- assumes: answers keep their length and follow each other in one answer; a call takes as long as its items took
--   together. Five items a call is the default; numbering costs 2 to 8 tokens.
-- assumes: a call is sent when it is full, or when its first item has waited long enough, even if that item is still
--   alone.
-- assumes: the call is billed to the request of its first item, and the others count as answered without a call:
--   savings are right by feature and model, but not by user or session.
-- assumes: answers may get worse when a model does several things at once; this is not judged.
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
