// When: dollars a day by feature, and what caused the unusual days.
"use strict";
llmcost.chart({
  id: "days", section: "When", filters: "cube",
  about: "Dollars a day by feature. A triangle marks an unusual day, and the day on which a step began.",
  nothing: "No request has a time",
  table() {
    const cells = llmcost.sum(llmcost.shown("cube").filter((row) => row.day !== null), ["day", "feature"], ["requests", "cost_usd"]);
    const rows = cells.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : (b.cost_usd ?? 0) - (a.cost_usd ?? 0)));
    return { rows, columns: [
      { key: "day", label: "Day", as: "text" }, { key: "feature", label: "Feature", as: "text" }, { key: "requests", label: "Requests", as: "exact" },
      { key: "cost_usd", label: "Cost", as: "usd" },
    ] };
  },
  bars: ({ rows }) => new Set(rows.filter((row) => row.cost_usd > 0).map((row) => row.day)).size,
  title({ rows }) {
    const [first, ...others] = llmcost.unusual();
    if (!rows.some((row) => row.cost_usd > 0)) return "No day with a price";
    if (!first && llmcost.filtered()) {
      const most = llmcost.highest(llmcost.sum(rows, ["day"], ["cost_usd"]))[0];
      return `Most was spent on ${most.day}, ${llmcost.usd(most.cost_usd)}`;
    }
    if (!first) return "No day is unusual";
    return `Out of line: ${llmcost.name(first.explained, 120)}${others.length ? `; ${others.length} more ${others.length === 1 ? "is" : "are"} marked` : ""}`;
  },
  figure({ rows }, theme) {
    const order = llmcost.top(llmcost.sum(rows, ["feature"], ["cost_usd"]), 7, ["feature"], ["cost_usd"]).map((row) => row.feature);
    const named = rows.map((row) => ({ ...row, feature: order.includes(row.feature) ? row.feature : "(others)" }));
    const data = order.map((feature, place) => {
      const own = llmcost.sum(named.filter((row) => row.feature === feature), ["day"], ["cost_usd"]);
      return { type: "bar", name: llmcost.label(feature, 24), x: own.map((row) => row.day), y: own.map((row) => row.cost_usd), marker: { color: theme.color(place, feature) }, hovertemplate: `%{x}<br>%{y:$,.2f}<extra>${llmcost.label(feature, 24)}</extra>` };
    });
    const marked = llmcost.unusual();
    const tops = new Map(llmcost.sum(rows, ["day"], ["cost_usd"]).map((row) => [row.day, row.cost_usd]));
    data.push({ type: "scatter", mode: "markers", name: "unusual day", x: marked.map((row) => row.day), y: marked.map((row) => tops.get(row.day)), text: marked.map((row) => llmcost.label(row.explained, 120)), hovertemplate: "%{x}<br>%{text}<extra></extra>", marker: { symbol: "triangle-down", size: 11, color: theme.bad, standoff: 4 } });
    return { data, layout: { barmode: "stack", showlegend: true, height: theme.narrow ? 420 : 380, yaxis: { tickformat: llmcost.DOLLARS }, xaxis: llmcost.dateAxis(rows), bargap: 0.14 } };
  },
});
