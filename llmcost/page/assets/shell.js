// The page around the charts: headline, figures with their tables, and drawing them again when something changes.
"use strict";
llmcost.element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

// A chart: { id, section, about, table(): {columns, rows}, title(table), figure(table, theme), filters: table name }.
// It is drawn where it applies; where it has nothing to draw, its title says why.
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

llmcost.layout = (theme, own) => {
  const axis = { gridcolor: theme.grid, zeroline: false, linecolor: theme.line, tickfont: { size: 12 }, automargin: true, fixedrange: true };
  return {
    ...own,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, -apple-system, Segoe UI, Roboto, DejaVu Sans, sans-serif", size: 13, color: theme.ink },
    margin: { l: 8, r: 12, t: 10, b: 8, ...own.margin },
    height: own.height ?? 340,
    xaxis: { ...axis, ...own.xaxis }, yaxis: { ...axis, ...own.yaxis },
    ...(own.yaxis2 ? { yaxis2: { ...axis, ...own.yaxis2 } } : {}),
    hoverlabel: { bgcolor: theme.card, bordercolor: theme.line, font: { color: theme.ink, size: 13 }, align: "left" },
    legend: { orientation: "h", traceorder: "normal", x: 0, y: -0.16, yanchor: "top", font: { size: 12 }, itemclick: false, itemdoubleclick: false, ...own.legend },
    showlegend: own.showlegend ?? false,
    bargap: own.bargap ?? 0.22, dragmode: false,
  };
};

llmcost.figure = (chart) => {
  const title = llmcost.element("h3", { id: `${chart.id}-title` });
  const about = llmcost.element("p");
  const plot = llmcost.element("div", { class: "plot", id: `${chart.id}-plot`, role: "img", tabindex: "0", "aria-labelledby": `${chart.id}-title` });
  const behind = llmcost.element("details", { class: "behind", id: `${chart.id}-table` }, llmcost.element("summary", {}, "Table behind this chart"));
  const made = llmcost.element("figure", { id: chart.id }, llmcost.element("figcaption", {}, title, about), plot, behind);
  const draw = () => {
    const table = chart.table();
    const missing = chart.filters ? llmcost.unfiltered(chart.filters) : [];
    about.textContent = chart.about + (missing.length ? ` Not filtered by ${missing.join(" and ")}.` : "");
    title.textContent = table.rows.length ? chart.title(table) : `${chart.nothing ?? "Nothing to show"}${llmcost.filtered() ? " in this view" : ""}`;
    behind.hidden = plot.hidden = table.rows.length === 0;
    if (plot.hidden) { Plotly.purge(plot); return; }
    const theme = llmcost.theme();
    const { data, layout } = chart.figure(table, theme);
    Plotly.react(plot, data, llmcost.layout(theme, layout), { displayModeBar: false, responsive: true });
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

llmcost.ending = () => {
  const list = (heading, lines) => (lines.length
    ? [llmcost.element("section", {}, llmcost.element("h2", {}, heading), llmcost.element("ul", { class: "plain" }, ...lines.map((line) => llmcost.element("li", {}, llmcost.name(line, 600)))))]
    : []);
  const account = llmcost.tables.account ?? [];
  const columns = [["format", "Format", "text"], ["lines", "Lines", "exact"], ["requests", "Requests", "exact"], ["duplicates", "Duplicates", "exact"], ["no_call", "No call", "exact"], ["rejects", "Rejects", "exact"]];
  const lines = account.length
    ? [llmcost.element("section", {}, llmcost.element("h2", {}, "Every line that was read"), llmcost.held("account", { columns: columns.map(([key, label, as]) => ({ key, label, as })), rows: account }))]
    : [];
  document.getElementById("end").replaceChildren(
    ...list("Caveats", llmcost.page.notes), ...list("Assumptions", llmcost.page.assumptions), ...lines,
    llmcost.element("p", {}, `Made by llmcost ${llmcost.page.version}. Times are ${llmcost.page.timezone ?? "UTC"}, dollars are list prices unless llmcost.toml says otherwise.`));
};

llmcost.start = () => {
  llmcost.load();
  llmcost.readAddress();
  const main = document.getElementById("charts");
  const sections = new Map();
  const figures = llmcost.charts.filter((chart) => chart.applies?.() ?? true).map((chart) => {
    if (!sections.has(chart.section)) {
      const section = llmcost.element("section", {}, llmcost.element("h2", {}, chart.section));
      sections.set(chart.section, section);
      main.append(section);
    }
    const figure = llmcost.figure(chart);
    sections.get(chart.section).append(figure.made);
    return figure;
  });
  const draw = () => { llmcost.headline(); figures.forEach((figure) => figure.draw()); };
  const changed = () => { llmcost.writeAddress(); draw(); };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const dress = (isDark) => { document.documentElement.dataset.theme = isDark ? "dark" : "light"; };
  dress(dark.matches);
  llmcost.buildFilters(changed);
  draw();
  llmcost.ending();
  dark.addEventListener("change", () => { dress(dark.matches); draw(); });
  addEventListener("beforeprint", () => { dress(false); draw(); figures.forEach(({ made }) => Plotly.relayout(made.querySelector(".plot"), { width: 660 })); });
  addEventListener("afterprint", () => { dress(dark.matches); draw(); });
  llmcost.watch?.(() => { llmcost.load(); llmcost.buildFilters(changed); draw(); llmcost.ending(); });
  document.documentElement.dataset.ready = "true";
};
