// Is it rising: dollars a day, the mean of seven days, and unusual days.
"use strict";
llmcost.chart({
  id: "trend", section: "What was spent", filters: "cube",
  about: "Dollars a day, and the mean of the last seven days. Days without requests count as nothing; where a whole week has none, the line breaks off. Rings mark unusual days, and the day on which a step began.",
  nothing: "No request has a time",
  table() {
    const days = llmcost.calendar(llmcost.sum(llmcost.shown("cube").filter((row) => row.day !== null), ["day"], ["requests", "cost_usd"]));
    const marked = new Map(llmcost.unusual().map((row) => [row.day, row.explained]));
    const rows = days.map((row, place) => {
      const week = days.slice(Math.max(0, place - 6), place + 1);
      return { ...row, mean_usd: place >= 6 && week.some((day) => day.requests > 0) ? llmcost.total(week, "cost_usd") / week.length : null, out_of_line: marked.get(row.day) ?? "" };
    });
    return { rows, columns: [
      { key: "day", label: "Day", as: "text" }, { key: "requests", label: "Requests", as: "exact" }, { key: "cost_usd", label: "Cost", as: "usd" },
      { key: "mean_usd", label: "Mean of 7 days", as: "usd" }, { key: "out_of_line", label: "Unusual", as: "text" },
    ] };
  },
  bars: ({ rows }) => rows.filter((row) => row.cost_usd > 0).length,
  title({ rows }) {
    const most = llmcost.highest(rows)[0];
    const used = rows.filter((row) => row.requests > 0).length;
    const mean = llmcost.total(rows, "cost_usd") / used;
    if (most.cost_usd === null) return "No day with a price";
    if (used < 2) return `All of it was spent on ${most.day}`;
    return `${llmcost.usd(mean)} on an average day${used < rows.length ? " with requests" : ""}${llmcost.rising(rows)}; most on ${most.day}, ${llmcost.usd(most.cost_usd)}`;
  },
  figure({ rows }, theme) {
    const marked = rows.filter((row) => row.out_of_line);
    return {
      data: [
        { type: "bar", name: "a day", x: rows.map((row) => row.day), y: rows.map((row) => (row.requests > 0 ? row.cost_usd : null)), marker: { color: theme.accent, opacity: 0.45 }, hovertemplate: "%{x}<br>%{y:$,.2f}<extra></extra>" },
        { type: "scatter", mode: "lines", name: "mean of 7 days", x: rows.map((row) => row.day), y: rows.map((row) => row.mean_usd), line: { color: theme.ink, width: 2 }, hovertemplate: "%{x}<br>%{y:$,.2f}<extra>7 days</extra>" },
        { type: "scatter", mode: "markers", name: "unusual day", x: marked.map((row) => row.day), y: marked.map((row) => row.cost_usd), text: marked.map((row) => llmcost.label(row.out_of_line, 120)), hovertemplate: "%{x}<br>%{text}<extra></extra>", marker: { color: "rgba(0,0,0,0)", size: 13, line: { color: theme.bad, width: 2 } } },
      ],
      layout: { showlegend: true, yaxis: { tickformat: llmcost.DOLLARS, rangemode: "tozero" }, xaxis: llmcost.dateAxis(rows) },
    };
  },
});
