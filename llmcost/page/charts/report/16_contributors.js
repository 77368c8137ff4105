// Who made the change: the contributors to the two periods chosen above, each with what made its own part.
"use strict";
llmcost.contributors = () => {
  const { from, to } = llmcost.compared();
  const rows = llmcost.tables.contributors.filter((row) => row.from === from && row.to === to);
  return { rows, keys: [...new Set(rows.map((row) => row.by))] };
};
// The largest of each key in turn, so that every key has its say, in the order of the keys.
llmcost.leading = (rows, keys, most) => {
  const own = keys.map((by) => rows.filter((row) => row.by === by));
  const rounds = Math.max(0, ...own.map((group) => group.length));
  const taken = Array.from({ length: rounds }, (_, place) => own.flatMap((group) => group.slice(place, place + 1))).flat().slice(0, most);
  return rows.filter((row) => taken.includes(row));
};
llmcost.chart({
  id: "contributors", section: "Why it changed", filters: "changes",
  applies: () => llmcost.tables.changes.length > 0,
  about: "Whose spend changed most between the same two periods, and what made it of each one's own requests, as in llmcost explain. The rows of one key may add up to the change; those of different keys overlap.",
  get nothing() {
    const { from, to } = llmcost.compared();
    return `Who made it: llmcost explain --from ${from} --to ${to}`;
  },
  controls(changed) {
    const { rows, keys } = llmcost.contributors();
    if (!rows.length) return [];
    const chosen = keys.includes(llmcost.filter.who) ? llmcost.filter.who : "";
    const options = [["", "every key"], ...keys.map((by) => [by, llmcost.keyName(by)])];
    return [llmcost.menu("contributors-key", "By", options, chosen, (by) => { llmcost.filter.who = by || null; changed(); })];
  },
  table() {
    const { rows, keys } = llmcost.contributors();
    const { who } = llmcost.filter;
    const each = (row, side) => {
      const priced = row[`${side}_requests`] - row[`${side}_unpriced_requests`];
      return priced > 0 ? row[`${side}_usd`] / priced : null;
    };
    const shown = rows.filter((row) => !keys.includes(who) || row.by === who).map((row) => ({ ...row, from_each: each(row, "from"), to_each: each(row, "to") }));
    const parts = llmcost.tables.parts.filter(({ part }) => shown.some((row) => row[part] !== 0));
    return { rows: shown, parts, columns: [
      { key: "by", label: "By", as: "text" }, { key: "value", label: "Who", as: "text" }, { key: "from_usd", label: "Before", as: "usd" }, { key: "to_usd", label: "After", as: "usd" },
      { key: "change_usd", label: "Change", as: "signed" }, { key: "from_requests", label: "Requests before", as: "exact" }, { key: "to_requests", label: "After", as: "exact" },
      { key: "from_each", label: "A request before", as: "usd" }, { key: "to_each", label: "After", as: "usd" },
      ...parts.map(({ part, name }) => ({ key: part, label: `Of it ${name}`, as: "signed" })), { key: "example_request_id", label: "Example", as: "text" },
    ] };
  },
  title({ rows, parts }) {
    // the only value of a key made all of the change, which says nothing about who
    const telling = rows.filter((row) => rows.some((other) => other.by === row.by && other !== row));
    const most = [...(telling.length ? telling : rows)].sort((a, b) => Math.abs(b.change_usd) - Math.abs(a.change_usd))[0];
    const main = [...parts].sort((a, b) => Math.abs(most[b.part]) - Math.abs(most[a.part]))[0];
    const how = !most.from_requests ? "which is new" : !most.to_requests ? "which ended" : `mainly ${main.name}`;
    return `Largest change: ${llmcost.keyName(most.by)} ${llmcost.name(most.value, 40)}, ${llmcost.signed(most.change_usd)}, ${how}`;
  },
  figure({ rows, parts }, theme) {
    const shown = llmcost.leading(rows, [...new Set(rows.map((row) => row.by))], theme.narrow ? 8 : 12);
    const one = new Set(rows.map((row) => row.by)).size === 1;
    const size = (part) => shown.reduce((sum, row) => sum + Math.abs(row[part]), 0);
    const moved = parts.reduce((sum, { part }) => sum + size(part), 0);
    const large = parts.filter(({ part }) => size(part) > 0.02 * moved).sort((a, b) => size(b.part) - size(a.part)).slice(0, theme.colors.length);
    const small = parts.filter((part) => !large.includes(part));
    const names = shown.map((row, place) => {
      const key = one ? "" : `${llmcost.label(llmcost.keyName(row.by), 20)}${theme.narrow ? "<br>" : " "}`;
      return `${key}${llmcost.label(row.value, theme.narrow ? 18 : 40)}${"\u200b".repeat(place)}`;
    });
    const drawn = [
      ...parts.filter((part) => large.includes(part)).map(({ part, name }, place) => ({ name, color: theme.color(place), x: shown.map((row) => row[part]) })),
      ...(small.length ? [{ name: "other causes", color: theme.rest, x: shown.map((row) => small.reduce((sum, { part }) => sum + row[part], 0)) }] : []),
    ];
    const ends = (sign) => shown.map((_, place) => drawn.reduce((sum, { x }) => sum + Math.max(0, sign * x[place]), 0));
    const [up, down] = [ends(1), ends(-1)];
    const [least, most] = [-Math.max(...down), Math.max(...up, 1e-9)];
    const { signed } = llmcost.together(shown.map((row) => row.change_usd));
    return {
      data: [
        ...drawn.map(({ name, color, x }) => ({ type: "bar", orientation: "h", name, y: names, x, marker: { color }, customdata: x.map(signed), hovertemplate: `%{y}<br>%{customdata} ${name}<extra></extra>` })),
        { type: "scatter", mode: "text", y: names, x: up, text: shown.map((row) => ` ${signed(row.change_usd)}`), textposition: "middle right", textfont: { size: 12, color: theme.ink }, cliponaxis: false, hoverinfo: "skip" },
      ],
      layout: { barmode: "relative", showlegend: true, height: 60 + (theme.narrow ? 38 : 28) * shown.length, yaxis: { type: "category", autorange: "reversed", ticklabelstandoff: 6 }, xaxis: { tickformat: llmcost.DOLLARS, range: [1.02 * least, most + (theme.narrow ? 0.6 : 0.18) * (most - least)], nticks: theme.narrow ? 4 : 8 }, bargap: 0.3 },
    };
  },
});
