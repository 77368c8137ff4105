// Latency and cost.
"use strict";
llmcost.chart({
  id: "latency", section: "Latency", filters: "latencies",
  about: "Each mark is a feature on a model: the cost of a request and its median latency. Its size is the total cost.",
  nothing: "The log has no latency for any request with a price",
  table() {
    return { rows: llmcost.shown("latencies").filter((row) => row.cost_per_request_usd > 0), columns: [
      { key: "feature", label: "Feature", as: "text" }, { key: "model", label: "Model", as: "text" }, { key: "requests", label: "Requests", as: "exact" },
      { key: "cost_per_request_usd", label: "A request", as: "usd" }, { key: "latency_ms_p50", label: "p50", as: "seconds" }, { key: "latency_ms_p95", label: "p95", as: "seconds" },
    ] };
  },
  title({ rows }) {
    const slow = llmcost.highest(rows, "latency_ms_p50")[0];
    const expensive = llmcost.highest(rows, "cost_per_request_usd")[0];
    const where = (row) => `${llmcost.name(row.feature, 28)} on ${llmcost.name(row.model, 28)}`;
    return slow === expensive ? `${where(slow)} is both the slowest, ${llmcost.seconds(slow.latency_ms_p50)}, and the most expensive, ${llmcost.usd(expensive.cost_per_request_usd)} a request` : `Slowest: ${where(slow)}, ${llmcost.seconds(slow.latency_ms_p50)}; most expensive: ${where(expensive)}, ${llmcost.usd(expensive.cost_per_request_usd)} a request`;
  },
  figure({ rows }, theme) {
    const most = Math.max(...rows.map((row) => row.cost_usd));
    // within a power of ten a logarithmic axis may have no number at all
    const scale = (values, dtick) => {
      const ratio = Math.max(...values) / Math.min(...values);
      return ratio >= 10 ? { type: "log", dtick: dtick(ratio) } : { type: "linear", rangemode: "tozero" };
    };
    const dollars = (ratio) => (theme.narrow ? (ratio >= 1e4 ? 2 : 1) : ratio < 1e3 ? "D2" : 1);
    const features = llmcost.top(llmcost.sum(rows, ["feature"], ["cost_usd"]), 7, ["feature"], ["cost_usd"]).map((row) => row.feature);
    const named = (row) => (features.includes(row.feature) ? row.feature : "(others)");
    return {
      data: features.map((feature, place) => {
        const own = rows.filter((row) => named(row) === feature);
        return { type: "scatter", mode: "markers", name: llmcost.label(feature, 24), x: own.map((row) => row.cost_per_request_usd), y: own.map((row) => row.latency_ms_p50 / 1000),
          text: own.map((row) => `${llmcost.label(row.feature)} on ${llmcost.label(row.model)}<br>${llmcost.usd(row.cost_per_request_usd)} a request<br>p50 ${llmcost.seconds(row.latency_ms_p50)}, p95 ${llmcost.seconds(row.latency_ms_p95)}`), hovertemplate: "%{text}<extra></extra>",
          marker: { size: own.map((row) => 9 + 34 * Math.sqrt(row.cost_usd / most)), color: theme.color(place, feature), opacity: 0.75, line: { color: theme.card, width: 1 } } };
      }),
      layout: { showlegend: true, height: theme.narrow ? 430 : 400, xaxis: { ...scale(rows.map((row) => row.cost_per_request_usd), dollars), title: { text: "dollars a request", font: { size: 12, color: theme.soft } }, tickformat: llmcost.DOLLARS, tickangle: 0 }, yaxis: { ...scale(rows.map((row) => row.latency_ms_p50), () => "D2"), title: { text: "seconds, median", font: { size: 12, color: theme.soft } }, tickformat: "~g" } },
    };
  },
});
