// Dollars and right answers, where an outcomes file says how each model did.
"use strict";
llmcost.chart({
  id: "cost-quality", section: "Cost and quality",
  applies: () => llmcost.tables.quality.length > 0,
  about: "What each way of choosing a model costs, and how often its answers are right, for requests with a known outcome for every model. No router lies above the line of the best choice.",
  table() {
    return { rows: llmcost.tables.quality.filter((row) => row.series === "policy"), columns: [
      { key: "what_if", label: "Step", as: "text" }, { key: "label", label: "Choice", as: "text" }, { key: "model", label: "Model", as: "text" }, { key: "cost_usd", label: "Cost", as: "usd" }, { key: "quality", label: "Right", as: "share" }, { key: "pgr", label: "Gap recovered", as: "share" },
    ] };
  },
  title({ rows }) {
    const routed = rows.find((row) => row.policy === "routed"), strong = rows.find((row) => row.policy === "always-strong");
    return routed.quality === null ? "The quality of the routed answers is unknown" : `As routed, ${llmcost.share(routed.quality)} of the answers are right for ${llmcost.usd(routed.cost_usd)}; always the most expensive model: ${llmcost.share(strong.quality)} for ${llmcost.usd(strong.cost_usd)}`;
  },
  figure({ rows }, theme) {
    const all = llmcost.tables.quality, known = rows.filter((row) => row.quality !== null && row.cost_usd !== null);
    const symbols = ["circle", "square", "diamond", "triangle-up", "cross", "x", "star"];
    const line = (series, name, color, dash) => {
      const points = all.filter((row) => row.series === series);
      return { type: "scatter", mode: "lines", name, x: points.map((row) => row.cost_usd), y: points.map((row) => row.quality), line: { color, width: 2, dash }, hovertemplate: `${name}<br>%{x:$,.2f}, %{y:.1%} right<extra></extra>` };
    };
    return {
      data: [
        line("frontier", "best choice for each prompt", theme.good, "solid"),
        line("curve", "router by complexity", theme.accent, "dot"),
        ...known.map((row, place) => ({ type: "scatter", mode: "markers", name: row.label, x: [row.cost_usd], y: [row.quality], marker: { color: row.policy === "routed" ? theme.bad : theme.ink, size: row.policy === "routed" ? 14 : 11, symbol: symbols[place % symbols.length] }, cliponaxis: false, hovertemplate: `${llmcost.label(row.label, 40)}<br>%{x:$,.2f}, %{y:.1%} right<extra></extra>` })),
      ],
      layout: { height: 460, showlegend: true, xaxis: { title: { text: "Cost" }, tickformat: llmcost.DOLLARS, rangemode: "tozero" }, yaxis: { title: { text: "Right answers" }, tickformat: ".0%" } },
    };
  },
});
