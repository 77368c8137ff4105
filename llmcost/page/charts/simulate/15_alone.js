// What each technique saves alone, and what it adds to those before it.
"use strict";
llmcost.chart({
  id: "alone", section: "The stack",
  applies: () => llmcost.tables.alone.length > 0,
  about: "What each technique would save by itself, with its range, and what it adds in the stack. What two of them would both save counts once there.",
  nothing: "No technique could be projected",
  bars: ({ rows }) => rows.length,
  table() {
    return { rows: llmcost.tables.alone, columns: [
      { key: "word", label: "Technique", as: "text" }, { key: "saved_usd", label: "Alone", as: "usd" }, { key: "saved_share", label: "Share", as: "share" }, { key: "saved_low_usd", label: "At least", as: "usd" },
      { key: "saved_high_usd", label: "At most", as: "usd" }, { key: "in_stack_usd", label: "In the stack", as: "usd" }, { key: "note", label: "Note", as: "text" },
    ] };
  },
  title({ rows }) {
    const stacked = rows.filter((row) => row.in_stack_usd !== null);
    if (!stacked.length) return "No technique saves anything";
    const alone = llmcost.total(stacked, "saved_usd"), together = llmcost.total(stacked, "in_stack_usd");
    return `Alone the ${stacked.length} add up to ${llmcost.usd(alone)}, together they save ${llmcost.usd(together)}: ${llmcost.usd(alone - together)} would be saved twice`;
  },
  figure({ rows }, theme) {
    const shown = rows.filter((row) => row.saved_usd !== null);
    const names = shown.map((row) => llmcost.label(row.what_if));
    const bar = (name, values, color, own) => ({ type: "bar", orientation: "h", name, y: names, x: values, marker: { color }, hovertemplate: `%{y}<br>%{x:$,.2f} ${name}<extra></extra>`, ...own });
    return {
      data: [
        bar("alone", shown.map((row) => row.saved_usd), theme.rest, { error_x: { type: "data", symmetric: false, array: shown.map((row) => row.saved_high_usd - row.saved_usd), arrayminus: shown.map((row) => row.saved_usd - row.saved_low_usd), color: theme.ink, thickness: 1.5, width: 4 } }),
        bar("in the stack", shown.map((row) => row.in_stack_usd), theme.good),
      ],
      layout: { barmode: "group", showlegend: true, height: 110 + 44 * shown.length, yaxis: { autorange: "reversed", ticklabelstandoff: 6 }, xaxis: { tickformat: llmcost.DOLLARS }, bargap: 0.3 },
    };
  },
});
