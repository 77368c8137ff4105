// How well the prompt cache is used, by prompt.
"use strict";
llmcost.chart({
  id: "cache", section: "Prompt cache", filters: "cube",
  about: "Input tokens of the most expensive prompts: read from a prompt cache, written to one, or neither. The mark is the share of the prompt that is the same in every request, where the log holds prompts: what a cache could hold.",
  nothing: "No input tokens",
  bars: ({ rows }) => (rows.some((row) => row.read_share > 0 || row.write_share > 0 || row.stable_share !== null) ? rows.length : 0),
  table() {
    const rows = llmcost.highest(llmcost.sum(llmcost.whole().filter((row) => row.prompt !== "(others)"), ["prompt"], llmcost.MEASURES)).map((row) => {
      const input_all = row.input_tokens + row.cache_read_tokens + row.cache_write_tokens;
      return { ...row, label: llmcost.promptLabel(row.prompt), input_all, read_share: row.cache_read_tokens / input_all, write_share: row.cache_write_tokens / input_all, stable_share: llmcost.tables.prompts.find((prompt) => prompt.prompt === row.prompt)?.stable_share ?? null };
    }).filter((row) => row.input_all > 0);
    return { rows, columns: [
      { key: "label", label: "Prompt", as: "text" }, { key: "input_all", label: "Input tokens", as: "count" }, { key: "read_share", label: "Read", as: "share" },
      { key: "write_share", label: "Written", as: "share" }, { key: "stable_share", label: "Never changes", as: "share" }, { key: "cost_usd", label: "Cost", as: "usd" },
    ] };
  },
  title({ rows }) {
    const all = llmcost.total(rows, "input_all");
    const read = llmcost.total(rows, "cache_read_tokens") / all;
    const idle = rows.filter((row) => row.stable_share > 0.5 && row.read_share < 0.05).length;
    return `${llmcost.share(read)} of input tokens are read from a cache${idle ? `; ${llmcost.plural(idle, "prompt")} hardly ${idle === 1 ? "uses" : "use"} it, though most of ${idle === 1 ? "it" : "each"} never changes` : ""}`;
  },
  figure({ rows }, theme) {
    const shown = rows.slice(0, theme.narrow ? 8 : 14);
    const names = shown.map((row, place) => `${llmcost.label(row.label, theme.narrow ? 20 : 34)}${"\u200b".repeat(place)}`);
    const bar = (name, values, color) => ({ type: "bar", orientation: "h", name, y: names, x: values, marker: { color }, hovertemplate: `%{y}<br>%{x:.1%} ${name}<extra></extra>` });
    const marked = shown.map((row, place) => [names[place], row.stable_share]).filter(([, share]) => share !== null);
    return {
      data: [
        bar("read", shown.map((row) => row.read_share), theme.good), bar("written", shown.map((row) => row.write_share), theme.warn),
        bar("neither", shown.map((row) => 1 - row.read_share - row.write_share), theme.grid),
        { type: "scatter", mode: "markers", name: "never changes", y: marked.map(([name]) => name), x: marked.map(([, share]) => share), marker: { symbol: "line-ns", size: 16, line: { width: 2.5, color: theme.ink } }, hovertemplate: "%{y}<br>%{x:.1%} never changes<extra></extra>" },
      ],
      layout: { barmode: "stack", showlegend: true, height: 110 + 26 * shown.length, yaxis: { autorange: "reversed", ticklabelstandoff: 6 }, xaxis: { tickformat: ".0%", range: [0, 1.01] }, bargap: 0.34 },
    };
  },
});
