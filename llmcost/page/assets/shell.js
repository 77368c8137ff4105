// The page around the charts: headline, figures with their tables, and drawing them again when something changes.
"use strict";
llmcost.element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

// A chart: { id, section, about, table(): {columns, rows}, title(table), figure(table, theme), filters: table name or what gives it, bars(table), controls(changed), note() }.
// It is drawn where it applies; where it has nothing to draw, its title says why; a single bar, or none, says no more than the title.
llmcost.chart = (chart) => llmcost.charts.push(chart);

llmcost.theme = () => {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: color("ink"), soft: color("soft"), grid: color("grid"), card: color("card"), line: color("line"), rest: color("rest"),
    accent: color("accent"), good: color("good"), bad: color("bad"), warn: color("warn"),
    colors: Array.from({ length: 8 }, (_, place) => color(`c${place}`)),
    narrow: document.documentElement.clientWidth < 640,
    color(place, name) { return name === "(others)" ? this.rest : this.colors[place % this.colors.length]; },
  };
};

llmcost.layout = (theme, own, data) => {
  const axis = { gridcolor: theme.grid, zeroline: false, linecolor: theme.line, tickfont: { size: 12 }, automargin: true, fixedrange: true };
  return {
    ...own,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, -apple-system, Segoe UI, Roboto, DejaVu Sans, sans-serif", size: 13, color: theme.ink },
    margin: { l: 8, r: 12, t: 10, b: 8, ...own.margin },
    height: (own.height ?? 340) * (llmcost.printing ? llmcost.PRINT[data.some((trace) => trace.orientation === "h") ? "lying" : "other"] : 1),
    ...(llmcost.printing ? { width: llmcost.PRINT_WIDTH } : {}),
    xaxis: { ...axis, ...own.xaxis }, yaxis: { ...axis, ...own.yaxis },
    ...(own.yaxis2 ? { yaxis2: { ...axis, ...own.yaxis2 } } : {}),
    hoverlabel: { bgcolor: theme.card, bordercolor: theme.line, font: { color: theme.ink, size: 13 }, align: "left" },
    showlegend: false, // `llmcost.legend` makes one that never lies over an axis
    uniformtext: { minsize: 10, mode: "hide" },
    bargap: own.bargap ?? 0.22, dragmode: false,
  };
};

// Of the height on a screen, so that two charts and more are on a sheet; bars that lie keep room for their values.
llmcost.PRINT = { lying: 0.7, other: 0.58 };
llmcost.PRINT_WIDTH = 640; // of A4, without the margins

// A menu above a chart: [value, name] each, the chosen one, and what choosing does. It keeps the focus when all is drawn again.
llmcost.menu = (id, word, options, chosen, choose) => {
  const select = llmcost.element("select", { id });
  select.append(...options.map(([value, name]) => llmcost.element("option", { value }, name)));
  select.value = chosen;
  select.addEventListener("change", () => { choose(select.value); document.getElementById(id).focus(); });
  return llmcost.element("label", {}, word, select);
};

// What each color means. A name is Plotly's markup already.
llmcost.legend = (data) => data.filter((trace) => trace.name && trace.showlegend !== false && trace.y?.length).map((trace) => {
  const mark = llmcost.element("span", { class: trace.type === "bar" ? "bar" : trace.mode.includes("lines") ? "line" : "mark" });
  const { color, line, symbol } = trace.marker ?? {};
  const hollow = line && color === "rgba(0,0,0,0)";
  mark.style.color = hollow || String(symbol).startsWith("line") ? line.color : trace.type === "bar" || !trace.line ? color : trace.line.color;
  mark.textContent = { "triangle-down": "▼", "triangle-up": "▲", square: "■", diamond: "◆", cross: "✚", x: "✖", star: "★", "line-ns": "┃" }[symbol] ?? (hollow ? "○" : "●");
  const name = new DOMParser().parseFromString(trace.name, "text/html").body.textContent;
  return llmcost.element("li", {}, mark, name);
});

// A line for each label at these places of an axis, ascending, so that two on the same line are far enough apart.
llmcost.apart = (places, distance) => {
  const ends = [];
  return places.map((place) => {
    const line = ends.findIndex((end) => place - end >= distance);
    const free = line >= 0 ? line : ends.length;
    ends[free] = place;
    return free;
  });
};

llmcost.dateAxis = (rows) => {
  const years = new Set(rows.map((row) => row.day.slice(0, 4)));
  return { type: "date", tickformat: years.size > 1 ? "%-d %b %Y" : "%-d %b", nticks: document.documentElement.clientWidth < 640 ? 4 : 8 };
};

