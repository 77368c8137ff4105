// A waterfall that lies on its side, so that names and values are read level on every screen.
"use strict";
// `from` and `to` are { name, usd }, `steps` the changes between them, `ends` where a row may lie as well: { name, low, high }.
// Where a change is welcome, `good` tells it.
llmcost.waterfall = (theme, { from, steps, to, ends = [], good }) => {
  const { usd: said, signed } = llmcost.together([from, ...steps, to].map((row) => row.usd));
  let level = from.usd;
  const rows = [{ ...from, base: 0, size: from.usd, color: theme.rest, said: said(from.usd) }];
  for (const { name, usd } of steps) {
    rows.push({ name, base: Math.min(level, level + usd), size: Math.abs(usd), color: good(usd) ? theme.good : theme.bad, said: signed(usd) });
    level += usd;
  }
  rows.push({ ...to, base: 0, size: to.usd, color: theme.accent, said: said(to.usd) });
  const names = rows.map((row) => llmcost.wrapped(row.name, theme.narrow ? 18 : 40));
  const place = (name) => names[rows.findIndex((row) => row.name === name)];
  const most = Math.max(...rows.map((row) => row.base + row.size), ...ends.map((end) => end.high), 1e-9);
  const least = Math.min(0, ...rows.map((row) => row.base), ...ends.map((end) => end.low));
  const look = llmcost.figures.waterfall;
  return {
    data: [
      { ...look.bar, y: names, x: rows.map((row) => row.size), base: rows.map((row) => row.base), marker: { color: rows.map((row) => row.color) },
        hovertext: rows.map((row) => row.said) },
      { ...look.label, y: names, x: rows.map((row) => Math.max(row.base + row.size, ...ends.filter((end) => end.name === row.name).map((end) => end.high))), text: rows.map((row) => ` ${row.said}`), textfont: { size: 12, color: theme.ink } },
      ...ends.map(({ name, low, high }) => ({ ...look.end, y: [place(name), place(name)], x: [low, high], line: { color: theme.ink, width: 2 } })),
    ],
    layout: { height: 70 + (theme.narrow ? 40 : 32) * rows.length, yaxis: look.layout.yaxis, xaxis: { ...look.layout.xaxis, range: [least, least + (most - least) * (theme.narrow ? 1.4 : 1.14)], nticks: theme.narrow ? 4 : 8 }, bargap: look.layout.bargap },
  };
};
