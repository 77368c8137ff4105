-- mooncake: traffic traces of a chat service, as published with Mooncake: lengths and prefix blocks, no texts
--
-- source: the traces of kvcache-ai/Mooncake, or your own traffic in that form; ingest one trace a store, as each
--   numbers its blocks from 0
-- ingest: llmcost ingest conversation_trace.jsonl --assume assume_model=claude-haiku-4-5
-- columns: {"timestamp": "VARCHAR", "input_length": "VARCHAR", "output_length": "VARCHAR", "hash_ids": ["VARCHAR"]}
-- param assume_model text = claude-haiku-4-5: the model that the traffic is taken to have gone to
-- param assume_start text = 2026-11-02T00:00:00Z: when the trace began; its times count from then
-- claims: hash_ids is not null and input_length is not null and output_length is not null
-- stateful: equal lines are numbered within their file
-- assumes: every request went to the model assume_model (a trace names none); tagged model_source: assumed
-- cached: inside input_length, if there were any: the trace does not tell them apart
-- reasoning: inside output_length, if there was any
-- lacks: the model, ids, texts, cached tokens and reasoning
-- truth: input_length and output_length are tokens, timestamp is milliseconds since the trace began. Each of hash_ids
--   stands for the prompt up to and including one more block of 512 tokens, the last block for what is left. Nothing is
--   said of any cache: all input is plain.
-- truth: the lines have no ids: equal ones are separate requests.

select
    line,
    true as carries_call,
    row_number() over (partition by line.source_id, line.claimed, row_hash(line.raw) order by line.line_no, line.record_no) - 1
        as repetition,
    case
        when is_no_count(timestamp) then timestamp
        else coalesce(
            (as_time($assume_start) + to_milliseconds(parse_count(timestamp)))::varchar, $assume_start)
    end as ts,
    $assume_model as model,
    true as model_assumed,
    map {'model_source': 'assumed'} as tags,
    input_length as input_tokens,
    output_length as output_tokens,
    list_transform(hash_ids, lambda id, place: {
        'hash': short_hash('mooncake ' || id), 'tokens': least(512 * place, parse_count(input_length))
    }) as prefix
from lines
