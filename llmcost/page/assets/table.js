// The table behind a chart: sorted by its headings, copied, downloaded as CSV.
"use strict";
llmcost.FORMATS.exact = (value) => (value === null || value === undefined ? "–" : Number(value).toLocaleString("en-US"));

llmcost.held = (id, table) => {
  let { rows } = table;
  const body = llmcost.element("tbody");
  const numeric = (column) => column.as !== "text";
  const fill = () => body.replaceChildren(...rows.map((row) => llmcost.element("tr", {},
    ...table.columns.map((column) => llmcost.element("td", numeric(column) ? { class: "number" } : {}, (llmcost.FORMATS[column.as] ?? String)(row[column.key]))))));
  const headings = table.columns.map((column) => {
    const button = llmcost.element("button", { type: "button" }, column.label);
    const heading = llmcost.element("th", { scope: "col", ...(numeric(column) ? { class: "number" } : {}) }, button);
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") !== "descending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows = [...rows].sort((a, b) => (down ? -1 : 1) * llmcost.compare(a[column.key], b[column.key]));
      fill();
    });
    return heading;
  });
  const said = llmcost.element("span", { role: "status" });
  const copy = llmcost.element("button", { type: "button" }, "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(llmcost.csv(table.columns, rows, "\t"));
      said.textContent = "Copied.";
    } catch { said.textContent = "The browser does not allow copying here; download it instead."; }
  });
  const save = llmcost.element("a", { download: `llmcost-${id}.csv`, role: "button" }, llmcost.element("button", { type: "button", tabindex: "-1" }, "Download CSV"));
  save.addEventListener("click", () => { save.href = URL.createObjectURL(new Blob([llmcost.csv(table.columns, rows, ",")], { type: "text/csv" })); });
  save.href = "#";
  fill();
  return llmcost.element("div", { class: "held" },
    llmcost.element("div", { class: "tools" }, copy, save, said),
    llmcost.element("div", { class: "scroll", tabindex: "0" }, llmcost.element("table", {}, llmcost.element("thead", {}, llmcost.element("tr", {}, ...headings)), body)));
};

llmcost.compare = (a, b) => (a === null ? -1 : b === null ? 1 : typeof a === "number" ? a - b : String(a).localeCompare(String(b)));

// Text that a spreadsheet would run as a formula is quoted with an apostrophe.
llmcost.csv = (columns, rows, separator) => {
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\n\r\t]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return [columns.map((column) => cell(column.key)), ...rows.map((row) => columns.map((column) => cell(row[column.key])))]
    .map((line) => line.join(separator)).join("\n") + "\n";
};
