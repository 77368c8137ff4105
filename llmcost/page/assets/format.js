// Numbers and names as a person reads them.
"use strict";
llmcost.usd = (value) => llmcost.dollars(value, 0);
llmcost.signed = (value) => llmcost.plus(value, llmcost.usd(value));
// The same for amounts that are read together: all of them to the cent where one of them is a dollar or more.
llmcost.together = (values) => {
  const most = Math.max(0, ...values.map((value) => Math.abs(value ?? 0)));
  const usd = (value) => llmcost.dollars(value, most);
  return { usd, signed: (value) => llmcost.plus(value, usd(value)) };
};
llmcost.plus = (value, words) => `${value > 0 ? "+" : ""}${words}`;
llmcost.dollars = (value, most) => {
  if (value === null || value === undefined) return "no price";
  const size = Math.abs(value);
  const digits = size >= 1 || size === 0 || most >= 1 ? 2 : size >= 0.0001 ? 4 : 6;
  const sign = value < 0 ? "−" : "";
  if (digits === 2 && size > 0 && size < 0.005) return `${sign}<$0.01`;
  return `${sign}$${size.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
};
// Dollars of an axis, where Plotly makes the words: the sign stands before the dollar.
llmcost.DOLLARS = "$,.7~f";
llmcost.count = (value) => {
  if (value === null || value === undefined) return "–";
  for (const [limit, unit] of [[1e12, "T"], [1e9, "B"], [1e6, "M"]]) {
    if (Math.abs(value) >= limit) return `${(value / limit).toFixed(1)}${unit}`;
  }
  return Math.round(value).toLocaleString("en-US");
};
llmcost.share = (value) => (value === null || value === undefined || Number.isNaN(value) ? "–" : value > 0 && value < 0.0005 ? "<0.1%" : `${(100 * value).toFixed(1)}%`);
llmcost.seconds = (ms) => (ms >= 60000 ? `${(ms / 60000).toFixed(1)} min` : ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`);
llmcost.plural = (number, thing) => `${number.toLocaleString("en-US")} ${thing}${number === 1 ? "" : "s"}`;

// A name from a log, shortened in the middle to a readable length, with characters that would change the text around it made visible, and
// without marks that would stack over the lines above: no script needs more than three on a letter.
llmcost.name = (value, length = 60) => {
  if (value === null || value === undefined) return "(none)";
  if (value === "") return '""';
  const text = String(value).replace(/(\p{Mn}{3})\p{Mn}+/gu, "$1").replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return text.length > length ? `${text.slice(0, Math.ceil((length - 1) / 2))}…${text.slice(-Math.floor((length - 1) / 2))}` : text;
};
// The same for Plotly, which interprets some markup in its texts.
llmcost.label = (value, length = 28) =>
  llmcost.name(value, length).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
// The same, over several lines of about this many characters.
llmcost.wrapped = (value, width) => {
  const lines = [""];
  for (const word of llmcost.name(value, 200).split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + word.length >= width) lines.push("");
    lines[lines.length - 1] += `${lines.at(-1) ? " " : ""}${word}`;
  }
  return lines.map((line) => llmcost.label(line, 200)).join("<br>");
};
// Black or white, whichever is read more easily on a color written #rrggbb.
llmcost.on = (color) => {
  const [red, green, blue] = [1, 3, 5].map((place) => parseInt(color.slice(place, place + 2), 16) / 255).map((part) => (part <= 0.04 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.22 ? "#14181f" : "#ffffff";
};
llmcost.FORMATS = { usd: llmcost.usd, signed: llmcost.signed, count: llmcost.count, share: llmcost.share, seconds: llmcost.seconds, text: (value) => llmcost.name(value, 400) };
