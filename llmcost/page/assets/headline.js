// The first lines of a report: what was spent, and whether it is rising.
"use strict";
llmcost.nothing = () => llmcost.page.kind === "report" && !llmcost.tables.cube.length;
llmcost.spent = () => {
  if (llmcost.nothing()) {
    return { lead: "There are no requests here", sub: "Read logs with llmcost ingest, or choose other days and filters: llmcost report --help lists them.", cards: [] };
  }
  const rows = llmcost.shown("cube");
  const sum = llmcost.sum(rows, [], llmcost.MEASURES)[0] ?? {};
  const byDay = llmcost.sum(rows.filter((row) => row.day !== null), ["day"], ["requests", "cost_usd"]);
  const prompt = (sum.input_tokens ?? 0) + (sum.cache_read_tokens ?? 0) + (sum.cache_write_tokens ?? 0);
  const priced = (sum.requests ?? 0) - (sum.unpriced_requests ?? 0);
  const days = llmcost.calendar(byDay);
  const span = days.length > 1 ? `${days[0].day} to ${days.at(-1).day}` : days.length ? `on ${days[0].day}` : "no times in the log";
  const gaps = byDay.length < days.length ? `, on ${byDay.length} of ${llmcost.plural(days.length, "day")}` : "";
  return {
    lead: rows.length ? priced > 0 ? `${llmcost.usd(sum.cost_usd)} spent${llmcost.rising(days)}` : "Spend is unknown: no request here has a price" : "No requests in this view",
    sub: rows.length ? `${llmcost.plural(sum.requests, "request")}, ${span}${gaps}.` : "Choose other days, features or models.",
    cards: [
      ["Cost", llmcost.usd(sum.cost_usd ?? null), sum.cost_usd ?? null, byDay.length && priced > 0 ? `${llmcost.usd(llmcost.total(byDay, "cost_usd") / byDay.length)} a day${gaps ? " with requests" : ""}` : ""],
      ["Requests", llmcost.count(sum.requests ?? 0), sum.requests ?? 0, priced > 0 ? `${llmcost.usd((sum.cost_usd ?? 0) / priced)} each` : ""],
      ["Input tokens", llmcost.count(sum.input_tokens ?? 0), sum.input_tokens ?? 0, "not cached"],
      ["Cache read", llmcost.count(sum.cache_read_tokens ?? 0), sum.cache_read_tokens ?? 0, prompt ? `${llmcost.share((sum.cache_read_tokens ?? 0) / prompt)} of the input` : ""],
      ["Cache write", llmcost.count(sum.cache_write_tokens ?? 0), sum.cache_write_tokens ?? 0, ""],
      ["Output tokens", llmcost.count(sum.output_tokens ?? 0), sum.output_tokens ?? 0, ""],
      ...(sum.unpriced_requests ? [["Without a price", llmcost.count(sum.unpriced_requests), sum.unpriced_requests, "excluded from totals"]] : []),
    ],
  };
};

// The last seven whole days against the seven before; empty where there are too few, or a week has no requests.
llmcost.rising = (calendar) => {
  const whole = calendar.slice(1, -1); // the first and the last day may be cut off
  if (whole.length < 14) return "";
  const weeks = [whole.slice(-7), whole.slice(-14, -7)];
  if (weeks.some((week) => !week.some((row) => row.requests > 0))) return "";
  const [last, before] = weeks.map((week) => llmcost.total(week, "cost_usd"));
  if (!before) return "";
  const change = last / before - 1;
  if (Math.abs(change) < 0.05) return "; the last week is about the same as the week before";
  return `; the last week is ${change > 0 ? "up" : "down"} ${Math.round(100 * Math.abs(change))}% from the week before`;
};
