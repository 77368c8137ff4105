// What each step of the stack saves, with its range.
"use strict";
llmcost.chart({
  id: "waterfall", section: "The stack",
  applies: () => llmcost.tables.stages[0].cost_usd !== null,
  about: "What the traffic costs as logged, what each step saves after the steps before it, and what remains. Thin lines: the same replay with every assumption set to save least, and to save most.",
  table() {
    return { rows: llmcost.tables.stages, columns: [
      { key: "what_if", label: "Step", as: "text" }, { key: "cost_usd", label: "Cost after it", as: "usd" }, { key: "saved_usd", label: "Saved", as: "usd" }, { key: "saved_share", label: "Share", as: "share" },
      { key: "saved_low_usd", label: "At least", as: "usd" }, { key: "saved_high_usd", label: "At most", as: "usd" }, { key: "traffic_low_usd", label: "Other traffic, low", as: "usd" }, { key: "traffic_high_usd", label: "Other traffic, high", as: "usd" },
    ] };
  },
  title() { return llmcost.page.headline.finding; },
  figure({ rows }, theme) {
    const steps = rows.filter((row) => row.place === "step");
    const [start] = rows.filter((row) => row.place === "start"), [end] = rows.filter((row) => row.place === "end");
    const ends = [
      ...steps.filter((row) => row.saved_low_usd !== row.saved_high_usd).map((row) => ({ name: row.what_if, low: row.cost_usd + row.saved_usd - row.saved_high_usd, high: row.cost_usd + row.saved_usd - row.saved_low_usd })),
      ...(end.saved_low_usd !== end.saved_high_usd ? [{ name: "together", low: start.cost_usd - end.saved_high_usd, high: start.cost_usd - end.saved_low_usd }] : []),
    ];
    return llmcost.waterfall(theme, {
      from: { name: "as logged", usd: start.cost_usd }, steps: steps.map((row) => ({ name: row.what_if, usd: -row.saved_usd })), to: { name: "together", usd: end.cost_usd },
      ends, good: (usd) => usd <= 0,
    });
  },
});
