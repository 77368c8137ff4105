// How long requests and answers are.
"use strict";
llmcost.lengths = (part, id, word, about, marks) => llmcost.chart({
  id, section: "Length", filters: "lengths", about,
  nothing: `No ${word}`,
  bars: ({ rows }) => rows.length,
  table() {
    const rows = llmcost.sum(llmcost.shown("lengths").filter((row) => row.part === part), ["bin"], ["requests"]).sort((a, b) => a.bin - b.bin)
      .map((row) => ({ ...row, from_tokens: Math.round(2 ** (row.bin / 2)), to_tokens: Math.round(2 ** ((row.bin + 1) / 2)) }));
    return { rows, columns: [{ key: "from_tokens", label: "From tokens", as: "exact" }, { key: "to_tokens", label: "Below", as: "exact" }, { key: "requests", label: "Requests", as: "exact" }] };
  },
  title({ rows }) {
    const all = llmcost.total(rows, "requests");
    const round = (tokens) => Number(tokens.toPrecision(2));
    const at = (share) => { let sum = 0; return rows.find((row) => (sum += row.requests) >= share * all); };
    if (rows.length === 1) return `All ${word}s have between ${llmcost.count(rows[0].from_tokens)} and ${llmcost.count(rows[0].to_tokens)} tokens`;
    const said = marks().filter((mark) => mark.cut_off > 0);
    const cut = said.length ? `; ${llmcost.plural(llmcost.total(said, "cut_off"), "answer")} ended at a cap` : "";
    return `Half of the ${word}s have fewer than about ${llmcost.count(round(at(0.5).to_tokens))} tokens, one in twenty more than ${llmcost.count(round(at(0.95).from_tokens))}${cut}`;
  },
  figure({ rows }, theme) {
    const caps = llmcost.highest(llmcost.sum(marks(), ["max_output_tokens"], ["requests"]), "requests").slice(0, 4);
    caps.sort((a, b) => a.max_output_tokens - b.max_output_tokens);
    const [least, most] = [Math.min(...rows.map((row) => row.bin), 99) / 2, Math.max(...rows.map((row) => row.bin + 1), ...caps.map((cap) => 2 * Math.log2(cap.max_output_tokens))) / 2];
    const lines = llmcost.apart(caps.map((cap) => Math.log2(cap.max_output_tokens)), (theme.narrow ? 0.4 : 0.14) * (most - least));
    const ticks = (most - least < 8 ? [1, 2, 5] : [1]).flatMap((digit) => Array.from({ length: 8 }, (_, power) => digit * 10 ** power));
    return {
      data: [{ type: "bar", x: rows.map((row) => (row.bin + 0.5) / 2), y: rows.map((row) => row.requests), width: 0.46, marker: { color: theme.accent }, customdata: rows.map((row) => [row.from_tokens, row.to_tokens]), hovertemplate: "%{customdata[0]:,} to %{customdata[1]:,} tokens<br>%{y:,} requests<extra></extra>" }],
      layout: {
        height: 300, yaxis: { rangemode: "tozero" }, margin: { t: 14 + 15 * (Math.max(-1, ...lines) + 1) },
        xaxis: { range: [least - 0.2, most + 0.2], tickvals: ticks.map(Math.log2), ticktext: ticks.map((tick) => (tick >= 1e6 ? `${tick / 1e6}M` : tick >= 1e3 ? `${tick / 1e3}k` : String(tick))), title: { text: "tokens", font: { size: 12, color: theme.soft } } },
        shapes: caps.map((cap) => ({ type: "line", x0: Math.log2(cap.max_output_tokens), x1: Math.log2(cap.max_output_tokens), yref: "paper", y0: 0, y1: 1, line: { color: theme.bad, width: 1.5, dash: "dot" } })),
        annotations: caps
          .map((cap, place) => ({ x: Math.log2(cap.max_output_tokens), yref: "paper", y: 1, yshift: 15 * lines[place], yanchor: "bottom", xanchor: Math.log2(cap.max_output_tokens) > least + 0.8 * (most - least) ? "right" : "center", text: `cap ${llmcost.count(cap.max_output_tokens)}`, showarrow: false, font: { size: 11, color: theme.bad } })),
      },
    };
  },
});
llmcost.lengths("prompt", "prompt-lengths", "prompt", "Requests by prompt tokens, cached ones included.", () => []);
llmcost.lengths("answer", "answer-lengths", "answer", "Requests by answer tokens. Dotted lines are the most common caps.", () => llmcost.shown("caps"));
