// The flow of requests from model to model.
"use strict";
llmcost.chart({
  id: "flow", section: "Where requests go",
  applies: () => llmcost.tables.flows.length > 0,
  about: "Requests that a step sends to another model: from the model on the left to the one on the right.",
  table() {
    return { rows: llmcost.tables.flows, columns: [
      { key: "what_if", label: "Step", as: "text" }, { key: "from_model", label: "From", as: "text" }, { key: "to_model", label: "To", as: "text" },
      { key: "requests", label: "Requests", as: "exact" }, { key: "share", label: "Share of all", as: "share" }, { key: "saved_usd", label: "Saved", as: "usd" },
    ] };
  },
  title({ rows }) {
    const [to] = llmcost.highest(llmcost.sum(rows, ["to_model"], ["requests", "share"]), "requests");
    return `${llmcost.count(llmcost.total(rows, "requests"))} requests change model, ${llmcost.count(to.requests)} of them to ${llmcost.name(to.to_model, 40)}`;
  },
  figure({ rows }, theme) {
    const from = [...new Set(rows.map((row) => row.from_model))], to = [...new Set(rows.map((row) => row.to_model))];
    const nodes = [...from.map((name) => [name, theme.rest]), ...to.map((name) => [name, theme.accent])];
    return {
      data: [{ type: "sankey", arrangement: "fixed", node: { label: nodes.map(([name]) => llmcost.label(name, theme.narrow ? 18 : 34)), color: nodes.map(([, color]) => color), pad: 16, thickness: 12, line: { width: 0 } },
        link: { source: rows.map((row) => from.indexOf(row.from_model)), target: rows.map((row) => from.length + to.indexOf(row.to_model)), value: rows.map((row) => row.requests), color: rows.map(() => (theme.grid)), hovertemplate: "%{source.label} to %{target.label}<br>%{value:,} requests<extra></extra>" }, textfont: { color: theme.ink, size: 12 } }],
      layout: { height: Math.max(280, 36 * Math.max(from.length, to.length)), margin: { l: 4, r: 4, t: 8, b: 12 } },
    };
  },
});
