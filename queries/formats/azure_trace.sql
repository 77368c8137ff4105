-- azure-trace: traffic traces of Azure's model services: arrival times and lengths, no texts
--
-- source: AzureLLMInferenceTrace_*.csv of Azure/AzurePublicDataset, or your own traffic as lines of
--   TIMESTAMP,ContextTokens,GeneratedTokens
-- ingest: llmcost ingest AzureLLMInferenceTrace_code.csv --assume assume_model=gpt-4o
-- param assume_model text = claude-haiku-4-5: the model that the traffic is assumed to have gone to
-- claims: starts_with(ltrim(left(raw, 50)), 'TIMESTAMP,ContextTokens,GeneratedTokens')
--   or regexp_full_match(raw, '\s*\d{4}-\d\d-\d\d[ T][\d:.+Z]+,[^,]*,[^,]*')
-- stateful: equal lines are numbered within their file
-- assumes: every request went to the model assume_model (a trace names none); tagged model_source: assumed
-- cached: inside ContextTokens, if there were any: the trace does not separate them
-- reasoning: inside GeneratedTokens, if there was any
-- lacks: the model, ids, texts, cached tokens and reasoning
-- truth: ContextTokens is the whole prompt, GeneratedTokens the whole answer. The trace says nothing about caches.
-- truth: the lines have no ids: equal ones are separate requests.

with cells as (
    select line, string_split(trim(line.raw, chr(10) || chr(13) || ' '), ',') as cell from lines
)

select
    line,
    cell[1] <> 'TIMESTAMP' as carries_call,
    row_number() over (partition by line.source_id, line.claimed, row_hash(line.raw) order by line.line_no, line.record_no) - 1
        as repetition,
    cell[1] as ts,
    $assume_model as model,
    true as model_assumed,
    map {'model_source': 'assumed'} as tags,
    cell[2] as input_tokens,
    cell[3] as output_tokens
from cells
