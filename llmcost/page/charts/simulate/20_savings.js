// Savings by feature, or by another key, with ranges.
"use strict";
llmcost.chart({
  id: "savings", section: "Where it saves",
  applies: () => llmcost.tables.savings.length > 0,
  about: "What the whole stack saves, with its range.",
  bars: ({ rows }) => rows.length,
  table() {
    return { rows: llmcost.tables.savings, columns: [
      { key: "name", label: llmcost.page.dimensions, as: "text" }, { key: "requests", label: "Requests", as: "exact" }, { key: "baseline_cost_usd", label: "As logged", as: "usd" }, { key: "cost_usd", label: "Projected", as: "usd" },
      { key: "saved_usd", label: "Saved", as: "usd" }, { key: "saved_low_usd", label: "At least", as: "usd" }, { key: "saved_high_usd", label: "At most", as: "usd" },
    ] };
  },
  title({ rows }) {
    const all = llmcost.total(rows, "saved_usd");
    const [first] = rows;
    return all > 0 ? `${llmcost.name(first.name, 40)} accounts for ${llmcost.share(first.saved_usd / all)} of the saving, ${llmcost.usd(first.saved_usd)}` : "The stack saves nothing in total";
  },
  figure({ rows }, theme) {
    const shown = rows.slice(0, theme.narrow ? 12 : 20);
    return {
      data: [{ type: "bar", orientation: "h", y: shown.map((row) => llmcost.label(row.name, theme.narrow ? 20 : 36)), x: shown.map((row) => row.saved_usd), marker: { color: shown.map((row) => (row.saved_usd >= 0 ? theme.good : theme.bad)) },
        error_x: { type: "data", symmetric: false, array: shown.map((row) => row.saved_high_usd - row.saved_usd), arrayminus: shown.map((row) => row.saved_usd - row.saved_low_usd), color: theme.ink, thickness: 1.5, width: 4 }, hovertemplate: "%{y}<br>%{x:$,.2f}<extra></extra>" }],
      layout: { height: 80 + 28 * shown.length, yaxis: { autorange: "reversed", ticklabelstandoff: 6 }, xaxis: { tickformat: llmcost.DOLLARS }, bargap: 0.34 },
    };
  },
});
