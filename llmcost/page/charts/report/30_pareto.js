// Which few prompts make up most of the cost.
"use strict";
llmcost.chart({
  id: "pareto", section: "What it was spent on", filters: "cube",
  about: "The most expensive prompts, and the share of the cost that they make up together.",
  nothing: "No request has both a prompt and a price",
  bars: ({ rows }) => rows.length,
  table() {
    const prompts = llmcost.highest(llmcost.sum(llmcost.whole(), ["prompt"], llmcost.MEASURES)).filter((row) => row.cost_usd > 0);
    const isPrompt = (row) => row.prompt !== null && row.prompt !== "(others)";
    if (!prompts.some(isPrompt)) prompts.length = 0;
    const all = llmcost.total(prompts, "cost_usd");
    let sum = 0;
    const made = (row, together_share) => ({ ...row, label: llmcost.promptLabel(row.prompt), cost_share: row.cost_usd / all, together_share, cost_per_request_usd: row.cost_usd / row.requests });
    const rows = [
      ...prompts.filter(isPrompt).map((row) => made(row, (sum += row.cost_usd) / all)),
      ...prompts.filter((row) => !isPrompt(row)).map((row) => made(row, null)),
    ];
    return { rows, columns: [
      { key: "label", label: "Prompt", as: "text" }, { key: "requests", label: "Requests", as: "exact" }, { key: "cost_usd", label: "Cost", as: "usd" },
      { key: "cost_share", label: "Share", as: "share" }, { key: "together_share", label: "Together", as: "share" }, { key: "cost_per_request_usd", label: "A request", as: "usd" },
    ] };
  },
  title({ rows }) {
    if (rows.length === 1) return `One prompt makes up the whole cost: ${llmcost.name(rows[0].label, 50)}`;
    const prompts = rows.filter((row) => row.together_share !== null);
    const many = (count) => `${llmcost.plural(count, "prompt")}${rows.some((row) => row.prompt === "(others)") ? "" : ` of ${prompts.length}`} ${count === 1 ? "makes" : "make"} up`;
    const [half, most] = [0.5, 0.8].map((share) => prompts.findIndex((row) => row.together_share >= share) + 1);
    if (!half) return `${many(prompts.length)} ${llmcost.share(prompts.at(-1).together_share)} of the cost`;
    return `${many(half)} half of the cost${most ? `, ${most} ${most === 1 ? "makes" : "make"} up 80%` : ""}`;
  },
  figure({ rows }, theme) {
    const isPrompt = (row) => row.together_share !== null;
    const first = rows.filter(isPrompt).slice(0, theme.narrow ? 10 : 16);
    const others = rows.filter((row) => row.prompt !== null && !first.includes(row));
    const rest = { label: "(others)", cost_usd: llmcost.total(others, "cost_usd"), together_share: null };
    const shown = [...first, ...(others.length ? [rest] : []), ...rows.filter((row) => row.prompt === null)];
    const names = shown.map((row, place) => `${isPrompt(row) ? `${place + 1}. ` : ""}${llmcost.label(row.label, theme.narrow ? 20 : 34)}`);
    const { usd } = llmcost.together(shown.map((row) => row.cost_usd));
    const longest = Math.max(...shown.map((row) => row.cost_usd));
    return {
      data: [
        { type: "bar", orientation: "h", y: names, x: shown.map((row) => row.cost_usd), marker: { color: shown.map((row) => (isPrompt(row) ? theme.accent : theme.rest)) }, text: shown.map((row) => usd(row.cost_usd) + (theme.narrow || !isPrompt(row) ? "" : ` · ${llmcost.share(row.together_share)}`)), textposition: "outside", cliponaxis: false, textfont: { size: 12, color: theme.soft }, hovertemplate: "%{y}<br>%{x:$,.2f}<extra></extra>" },
      ],
      layout: { height: 60 + 26 * shown.length, yaxis: { autorange: "reversed", ticklabelstandoff: 6 }, xaxis: { tickformat: llmcost.DOLLARS, range: [0, longest * (theme.narrow ? 1.7 : 1.35)] }, bargap: 0.3 },
    };
  },
});
