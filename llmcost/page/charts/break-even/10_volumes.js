// API, API with caching and self-hosting over tokens a day.
"use strict";
llmcost.chart({
  id: "volumes", section: "The volume from which it pays",
  about: "Dollars a month for traffic of this shape at rising volumes; both axes are logarithmic. The band is the error of the server's iteration times, where it is bounded.",
  table() {
    return { rows: llmcost.tables.volumes, columns: [
      { key: "tokens_per_day", label: "Tokens a day", as: "exact" }, { key: "api_usd", label: "API", as: "usd" }, { key: "cached_usd", label: "API with caching", as: "usd" },
      { key: "hosted_usd", label: "Self-hosted", as: "usd" }, { key: "hosted_low_usd", label: "At least", as: "usd" }, { key: "hosted_high_usd", label: "At most", as: "usd" },
      { key: "machines", label: "Machines", as: "exact" }, { key: "busy", label: "Busy", as: "share" }, { key: "hosted_share", label: "Hosted", as: "share" }, { key: "cheapest", label: "Cheapest", as: "text" },
    ] };
  },
  title() { return llmcost.page.headline.finding; },
  figure({ rows }, theme) {
    const line = (name, key, color, width = 2) => ({ type: "scatter", mode: "lines+markers", name, x: rows.map((row) => row.tokens_per_day), y: rows.map((row) => row[key]), line: { color, width }, marker: { color, size: 7 }, hovertemplate: "%{x:,.3s} tokens a day<br>$%{y:,.0f} a month<extra>%{fullData.name}</extra>" });
    const edge = (key, fill) => ({ type: "scatter", mode: "lines", x: rows.map((row) => row.tokens_per_day), y: rows.map((row) => row[key]), line: { width: 0 }, hoverinfo: "skip", showlegend: false, ...(fill ? { fill: "tonexty", fillcolor: `${theme.good}33` } : {}) });
    const band = rows.every((row) => row.hosted_high_usd !== null) ? [edge("hosted_low_usd", false), edge("hosted_high_usd", true)] : [];
    return {
      data: [...band, line("API", "api_usd", theme.colors[0]), line("API with caching", "cached_usd", theme.colors[1]), line("self-hosted", "hosted_usd", theme.good, 3)],
      layout: { height: 420, showlegend: true, xaxis: { type: "log", exponentformat: "SI", dtick: 1, title: { text: "tokens a day", font: { size: 12 } } }, yaxis: { type: "log", tickprefix: "$", dtick: 1 } },
    };
  },
});
