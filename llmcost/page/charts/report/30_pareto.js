// Which few prompts make up most of the cost.
"use strict";
llmcost.chart({
  id: "pareto", section: "What it was spent on", filters: "cube",
  about: "The most expensive prompts, and the share of the cost that they make up together.",
  nothing: "No request has both a prompt and a price",
  bars: ({ rows }) => rows.length,
  table() {
    const prompts = llmcost.highest(llmcost.sum(llmcost.shown("cube"), ["prompt"], llmcost.MEASURES)).filter((row) => row.cost_usd > 0);
    if (!prompts.some((row) => row.prompt !== null)) prompts.length = 0;
    const all = llmcost.total(prompts, "cost_usd");
    let sum = 0;
    const rows = prompts.map((row) => {
      sum += row.cost_usd;
      return { ...row, label: llmcost.promptLabel(row.prompt), cost_share: row.cost_usd / all, together_share: sum / all, cost_per_request_usd: row.cost_usd / row.requests };
    });
    return { rows, columns: [
      { key: "label", label: "Prompt", as: "text" }, { key: "requests", label: "Requests", as: "exact" }, { key: "cost_usd", label: "Cost", as: "usd" },
      { key: "cost_share", label: "Share", as: "share" }, { key: "together_share", label: "Together", as: "share" }, { key: "cost_per_request_usd", label: "A request", as: "usd" },
    ] };
  },
  title({ rows }) {
    const half = rows.findIndex((row) => row.together_share >= 0.5) + 1;
    const most = rows.findIndex((row) => row.together_share >= 0.8) + 1;
    if (rows.length === 1) return `One prompt makes up the whole cost: ${llmcost.name(rows[0].label, 50)}`;
    return `${llmcost.plural(half, "prompt")} of ${rows.length} ${half === 1 ? "makes" : "make"} up half of the cost, ${most} make up 80 %`;
  },
  figure({ rows }, theme) {
    const shown = rows.slice(0, theme.narrow ? 10 : 16);
    const names = shown.map((row, place) => `${place + 1}. ${llmcost.label(row.label, theme.narrow ? 20 : 34)}`);
    return {
      data: [
        { type: "bar", orientation: "h", y: names, x: shown.map((row) => row.cost_usd), marker: { color: theme.accent }, text: shown.map((row) => llmcost.usd(row.cost_usd) + (theme.narrow ? "" : ` · ${llmcost.share(row.together_share)}`)), textposition: "outside", cliponaxis: false, textfont: { size: 12, color: theme.soft }, hovertemplate: "%{y}<br>%{x:$,.2f}<extra></extra>" },
      ],
      layout: { height: 60 + 26 * shown.length, yaxis: { autorange: "reversed", ticklabelstandoff: 6 }, xaxis: { tickformat: llmcost.DOLLARS, range: [0, shown[0].cost_usd * (theme.narrow ? 1.7 : 1.35)] }, bargap: 0.3 },
    };
  },
});
