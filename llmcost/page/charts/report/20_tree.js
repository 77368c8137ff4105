// What it was spent on: features, models within them, prompts within those, each as large as its cost.
"use strict";
llmcost.chart({
  id: "tree", section: "What it was spent on", filters: "cube",
  about: "Area is cost: feature, within it models, within them prompts. Click a feature to look inside; the bar above leads back.",
  nothing: "Nothing with a price",
  table() {
    const rows = llmcost.highest(llmcost.sum(llmcost.shown("cube"), ["feature", "model", "prompt"], llmcost.MEASURES).filter((row) => row.cost_usd > 0));
    return { rows, columns: [
      { key: "feature", label: "Feature", as: "text" }, { key: "model", label: "Model", as: "text" }, { key: "prompt", label: "Prompt", as: "text" },
      { key: "requests", label: "Requests", as: "exact" }, { key: "cost_usd", label: "Cost", as: "usd" },
    ] };
  },
  title({ rows }) {
    const all = llmcost.total(rows, "cost_usd");
    const [first, second] = llmcost.highest(llmcost.sum(rows, ["feature"], ["cost_usd"]));
    const [model] = llmcost.highest(llmcost.sum(rows, ["model"], ["cost_usd"]));
    const features = second ? `${llmcost.name(first.feature, 30)} and ${llmcost.name(second.feature, 30)} make up ${llmcost.share((first.cost_usd + second.cost_usd) / all)} of the cost` : `All of it is ${llmcost.name(first.feature, 30)}`;
    return `${features}; ${llmcost.name(model.model, 30)} costs ${llmcost.share(model.cost_usd / all)}`;
  },
  figure({ rows }, theme) {
    const nodes = []; // a branch is worth what its leaves are, and nothing else
    const features = llmcost.highest(llmcost.sum(rows, ["feature"], ["cost_usd"]));
    features.forEach(({ feature, cost_usd }, place) => {
      const color = theme.color(place, feature);
      nodes.push({ id: JSON.stringify([feature]), parent: "", label: llmcost.label(feature), value: 0, cost_usd, color });
      for (const of of llmcost.sum(rows.filter((row) => row.feature === feature), ["model"], ["cost_usd"])) {
        nodes.push({ id: JSON.stringify([feature, of.model]), parent: JSON.stringify([feature]), label: llmcost.label(of.model), value: 0, cost_usd: of.cost_usd, color });
      }
      for (const row of rows.filter((other) => other.feature === feature)) {
        nodes.push({ id: JSON.stringify([feature, row.model, row.prompt]), parent: JSON.stringify([feature, row.model]), label: llmcost.label(llmcost.promptLabel(row.prompt), 40), value: row.cost_usd, cost_usd: row.cost_usd, color });
      }
    });
    const of = (key) => nodes.map((node) => node[key]);
    return {
      data: [{
        type: "treemap", ids: of("id"), parents: of("parent"), labels: of("label"), values: of("value"), branchvalues: "remainder", maxdepth: 2,
        marker: { colors: of("color"), line: { width: 1, color: theme.card } }, tiling: { pad: 2 }, pathbar: { thickness: 22 },
        customdata: of("cost_usd").map(llmcost.usd), texttemplate: "%{label}<br>%{customdata}", hovertemplate: "%{label}<br>%{customdata}, %{percentRoot:.1%} of all<extra></extra>",
        textfont: { color: of("color").map(llmcost.on) }, root: { color: "rgba(0,0,0,0)" },
      }],
      layout: { height: theme.narrow ? 360 : 440, margin: { l: 0, r: 0, t: 4, b: 4 } },
    };
  },
});
