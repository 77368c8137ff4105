-- self-hosted: an open-weight model on your own GPUs
--
-- question: What would the traffic have cost on your own machines, and how fast would it have been?
-- neutral: count=0
-- low: pace=slow
-- high: pace=fast
-- alters: another model answers
-- unmeasured: the hosted model's answers are not judged
-- param instance text = g4dn.xlarge: the machine, by its name in the cloud; llmcost.toml can add more.
-- param gpu text = none: a GPU instead of an instance, one per machine; needs usd_per_hour.
-- param count text = auto: how many machines, or auto for the smallest number that meets the target; 0 changes nothing.
-- param model text = mistral-7b: the open-weight model, by its exact name on a hub or here, or the path of its
--   config.json.
-- param quantization choice(auto, none, fp8, int8, gptq-8bit, awq, gptq, awq-gemm, mxfp4, nvfp4) = auto: how the weights
--   are stored. none: in 16 bits. auto: as the config.json or the publisher has them; awq for a model by name that is
--   published in 16 bits. int8, awq-gemm (before Marlin) and nvfp4 need a calibration: no test says how fast they are.
-- param price choice(on-demand, spot, reserved-1y, reserved-3y, reserved, own) = on-demand: which price is paid; reserved
--   for one or three years, reserved otherwise and own also pay for hours in which the machines are off.
-- param region text = none: the provider's region whose price is paid; none: the first in the table.
-- param priced_on date = none: the day whose price is paid, as 2026-11-24; none: today.
-- param usd_per_hour float(0, inf) = none: US dollars per hour and machine, replacing the table; needed for reserved
--   and own.
-- param spare int(0, 1000) = 0: machines beyond those that the traffic needs, for when one fails (N+1 is 1).
-- param storage_usd_month float(0, 1000000) = 0: US dollars a month and machine for its disks.
-- param network_usd_month float(0, 1000000000) = 0: US dollars a month for traffic, addresses and load balancers.
-- param engineers float(0, 1000) = 0: how many people keep it running; others count 0.2 to 0.4 of one.
-- param engineer_usd_month float(0, 1000000) = 0: US dollars a month for one of them.
-- param setup_usd float(0, 1000000000) = 0: US dollars once to set it up; others count two to three months' work.
-- param setup_months float(1, 120) = 12: months over which that is spread.
-- param extra_usd_month float(0, 1000000000) = 0: US dollars a month for whatever else.
-- param hours choice(always, office, scale-to-zero, autoscale) = always: when the machines run. autoscale: as many as each
--   hour of the clock needs, from none on.
-- param office_from int(0, 24) = 9: hour (UTC, Monday to Friday) at which office hours begin.
-- param office_to int(0, 24) = 18: hour (UTC) at which they end.
-- param cold_start_s float(0, inf) = none: seconds until a server answers, where it scales to zero or was taken away;
--   none: 294, the middle of seven published tests from 82 to 510, which are the ends of the range.
-- param idle_minutes float(0, inf) = 15: minutes without a request until the machines stop, if they scale to zero.
-- param interruptions_month float(0, 720) = 0: how often a month each machine is taken away, as spot machines are; AWS
--   saw 5 to 20% of p4d, p5 and g6f taken in a month, which is 0.05 to 0.2.
-- param ttft_ms float(0, inf) = 10000: target for the time to the first token, milliseconds; set what your users
--   accept.
-- param tpot_ms float(0, inf) = 100: target for the time per output token after it, milliseconds.
-- param within float(0, 1) = 0.95: share of the requests, 0 to 1, that must meet both targets.
-- param waiting names = none: features whose requests can wait, for hours in which the machines would be idle; the number
--   of machines follows from the others.
-- param can_wait_hours float(0, 720) = 24: for how long they can wait.
-- param max_context int(0, inf) = none: tokens of prompt and output above which a request stays on the API; none: what
--   the model and its cache can hold.
-- param max_waiting int(0, inf) = none: requests waiting at a machine above which another one stays on the API; none:
--   all wait.
-- param vllm text = 0.33: the version of vLLM, from 0.8 on: older ones take longer for each iteration.
-- param max_num_seqs int(1, 100000) = none: vLLM's limit of running requests; none: its default for the GPU, 256 or
--   1,024.
-- param max_num_batched_tokens int(1, 1000000) = none: vLLM's limit of tokens in an iteration; none: its default for
--   the GPU, 2,048 to 16,384.
-- param gpu_memory_utilization float(0.1, 1) = 0.9: share of the GPU's memory that vLLM takes for weights and cache.
-- param features names = all: only these features.
-- param task_types names = all: only these task types.
-- param from_models names = all: only requests that went to these models.
-- param max_complexity float(0, 1) = none: only requests up to this complexity, 0 to 1; none: all.
-- param tokenizer_ratio float(0, inf) = 1: tokens of the hosted model per token of the logged one.
-- param prefix_hit_rate float(0, 1) = none: share, 0 to 1, of the logged cache reads that the server's own prefix cache
--   would also hold; none: replayed from the prompts' prefixes where the log has them, else nothing.
-- param pace choice(likely, fast, slow) = likely: which end of the error of the iteration time is replayed; the printed
--   range lies between fast and slow.
-- assumes: the server schedules like vLLM: continuous batching, prompts read in chunks alongside requests that generate,
--   preemption by recomputation.
-- assumes: a request goes to the machine with the least load when it comes, 4 for each request that waits there and 1 for
--   each that runs, as vLLM chooses among data-parallel engines. Where the number of machines follows from the target,
--   requests that a machine to themselves would serve too late stay on the API.
-- assumes: each machine keeps prefixes as vLLM does, 16 tokens a block, the block freed longest ago reused first; what two
--   requests share takes room for each of them while they run.
-- assumes: with autoscale what an hour needs is known before it, as by a schedule: its machines start in time and are paid
--   while they do, and each hour begins with none at work. A scaler that reacts serves later or costs more.
-- assumes: machines are taken away at equal distances, in turn; what was on one is sent to the others again, where
--   there is only one when its replacement answers. A replay that is shorter than that distance may hold none.
-- assumes: answers are as long as the logged ones; whether the model is good enough is not judged.
-- assumes: cold starts take 294 s (131 to 510 s were seen on T4s, 82 to 294 s on L40S); prices and GPU data come from
--   dated tables. A machine in reserve, disks, network, set-up and people are in the bill as far as parameters name them.
-- assumes: the machines' bill is split among the requests by GPU time, idle hours included.
-- kernel: self_hosted

select
    requests.* replace (
        case when hosted then 'self-hosted' else provider end as provider,
        case when hosted then hosted_model else model end as model,
        case when hosted then hosted_input_tokens else input_tokens end as input_tokens,
        case when hosted then hosted_cache_read_tokens else cache_read_tokens end as cache_read_tokens,
        case when hosted then 0 else cache_write_5m_tokens end as cache_write_5m_tokens,
        case when hosted then 0 else cache_write_1h_tokens end as cache_write_1h_tokens,
        case when hosted then hosted_output_tokens else output_tokens end as output_tokens,
        case when hosted then least(reasoning_tokens, hosted_output_tokens) else reasoning_tokens end
            as reasoning_tokens,
        case when hosted then 'standard' else service_tier end as service_tier,
        case when hosted then null else region end as region,
        case when hosted then hosted_latency_ms else latency_ms end as latency_ms,
        case when hosted then hosted_ttft_ms else ttft_ms end as ttft_ms,
        case when hosted then hosted_cost_usd else cost_override_usd end as cost_override_usd
    )
from requests
left join (select *, true as hosted from replayed) as replayed
    on replayed.request_id = requests.request_id
