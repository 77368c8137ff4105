// Why the bill changed: the parts of the change between two periods, which the reader chooses.
"use strict";
llmcost.compared = () => {
  const { changes } = llmcost.tables;
  const { from, to } = llmcost.filter;
  return changes.find((row) => row.from === from && row.to === to) ?? changes[0];
};
llmcost.chart({
  id: "change", section: "Why it changed", filters: "changes",
  applies: () => llmcost.tables.changes.length > 0,
  about: "The dollars that each cause added or took away, as in llmcost explain; they add up to the change.",
  note() {
    const { from, to, notes, unpriced_requests: unpriced } = llmcost.compared();
    return [`The same with more: llmcost explain --from ${from} --to ${to}`, ...(notes ? [notes] : []), ...(unpriced ? [`${llmcost.plural(unpriced, "request")} without a price ${unpriced === 1 ? "is" : "are"} in no part`] : [])].join("; ");
  },
  controls(changed) {
    const { changes } = llmcost.tables;
    const chosen = llmcost.compared();
    const menu = (key, word, rows, pick) => {
      const names = [...new Map(rows.map((row) => [row[key], row[`${key}_name`]]))].sort(([a], [b]) => (a.length - b.length) || (a < b ? 1 : -1));
      return llmcost.menu(`change-${key}`, word, names, chosen[key], (value) => {
        const row = pick(value);
        Object.assign(llmcost.filter, { from: row.from, to: row.to });
        changed();
      });
    };
    const having = (to) => changes.filter((row) => row.to === to);
    return [
      menu("to", "Why", changes, (to) => having(to).find((row) => row.from === chosen.from) ?? having(to)[0]),
      menu("from", "against", having(chosen.to), (from) => having(chosen.to).find((row) => row.from === from)),
    ];
  },
  table() {
    const row = llmcost.compared();
    const parts = llmcost.tables.parts.filter(({ part }) => row[part] !== 0).map(({ part, name }) => ({ part, name, usd: row[part] }));
    return { rows: [{ part: "from", name: row.from_name, usd: row.from_usd }, ...parts, { part: "to", name: row.to_name, usd: row.to_usd }], columns: [
      { key: "name", label: "What made it", as: "text" }, { key: "usd", label: "Dollars", as: "usd" },
    ] };
  },
  title() { return llmcost.compared().headline; },
  figure({ rows }, theme) {
    const parts = rows.slice(1, -1);
    const moved = parts.reduce((sum, row) => sum + Math.abs(row.usd), 0);
    const large = parts.filter((row) => Math.abs(row.usd) > 0.005 * moved);
    const small = parts.filter((row) => !large.includes(row));
    return llmcost.waterfall(theme, {
      from: rows[0], to: rows.at(-1), good: (usd) => usd <= 0,
      steps: [...large, ...(small.length ? [{ name: "other causes", usd: llmcost.total(small, "usd") }] : [])],
    });
  },
});
