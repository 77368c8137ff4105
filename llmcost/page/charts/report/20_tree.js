// What it was spent on: features, models within them, prompts within those, each as large as its cost.
"use strict";
// The levels at which the cost differs: with a single feature its prompts, then their models.
llmcost.treeLevels = (rows) => {
  const many = (level) => new Set(rows.map((row) => row[level])).size > 1;
  const levels = many("feature") ? ["feature", "model", "prompt"] : ["prompt", "model"];
  return levels.filter((level) => level === "feature" || many(level));
};
llmcost.chart({
  id: "tree", section: "What it was spent on", filters: "cube",
  about: "Area is cost: features, within them models, within them prompts; of a single feature its prompts, within them models. Click one to look inside; the bar above leads back. The table has the names that do not fit.",
  nothing: "Nothing with a price",
  table() {
    const rows = llmcost.highest(llmcost.sum(llmcost.whole(), ["feature", "model", "prompt"], llmcost.MEASURES).filter((row) => row.cost_usd > 0));
    return { rows, levels: llmcost.treeLevels(rows), columns: [
      { key: "feature", label: "Feature", as: "text" }, { key: "model", label: "Model", as: "text" }, { key: "prompt", label: "Prompt", as: "text" },
      { key: "requests", label: "Requests", as: "exact" }, { key: "cost_usd", label: "Cost", as: "usd" },
    ] };
  },
  title({ rows }) {
    const all = llmcost.total(rows, "cost_usd");
    const named = (column) => llmcost.highest(llmcost.sum(rows, [column], ["cost_usd"])).filter((row) => row[column] !== "(others)");
    const [first, second] = named("feature");
    const [model] = named("model");
    const features = second ? `${llmcost.name(first.feature, 30)} and ${llmcost.name(second.feature, 30)} make up ${llmcost.share((first.cost_usd + second.cost_usd) / all)} of the cost` : `All of it is ${llmcost.name(first.feature, 30)}`;
    return `${features}; ${llmcost.name(model.model, 30)} costs ${llmcost.share(model.cost_usd / all)}`;
  },
  bars: ({ rows }) => rows.length,
  figure({ rows, levels }, theme) {
    const nodes = []; // a branch is worth what its leaves are, and nothing else
    const called = (level, value) => llmcost.label(level === "prompt" ? llmcost.promptLabel(value) : value, theme.narrow ? 20 : 40);
    const add = (own, depth, parent, color) => {
      const [level] = levels.slice(depth);
      const last = depth === levels.length - 1;
      llmcost.highest(llmcost.sum(own, [level], ["cost_usd"])).forEach((group, place) => {
        const id = JSON.stringify([parent, group[level]]);
        const shade = color ?? theme.color(place, group[level]);
        nodes.push({ id, parent, label: called(level, group[level]), value: last ? group.cost_usd : 0, cost_usd: group.cost_usd, color: shade });
        if (!last) add(own.filter((row) => row[level] === group[level]), depth + 1, id, shade);
      });
    };
    add(rows, 0, "", null);
    const { usd } = llmcost.together(nodes.map((node) => node.cost_usd));
    const of = (key) => nodes.map((node) => node[key]);
    return {
      data: [{
        type: "treemap", ids: of("id"), parents: of("parent"), labels: of("label"), values: of("value"), branchvalues: "remainder", maxdepth: 2,
        marker: { colors: of("color"), line: { width: 1, color: theme.card } }, tiling: { pad: 2 }, pathbar: { thickness: 22 },
        customdata: of("cost_usd").map(usd), texttemplate: "%{label}<br>%{customdata}", hovertemplate: "%{label}<br>%{customdata}, %{percentRoot:.1%} of all<extra></extra>",
        textfont: { color: of("color").map(llmcost.on) }, root: { color: "rgba(0,0,0,0)" },
      }],
      layout: { height: theme.narrow ? 360 : 440, margin: { l: 0, r: 0, t: 4, b: 4 } },
    };
  },
});
