// Who spends it: by project, user, session, ticket or tag, which the reader chooses.
"use strict";
llmcost.keyed = () => llmcost.tables.keys.find((row) => row.by === llmcost.filter.by) ?? llmcost.tables.keys[0];
llmcost.keyName = (by) => (by.startsWith("tag:") ? `tag ${llmcost.name(by.slice(4), 40)}` : by);
llmcost.chart({
  id: "by", section: "What it was spent on", filters: () => llmcost.keyed().table,
  applies: () => llmcost.tables.keys.length > 0,
  about: "Cost by project, user, session or tag; the most expensive have a name.",
  nothing: "No requests",
  controls(changed) {
    const options = llmcost.tables.keys.map(({ by, values }) => [by, `${llmcost.keyName(by)} (${values.toLocaleString("en-US")})`]);
    return [llmcost.menu("by-key", "By", options, llmcost.keyed().by, (by) => { llmcost.filter.by = by; changed(); })];
  },
  table() {
    const measures = ["requests", "prompt_tokens", "output_tokens", "cost_usd", "unpriced_requests"];
    const summed = llmcost.sum(llmcost.shown(llmcost.keyed().table), ["value"], measures);
    const last = (row) => (row.value === null ? 2 : row.value === "(others)" ? 1 : 0);
    const all = llmcost.total(summed, "cost_usd");
    const rows = llmcost.highest(summed).sort((a, b) => last(a) - last(b)).map((row) => {
      const priced = row.requests - row.unpriced_requests;
      return { ...row, cost_share: row.cost_usd === null || !all ? null : row.cost_usd / all, cost_per_request_usd: priced > 0 ? row.cost_usd / priced : null };
    });
    return { rows, columns: [
      { key: "value", label: llmcost.keyName(llmcost.keyed().by), as: "text" }, { key: "requests", label: "Requests", as: "exact" }, { key: "cost_usd", label: "Cost", as: "usd" },
      { key: "cost_share", label: "Share", as: "share" }, { key: "cost_per_request_usd", label: "A request", as: "usd" },
      { key: "prompt_tokens", label: "Prompt tokens", as: "count" }, { key: "output_tokens", label: "Output tokens", as: "count" },
    ] };
  },
  bars: ({ rows }) => rows.filter((row) => row.cost_usd > 0).length,
  title({ rows }) {
    const { by, values } = llmcost.keyed();
    const named = rows.filter((row) => row.value !== null && row.value !== "(others)" && row.cost_usd > 0);
    const [first, second] = named;
    const none = rows.find((row) => row.value === null);
    const without = none?.cost_share ? `; ${llmcost.share(none.cost_share)} has no ${llmcost.keyName(by)}` : "";
    if (!first) return `No cost with a ${llmcost.keyName(by)}`;
    if (!second) return `${values === 1 ? "All" : "Most"} of what has a ${llmcost.keyName(by)} is ${llmcost.name(first.value, 40)}, ${llmcost.usd(first.cost_usd)}${without}`;
    return `${llmcost.name(first.value, 30)} and ${llmcost.name(second.value, 30)} make up ${llmcost.share(first.cost_share + second.cost_share)} of the cost${without}`;
  },
  figure({ rows }, theme) {
    const most = theme.narrow ? 10 : 16;
    const priced = rows.filter((row) => row.cost_usd > 0);
    const folded = priced.filter((row, place) => row.value !== null && (place >= most || row.value === "(others)"));
    const shown = priced.filter((row) => !folded.includes(row)).map((row) => ({ ...row, name: row.value ?? "(none)" }));
    if (folded.length) {
      const { values } = llmcost.keyed();
      const named = shown.filter((row) => row.value !== null).length;
      const sum = llmcost.total(folded, "cost_usd");
      const text = llmcost.filtered() ? "(others)" : `(${llmcost.plural(values - named, "other")})`;
      shown.push({ name: text, rest: true, cost_usd: sum, cost_share: llmcost.total(folded, "cost_share") });
    }
    const names = shown.map((row, place) => `${llmcost.label(row.name, theme.narrow ? 20 : 34)}${"\u200b".repeat(place)}`);
    const { usd } = llmcost.together(shown.map((row) => row.cost_usd));
    const longest = Math.max(...shown.map((row) => row.cost_usd));
    return {
      data: [{ type: "bar", orientation: "h", y: names, x: shown.map((row) => row.cost_usd), marker: { color: shown.map((row) => (row.rest || row.value === null ? theme.rest : theme.accent)) },
        text: shown.map((row) => usd(row.cost_usd) + (theme.narrow ? "" : ` · ${llmcost.share(row.cost_share)}`)), textposition: "outside", cliponaxis: false, textfont: { size: 12, color: theme.soft }, hovertemplate: "%{y}<br>%{x:$,.2f}<extra></extra>" }],
      layout: { height: 60 + 26 * shown.length, yaxis: { autorange: "reversed", ticklabelstandoff: 6 }, xaxis: { tickformat: llmcost.DOLLARS, range: [0, longest * (theme.narrow ? 1.7 : 1.35)] }, bargap: 0.3 },
    };
  },
});
