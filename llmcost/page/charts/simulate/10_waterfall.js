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
    const names = ["as logged", ...steps.map((row) => llmcost.label(row.what_if, theme.narrow ? 14 : 26)), "together"];
    const value = [start.cost_usd, ...steps.map((row) => Math.abs(row.saved_usd)), end.cost_usd];
    const base = [0, ...steps.map((row) => (row.saved_usd >= 0 ? row.cost_usd : row.cost_usd + row.saved_usd)), 0];
    const color = [theme.rest, ...steps.map((row) => (row.saved_usd >= 0 ? theme.good : theme.bad)), theme.accent];
    const text = [llmcost.usd(start.cost_usd), ...steps.map((row) => `${row.saved_usd >= 0 ? "−" : "+"}${llmcost.usd(Math.abs(row.saved_usd))}`), llmcost.usd(end.cost_usd)];
    const lines = [...steps.map((row, place) => [names[place + 1], row.cost_usd + row.saved_usd - row.saved_high_usd, row.cost_usd + row.saved_usd - row.saved_low_usd, row.saved_low_usd !== row.saved_high_usd]),
      ["together", start.cost_usd - end.saved_high_usd, start.cost_usd - end.saved_low_usd, end.saved_low_usd !== end.saved_high_usd]].filter(([, , , has]) => has);
    return {
      data: [
        { type: "bar", x: names, y: value, base, marker: { color }, text, textposition: names.map((_, place) => (place === names.length - 1 ? "inside" : "outside")), insidetextanchor: "start", cliponaxis: false, textfont: { size: 12, color: names.map((_, place) => (place === names.length - 1 ? llmcost.on(theme.accent) : theme.ink)) }, hovertemplate: "%{x}<br>%{text}<extra></extra>" },
        ...lines.map(([name, low, high]) => ({ type: "scatter", mode: "lines", x: [name, name], y: [low, high], line: { color: theme.ink, width: 2 }, hovertemplate: "%{x}: $%{y:,.2f} at this end<extra></extra>" })),
      ],
      layout: { height: 400, margin: { t: 26 }, yaxis: { tickprefix: "$", rangemode: "tozero" }, xaxis: { type: "category", tickangle: theme.narrow ? -40 : 0 }, bargap: 0.3 },
    };
  },
});
