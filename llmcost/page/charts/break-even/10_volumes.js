// API, API with caching, the same model from a managed API, and self-hosting over tokens a day.
"use strict";
llmcost.chart({
  id: "volumes", section: "The volume from which it pays",
  about: "Dollars a month for traffic of this shape at rising volumes; both axes are logarithmic. A dotted line marks each volume from which self-hosting is cheaper. The band is the error of the server's iteration times.",
  table() {
    return { rows: llmcost.tables.volumes, columns: [
      { key: "tokens_per_day", label: "Tokens a day", as: "exact" }, { key: "api_usd", label: "API", as: "usd" }, { key: "cached_usd", label: "API with caching", as: "usd" }, { key: "managed_usd", label: "Managed API", as: "usd" },
      { key: "hosted_usd", label: "Self-hosted", as: "usd" }, { key: "hosted_low_usd", label: "At least", as: "usd" }, { key: "hosted_high_usd", label: "At most", as: "usd" },
      { key: "machines", label: "Machines", as: "exact" }, { key: "busy", label: "Busy", as: "share" }, { key: "hosted_share", label: "Hosted", as: "share" }, { key: "cheapest", label: "Cheapest", as: "text" },
    ] };
  },
  title() { return llmcost.page.headline.finding; },
  figure({ rows }, theme) {
    const line = (name, key, color, width = 2) => ({ type: "scatter", mode: "lines+markers", name, x: rows.map((row) => row.tokens_per_day), y: rows.map((row) => row[key]), line: { color, width }, marker: { color, size: 7 }, hovertemplate: "%{x:,.3s} tokens a day<br>%{y:$,.0f} a month<extra>%{fullData.name}</extra>" });
    const tried = rows.filter((row) => !row.crossing);
    const edge = (key, fill) => ({ type: "scatter", mode: "lines", x: tried.map((row) => row.tokens_per_day), y: tried.map((row) => row[key]), line: { width: 0 }, hoverinfo: "skip", showlegend: false, ...(fill ? { fill: "tonexty", fillcolor: `${theme.good}33` } : {}) });
    const band = [edge("hosted_low_usd", false), edge("hosted_high_usd", true)];
    const crossings = llmcost.page.crossings.map((crossing) => crossing.tokens_per_day);
    return {
      data: [...band, line("API", "api_usd", theme.colors[0]), line("API with caching", "cached_usd", theme.colors[1]), ...(rows.some((row) => row.managed_usd !== null) ? [line("managed API", "managed_usd", theme.colors[3])] : []), line("self-hosted", "hosted_usd", theme.good, 3)],
      layout: { height: 420, showlegend: true, xaxis: { type: "log", exponentformat: "SI", dtick: 1, title: { text: "tokens a day", font: { size: 12 } } },
        shapes: crossings.map((at) => ({ type: "line", x0: at, x1: at, yref: "paper", y0: 0, y1: 1, line: { color: theme.bad, width: 1.5, dash: "dot" } })),
        annotations: crossings.map((at, place) => ({ x: Math.log10(at), yref: "paper", y: 1, yshift: 15 * place, yanchor: "bottom", text: llmcost.page.crossings[place].said, showarrow: false, font: { size: 11, color: theme.bad } })), margin: { t: 14 + 15 * crossings.length }, yaxis: { type: "log", tickformat: llmcost.DOLLARS, dtick: 1 } },
    };
  },
});
