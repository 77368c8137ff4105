// When: days of the week by hours of the day.
"use strict";
llmcost.WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
llmcost.chart({
  id: "hours", section: "When", filters: "hours",
  about: "Dollars by day of the week and hour of the day over the days shown.",
  nothing: "No request has a time",
  bars: ({ rows }) => (rows.some((row) => row.cost_usd > 0) ? rows.length : 0),
  table() {
    const rows = llmcost.sum(llmcost.shown("hours").map((row) => ({ ...row, weekday: (new Date(`${row.day}T00:00:00Z`).getUTCDay() + 6) % 7 })), ["weekday", "hour"], ["requests", "cost_usd"])
      .sort((a, b) => a.weekday - b.weekday || a.hour - b.hour).map((row) => ({ ...row, weekday_name: llmcost.WEEKDAYS[row.weekday] }));
    return { rows, columns: [
      { key: "weekday_name", label: "Weekday", as: "text" }, { key: "hour", label: "Hour", as: "exact" },
      { key: "requests", label: "Requests", as: "exact" }, { key: "cost_usd", label: "Cost", as: "usd" },
    ] };
  },
  title({ rows }) {
    const all = llmcost.total(rows, "cost_usd");
    const office = llmcost.total(rows.filter((row) => row.weekday < 5 && row.hour >= 8 && row.hour < 18), "cost_usd");
    const [most] = llmcost.highest(rows);
    const hour = (value) => String(value).padStart(2, "0");
    return all > 0 ? `${llmcost.share(office / all)} is spent from Monday to Friday between 8 and 18 h; most on ${most.weekday_name} at ${hour(most.hour)} h` : "Requests by hour; none has a price";
  },
  figure({ rows }, theme) {
    const z = llmcost.WEEKDAYS.map((_, weekday) => Array.from({ length: 24 }, (__, hour) => rows.find((row) => row.weekday === weekday && row.hour === hour)?.cost_usd ?? 0));
    return {
      data: [{ type: "heatmap", z, x: Array.from({ length: 24 }, (_, hour) => hour), y: llmcost.WEEKDAYS, xgap: 2, ygap: 2, colorscale: [[0, theme.grid], [1, theme.accent]], showscale: !theme.narrow, colorbar: { thickness: 8, outlinewidth: 0, tickformat: llmcost.DOLLARS, len: 0.9 }, hovertemplate: "%{y} %{x} h<br>%{z:$,.2f}<extra></extra>" }],
      layout: { height: 270, yaxis: { autorange: "reversed", showgrid: false }, xaxis: { dtick: theme.narrow ? 6 : 3, ticksuffix: " h", showgrid: false } },
    };
  },
});
