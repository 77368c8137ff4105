// What is wrong or suspicious, with its dollars.
"use strict";
llmcost.chart({
  id: "findings", section: "Audit findings",
  about: "What llmcost audit found in everything on this page, unfiltered. The table says what the dollars of each finding mean. Findings overlap, so do not add them up.",
  get nothing() { return llmcost.page.audited ? "The audit found nothing" : "Not looked for in so many requests: llmcost audit does"; },
  bars: ({ rows }) => rows.length,
  table() {
    return { rows: llmcost.tables.findings, columns: [
      { key: "severity", label: "Severity", as: "text" }, { key: "finding", label: "Finding", as: "text" }, { key: "cost_usd", label: "Dollars", as: "usd" }, { key: "requests", label: "Requests", as: "exact" },
      { key: "title", label: "What", as: "text" }, { key: "dollars", label: "The dollars are", as: "text" }, { key: "advice", label: "To do", as: "text" }, { key: "subjects", label: "Where", as: "text" },
    ] };
  },
  title({ rows }) {
    const [first] = llmcost.highest(rows);
    return `${llmcost.plural(rows.length, "finding")}; the most expensive: ${first.title}, ${first.cost_usd === null ? "dollars unknown" : llmcost.usd(first.cost_usd)}`;
  },
  figure({ rows }, theme) {
    const sorted = llmcost.highest(rows);
    const color = { critical: theme.bad, warning: theme.warn, info: theme.accent };
    const words = sorted.map((row) => llmcost.wrapped(row.title, theme.narrow ? 22 : 40));
    const lines = Math.max(...words.map((label) => label.split("<br>").length));
    const { usd } = llmcost.together(sorted.map((row) => row.cost_usd));
    const most = Math.max(...sorted.map((row) => row.cost_usd ?? 0), 0.01);
    return {
      data: [{ type: "bar", orientation: "h", y: words, x: sorted.map((row) => row.cost_usd ?? 0), marker: { color: sorted.map((row) => color[row.severity]) },
        text: sorted.map((row) => (row.cost_usd === null ? theme.narrow ? "unknown" : `dollars unknown, ${llmcost.plural(row.requests, "request")}` : usd(row.cost_usd))), textposition: "outside", cliponaxis: false, textfont: { size: 12, color: theme.soft },
        customdata: sorted.map((row) => [row.severity, llmcost.label(row.advice, 90)]), hovertemplate: "%{customdata[0]}: %{y}<br>%{customdata[1]}<extra></extra>" }],
      layout: { height: 60 + (12 + 16 * Math.max(lines, 2)) * sorted.length, yaxis: { autorange: "reversed", ticklabelstandoff: 6 }, xaxis: { tickformat: llmcost.DOLLARS, range: [0, most * (theme.narrow ? 1.6 : 1.35)] }, bargap: 0.35 },
    };
  },
});
