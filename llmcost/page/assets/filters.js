// What is shown: a range of days, some features, some models; which periods are compared, by what spend is added up, and whose part in a change is shown. It is kept in the address, so that a view can be shared.
"use strict";
llmcost.filter = { since: null, until: null, features: [], models: [], from: null, to: null, by: null, who: null };

llmcost.readAddress = () => {
  const given = new URLSearchParams(location.protocol === "file:" ? location.hash.slice(1) : location.search);
  const day = (name) => (/^\d{4}-\d{2}-\d{2}$/.test(given.get(name) ?? "") ? given.get(name) : null);
  llmcost.filter = { since: day("since"), until: day("until"), features: given.getAll("feature"), models: given.getAll("model"), from: given.get("from"), to: given.get("to"), by: given.get("by"), who: given.get("who") };
};

llmcost.writeAddress = () => {
  const said = new URLSearchParams();
  const { features, models } = llmcost.filter;
  for (const name of ["since", "until", "from", "to", "by", "who"]) if (llmcost.filter[name]) said.set(name, llmcost.filter[name]);
  features.forEach((name) => said.append("feature", name));
  models.forEach((name) => said.append("model", name));
  const text = said.toString();
  const address = location.protocol === "file:" ? `#${text}` : text ? `?${text}` : location.pathname;
  history.replaceState(null, "", address);
};

llmcost.filtered = () => llmcost.filter.since !== null || llmcost.filter.until !== null
  || llmcost.filter.features.length > 0 || llmcost.filter.models.length > 0;

// The rows of a table that the filter lets through. A request without a time is in no range of days.
llmcost.shown = (table) => {
  const { since, until, features, models } = llmcost.filter;
  const days = since || until;
  return (llmcost.tables[table] ?? []).filter((row) =>
    (!days || !("day" in row) || (row.day !== null && (!since || row.day >= since) && (!until || row.day <= until)))
    && (!features.length || !("feature" in row) || features.includes(row.feature))
    && (!models.length || !("model" in row) || models.includes(row.model)));
};

// The unusual days: they were looked for in all requests, so that those of some features or models have none.
llmcost.unusual = () => (llmcost.filter.features.length || llmcost.filter.models.length ? [] : llmcost.shown("unusual"));

// The rows of all days together, which have more names than those of each day; those of the days where these are chosen.
llmcost.whole = () => llmcost.shown(llmcost.filter.since || llmcost.filter.until ? "cube" : "whole");

// The filters that a table is too coarse to follow, in words; empty where it follows all that are set.
llmcost.unfiltered = (table) => {
  const rows = llmcost.tables[table] ?? [];
  const lacks = (column) => rows.length > 0 && !(column in rows[0]);
  const { since, until, features, models } = llmcost.filter;
  return [[since || until, "day", "date"], [features.length, "feature", "feature"], [models.length, "model", "model"]]
    .filter(([set, column]) => set && lacks(column)).map(([, , word]) => word);
};

llmcost.buildFilters = (changed) => {
  const form = document.getElementById("filters");
  const cube = llmcost.tables.cube ?? [];
  form.hidden = !cube.length;
  if (form.hidden) return;
  const days = cube.map((row) => row.day).filter((day) => day !== null).sort();
  const date = (name, word) => {
    // a text: the browser's own field shows a date as its language does
    const input = llmcost.element("input", { type: "text", class: "date", id: `filter-${name}`, placeholder: (name === "since" ? days[0] : days.at(-1)) ?? "YYYY-MM-DD", maxlength: "10", autocomplete: "off", spellcheck: "false" });
    input.value = llmcost.filter[name] ?? "";
    input.addEventListener("change", () => {
      const text = input.value.trim();
      const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
      const known = at !== null && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
      input.setCustomValidity(text && !known ? "Write a day as 2026-10-01" : "");
      if (!input.reportValidity()) return;
      llmcost.filter[name] = text || null;
      changed();
    });
    return llmcost.element("label", {}, word, input);
  };
  const names = (column) => llmcost.highest(llmcost.sum(cube, [column], ["cost_usd"]))
    .map((row) => row[column]).filter((name) => name !== null && name !== "(others)");
  const menu = (kind, column, word) => {
    const summary = llmcost.element("summary", { id: `filter-${kind}` });
    const say = () => {
      const chosen = llmcost.filter[kind];
      summary.textContent = chosen.length === 0 ? `All ${word}s` : chosen.length === 1 ? llmcost.name(chosen[0], 34) : `${chosen.length} ${word}s`;
    };
    const boxes = names(column).map((name) => {
      const box = llmcost.element("input", { type: "checkbox" });
      box.value = name;
      box.checked = llmcost.filter[kind].includes(name);
      box.addEventListener("change", () => {
        llmcost.filter[kind] = box.checked ? [...llmcost.filter[kind], name] : llmcost.filter[kind].filter((other) => other !== name);
        say();
        changed();
      });
      return llmcost.element("label", {}, box, llmcost.name(name, 60));
    });
    say();
    const list = llmcost.element("div", { role: "group", "aria-label": `${word}s` }, ...boxes);
    const made = llmcost.element("details", { class: "menu" }, summary, list);
    document.addEventListener("click", (event) => { if (!made.contains(event.target)) made.open = false; });
    made.addEventListener("keydown", (event) => { if (event.key === "Escape") { made.open = false; summary.focus(); } });
    return made;
  };
  const reset = llmcost.element("button", { type: "button", id: "filter-reset" }, "Show everything");
  reset.addEventListener("click", () => {
    Object.assign(llmcost.filter, { since: null, until: null, features: [], models: [] });
    changed();
    llmcost.buildFilters(changed);
  });
  form.replaceChildren(date("since", "From"), date("until", "to"), menu("features", "feature", "feature"), menu("models", "model", "model"), reset);
  form.addEventListener("submit", (event) => event.preventDefault());
};
