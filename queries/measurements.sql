-- What a machine was measured to do: one row per finished step of `llmcost bench-gpu`, one load on one model.
--
-- Latencies and rates count only successful requests; warm-up requests are excluded everywhere.
-- Null: not measured.

create table measurements (
    -- identity
    measurement_id        varchar not null,   -- unique
    run_id                varchar not null,   -- the same for every step of one command
    ts                    timestamp not null, -- UTC, when the step began
    command               varchar not null,   -- the words of the command line, secrets left out

    -- what was measured
    engine                varchar not null,   -- server: an OpenAI-compatible server | torch: static batches in plain torch
    server                varchar,            -- vllm, llama.cpp ...; null: it does not say
    server_version        varchar,            -- as it says itself
    versions              map(varchar, varchar),-- of llmcost, Python and the libraries that took part
    model                 varchar not null,   -- as the server names it
    weights               varchar,            -- real | random; null: unknown
    quantization          varchar,            -- awq | gptq | fp8 | none; null: unknown
    dtype                 varchar,            -- of the activations; null: unknown
    device                varchar,            -- cuda | cpu; null: unknown
    gpu                   varchar,            -- as the driver names it
    gpus                  integer,            -- how many of them the machine has
    gpu_memory_gib        double,             -- of one of them
    driver                varchar,            -- the driver's version
    cpu                   varchar,            -- the processor, where llmcost ran on the machine that was measured
    cuda_graphs           boolean,            -- torch: decode steps replayed as a graph

    -- the load
    load                  varchar not null,   -- closed | open | replay | static
    concurrency           integer,            -- closed: requests in flight; static: sequences in the batch
    rate_per_s            double,             -- open: requests sent a second, on average
    time_compression      double,             -- replay: how many times faster than the log
    input_tokens_asked    bigint,             -- a request; null where they differ (replay)
    output_tokens_asked   bigint,             -- a request; null where they differ (replay)
    output_forced         boolean,            -- the server was made to ignore the end of text
    warm_up_requests      bigint not null,    -- sent before the step, not measured
    seed                  bigint not null,    -- of prompts, arrivals and random weights

    -- results of the requests: requests = ok + errors + cut + without_usage
    requests              bigint not null,    -- sent
    ok                    bigint not null,    -- answered in full, with a count of tokens
    errors                bigint not null,    -- refused, failed, timed out
    cut                   bigint not null,    -- the stream ended before the answer did
    without_usage         bigint not null,    -- answered in full, but the server reported no token usage
    skipped               bigint not null,    -- replay: longer than the model's context, never sent
    failures              map(varchar, bigint),  -- how many for each reason
    resent                bigint not null,    -- sent again: the server closed the connection it had kept, without an answer
    other_length          bigint not null,    -- ok, though the server counted other input tokens than were asked for

    -- how much, how fast
    duration_s            double,             -- first request sent to last token received
    input_tokens          bigint,             -- as the server counted them
    output_tokens         bigint,             -- as the server counted them
    requests_per_s        double,             -- that ended well
    input_tokens_per_s    double,             -- of those requests
    output_tokens_per_s   double,             -- of those requests
    total_tokens_per_s    double,             -- input and output
    prefill_tokens_per_s  double,             -- torch: input tokens while nothing is generated
    decode_tokens_per_s   double,             -- torch: output tokens while nothing is read
    memory_bandwidth_gb_s double,             -- torch: a large copy, bytes read and written
    matmul_tflops         double,             -- torch: a large matrix product

    -- latency
    ttft_ms_mean          double,             -- time to first token, mean
    ttft_ms_p50           double,             -- percentile 50
    ttft_ms_p90           double,             -- percentile 90
    ttft_ms_p95           double,             -- percentile 95
    ttft_ms_p99           double,             -- percentile 99
    tpot_ms_mean          double,             -- time per output token after the first, mean over requests that have one
    tpot_ms_p50           double,             -- percentile 50
    tpot_ms_p90           double,             -- percentile 90
    tpot_ms_p95           double,             -- percentile 95
    tpot_ms_p99           double,             -- percentile 99
    itl_ms_mean           double,             -- gap between two pieces of the stream, mean
    itl_ms_p50            double,             -- percentile 50
    itl_ms_p90            double,             -- percentile 90
    itl_ms_p95            double,             -- percentile 95
    itl_ms_p99            double,             -- percentile 99
    e2e_ms_mean           double,             -- whole answer, mean
    e2e_ms_p50            double,             -- percentile 50
    e2e_ms_p90            double,             -- percentile 90
    e2e_ms_p95            double,             -- percentile 95
    e2e_ms_p99            double,             -- percentile 99

    -- goodput: requests that met every target given
    ttft_target_ms        double,             -- null: none given
    tpot_target_ms        double,             -- null: none given
    e2e_target_ms         double,             -- null: none given
    goodput_per_s         double,             -- requests a second that met all of them
    goodput_share         double,             -- of the requests sent

    -- the machine meanwhile
    gpu_utilization       double,             -- share of the time with a kernel running, 0 to 1, mean over GPUs
    gpu_memory_used_gib   double,             -- highest seen, all GPUs together
    gpu_power_w           double,             -- mean, all GPUs together
    client_cpu            double,             -- CPU seconds a second that sending and reading took; near 1: it was the limit

    -- what it costs: the machine's price over the tokens, each kind of token taken to pay for all of it
    instance              varchar,            -- priced as this machine
    usd_per_hour          double,             -- US dollars, of the machine
    input_usd_mtok        double,             -- US dollars per million, at this step's rate
    output_usd_mtok       double,             -- the same over output tokens
    total_usd_mtok        double,             -- the same over both
    own_input_per_day     double,             -- the user's own load, in tokens
    own_output_per_day    double,             -- in tokens
    own_machines          integer,            -- machines that this step's rate needs for that load
    own_input_usd_mtok    double,             -- US dollars per million of the user's own tokens, machines always on
    own_output_usd_mtok   double,             -- the same over output tokens
    own_total_usd_mtok    double,             -- the same over both

    -- each request that ended well, for calibration
    trace                 struct(sent_s double, input_tokens bigint, output_tokens bigint, ttft_ms double, e2e_ms double)[]
                                              -- sent_s counts from the step's first request
);
