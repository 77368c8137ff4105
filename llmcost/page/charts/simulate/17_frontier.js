// The stacks that a search found and that no other stack beats on every measure.
"use strict";
llmcost.chart({
  id: "frontier", section: "The stack",
  applies: () => llmcost.tables.frontier.some((row) => row.cost_usd !== null),
  about: "Each point is a stack that no other one tried beats on cost, answers cut short, delay and quality at once. The star is the cheapest one within the limits.",
  table() {
    return { rows: llmcost.tables.frontier, columns: [
      { key: "stack", label: "Stack", as: "text" }, { key: "cost_usd", label: "Cost", as: "usd" }, { key: "saved_share", label: "Saved", as: "share" }, { key: "truncated_share", label: "Answers cut short", as: "share" },
      { key: "added_latency_ms", label: "Added milliseconds", as: "exact" }, { key: "quality", label: "As good as logged", as: "share" }, { key: "breaks", label: "Breaks limit", as: "text" },
    ] };
  },
  title({ rows }) {
    const chosen = rows.find((row) => row.chosen);
    return `Of ${rows.length} stacks on the frontier, the cheapest within the limits costs ${llmcost.usd(chosen.cost_usd)}`;
  },
  figure({ rows }, theme) {
    const points = (shown, name, color, symbol) => ({ type: "scatter", mode: "markers", name, x: shown.map((row) => row.truncated_share), y: shown.map((row) => row.cost_usd), text: shown.map((row) => llmcost.label(row.stack || "as logged", 60)),
      marker: { color, size: symbol === "star" ? 18 : 11, symbol }, hovertemplate: "%{text}<br>%{y:$,.2f}, %{x:.1%} of the answers cut<extra></extra>" });
    return {
      data: [
        points(rows.filter((row) => row.breaks && !row.chosen), "breaks a limit", theme.rest, "circle"),
        points(rows.filter((row) => !row.breaks && !row.chosen), "keeps the limits", theme.accent, "circle"),
        points(rows.filter((row) => row.chosen), "chosen", theme.good, "star"),
      ],
      layout: { height: 360, showlegend: true, xaxis: { title: { text: "Answers cut short" }, tickformat: ".0%" }, yaxis: { title: { text: "Cost" }, tickformat: llmcost.DOLLARS, rangemode: "tozero" } },
    };
  },
});
