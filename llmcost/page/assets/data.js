// The tables of the page, and sums over them. A table travels as columns; texts as places in a dictionary.
"use strict";
const llmcost = { charts: [], page: JSON.parse(document.getElementById("data").textContent) };

llmcost.unpack = (packed) => {
  const columns = packed.columns.map((column) => {
    const values = packed.values[column];
    const words = packed.words[column];
    return words ? values.map((place) => (place === null ? null : words[place])) : values;
  });
  return Array.from({ length: packed.length }, (_, row) =>
    Object.fromEntries(packed.columns.map((name, place) => [name, columns[place][row]])));
};

llmcost.load = () => {
  llmcost.tables = Object.fromEntries(
    Object.entries(llmcost.page.tables).map(([name, packed]) => [name, llmcost.unpack(packed)]));
};

// Rows added up by the values of some columns. A sum of nulls only is null: an unknown price is not 0.
llmcost.sum = (rows, keys, measures) => {
  const groups = new Map();
  for (const row of rows) {
    const key = JSON.stringify(keys.map((name) => row[name]));
    let group = groups.get(key);
    if (!group) {
      group = Object.fromEntries(keys.map((name) => [name, row[name]]));
      for (const measure of measures) group[measure] = null;
      groups.set(key, group);
    }
    for (const measure of measures) {
      if (row[measure] !== null && row[measure] !== undefined) group[measure] = (group[measure] ?? 0) + row[measure];
    }
  }
  return [...groups.values()];
};

// Every day that the page and its filter cover, those without requests too: 0 requests, and no dollars. Where clocks were so
// wrong that the page names no days of its own, every day from the first of these rows to the last.
llmcost.calendar = (byDay) => {
  if (!byDay.length) return [];
  const known = new Map(byDay.map((row) => [row.day, row]));
  const own = [...known.keys()].sort();
  const covers = llmcost.page.days ?? [own[0], own.at(-1)];
  const { since, until } = llmcost.filter;
  const first = since > covers[0] ? since : covers[0];
  const last = until && until < covers[1] ? until : covers[1];
  const all = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += 86400000) {
    const day = new Date(at).toISOString().slice(0, 10);
    all.push(known.get(day) ?? { day, requests: 0, cost_usd: 0 });
  }
  return all;
};

llmcost.total = (rows, measure) => rows.reduce((sum, row) => sum + (row[measure] ?? 0), 0);
llmcost.highest = (rows, measure = "cost_usd") => [...rows].sort((a, b) => (b[measure] ?? -1) - (a[measure] ?? -1));

// The most expensive rows, and the others as one.
llmcost.top = (rows, count, keys, measures) => {
  const sorted = llmcost.highest(rows);
  const isRest = (row) => keys.some((key) => row[key] === "(others)"); // the page's tables have one of their own
  const named = sorted.filter((row) => !isRest(row));
  if (named.length === sorted.length && named.length <= count + 1) return sorted;
  const rest = llmcost.sum([...named.slice(count), ...sorted.filter(isRest)].map((row) => ({ ...row, ...Object.fromEntries(keys.map((key) => [key, "(others)"])) })), keys, measures);
  return [...named.slice(0, count), ...rest];
};

llmcost.MEASURES = ["requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "cost_usd", "unpriced_requests"];

// What to call a prompt: its label, where there is one.
llmcost.promptLabel = (prompt) => {
  if (prompt === null) return "no prompt id";
  llmcost.labels ??= new Map(llmcost.tables.prompts.map((row) => [row.prompt, row.label]));
  return llmcost.labels.get(prompt) ?? prompt;
};