llmcost.figure = (chart, changed) => {
  const title = llmcost.element("h3", { id: `${chart.id}-title` });
  const about = llmcost.element("p");
  const plot = llmcost.element("div", { class: "plot", id: `${chart.id}-plot`, role: "img", tabindex: "0", "aria-labelledby": `${chart.id}-title` });
  const behind = llmcost.element("details", { class: "behind", id: `${chart.id}-table` }, llmcost.element("summary", {}, "Table behind this chart"));
  const controls = llmcost.element("div", { class: "controls" });
  const note = llmcost.element("p", { class: "note" });
  const legend = llmcost.element("ul", { class: "legend", "aria-hidden": "true" });
  const made = llmcost.element("figure", { id: chart.id }, llmcost.element("figcaption", {}, title, about), controls, plot, legend, note, behind);
  const plotted = (table) => {
    const theme = llmcost.theme();
    const { data, layout } = chart.figure(table, theme);
    Plotly.react(plot, data, llmcost.layout(theme, layout, data), { displayModeBar: false, responsive: !llmcost.printing });
    legend.replaceChildren(...(layout.showlegend ? llmcost.legend(data) : []));
  };
  const draw = () => {
    const table = chart.table();
    const missing = chart.filters ? llmcost.unfiltered(typeof chart.filters === "function" ? chart.filters() : chart.filters) : [];
    controls.replaceChildren(...(chart.controls?.(changed) ?? []));
    note.textContent = chart.note?.() ?? "";
    about.textContent = chart.about + (missing.length ? ` Not filtered by ${missing.join(" and ")}.` : "");
    title.textContent = table.rows.length ? chart.title(table) : `${chart.nothing ?? "Nothing to show"}${llmcost.filtered() ? " in this view" : ""}`;
    behind.hidden = table.rows.length === 0;
    plot.hidden = legend.hidden = behind.hidden || chart.bars?.(table) <= 1;
    about.hidden = plot.hidden; // it says how to read what is drawn
    if (plot.hidden) Plotly.purge(plot);
    else plotted(table);
    behind.querySelector(".held")?.remove();
    if (behind.open) behind.append(llmcost.held(chart.id, table));
    behind.ontoggle = () => {
      behind.querySelector(".held")?.remove();
      if (behind.open) behind.append(llmcost.held(chart.id, table));
    };
  };
  return { made, draw };
};

llmcost.headline = () => {
  const top = document.getElementById("top");
  const view = llmcost.page.headline ? llmcost.page.headline : llmcost.spent();
  const cards = view.cards.map(([word, shown, value, small]) => llmcost.element("div", {},
    llmcost.element("dt", {}, word),
    llmcost.element("dd", { "data-name": word, "data-value": String(value) }, shown, ...(small ? [llmcost.element("small", {}, small)] : []))));
  top.replaceChildren(
    llmcost.element("h1", {}, llmcost.page.title),
    llmcost.element("p", { class: "lead" }, view.lead),
    llmcost.element("p", { class: "sub" }, view.sub),
    llmcost.element("dl", { class: "cards" }, ...cards));
};

// What stands between backticks as code; one that is not closed stays as it is.
llmcost.quoted = (line) => line.split(/`([^`]+)`/).map((part, place) => (place % 2 ? llmcost.element("code", {}, part) : part));

llmcost.ending = () => {
  const bullets = (lines) => llmcost.element("ul", { class: "plain" }, ...lines.map((line) => llmcost.element("li", {}, ...llmcost.quoted(llmcost.name(line, 600)))));
  const long = (words, lines) => llmcost.element("details", { class: "long" }, llmcost.element("summary", {}, words), bullets(lines));
  const list = (heading, lines, most) => {
    if (!lines.length) return [];
    const more = lines.slice(most);
    const first = most ? [bullets(lines.slice(0, most))] : [];
    return [llmcost.element("section", {}, llmcost.element("h2", {}, heading), ...first,
      ...(more.length ? [long(most ? `${more.length} more` : `What the numbers take for granted, in ${llmcost.plural(more.length, "line")}`, more)] : []))];
  };
  const account = llmcost.tables.account ?? [];
  const columns = [["format", "Format", "text"], ["lines", "Lines", "exact"], ["requests", "Requests", "exact"], ["duplicates", "Duplicates", "exact"], ["no_call", "No call", "exact"], ["rejects", "Rejects", "exact"]];
  const lines = account.length
    ? [llmcost.element("section", {}, llmcost.element("h2", {}, "Every line that was read"), llmcost.held("account", { columns: columns.map(([key, label, as]) => ({ key, label, as })), rows: account }))]
    : [];
  document.getElementById("end").replaceChildren(
    ...list("Caveats", llmcost.page.notes, 4), ...list("Assumptions", llmcost.nothing() ? [] : llmcost.page.assumptions, 0), ...lines,
    llmcost.element("p", {}, `Made by llmcost ${llmcost.page.version}. Times are ${llmcost.page.timezone ?? "UTC"}, dollars are list prices unless llmcost.toml says otherwise.`));
};

// The figures of the charts that apply, in their sections: those that are there already, unless others apply now.
llmcost.assembled = (figures, changed) => {
  const apply = llmcost.nothing() ? [] : llmcost.charts.filter((chart) => chart.applies?.() ?? true);
  if (figures.map(({ made }) => made.id).join() === apply.map(({ id }) => id).join()) return figures;
  const sections = new Map();
  const found = apply.map((chart) => {
    if (!sections.has(chart.section)) sections.set(chart.section, llmcost.element("section", {}, llmcost.element("h2", {}, chart.section)));
    const figure = llmcost.figure(chart, changed);
    sections.get(chart.section).append(figure.made);
    return figure;
  });
  document.getElementById("charts").replaceChildren(...sections.values());
  return found;
};

llmcost.start = () => {
  llmcost.load();
  llmcost.readAddress();
  const draw = () => { llmcost.headline(); figures.forEach((figure) => figure.draw()); };
  const changed = () => { llmcost.writeAddress(); draw(); };
  let figures = llmcost.assembled([], changed);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const dress = (isDark) => { document.documentElement.dataset.theme = isDark ? "dark" : "light"; };
  dress(dark.matches);
  llmcost.buildFilters(changed);
  draw();
  llmcost.ending();
  dark.addEventListener("change", () => { dress(dark.matches); draw(); });
  const print = (printing) => {
    llmcost.printing = printing;
    dress(!printing && dark.matches);
    document.querySelectorAll("details.long").forEach((details) => { details.open = printing; });
    draw();
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  llmcost.watch?.(() => {
    llmcost.load();
    llmcost.buildFilters(changed);
    figures = llmcost.assembled(figures, changed);
    draw();
    llmcost.ending();
  });
  document.documentElement.dataset.ready = "true";
};
