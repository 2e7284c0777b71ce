/*
 * How the parts of a figure add up: a waterfall whose last row is the figure with its interval.
 *
 * payload = {figure, value|null, low, high, locale, labels,
 *   parts: [{id, title, weight, neutral, value|null, coverage, contribution}]}
 * Contributions are points of the figure and sum to it. A part's outline is its whole weight,
 * solid is what was measured, hatched what was not and so stands at the part's neutral value:
 * contribution ~ coverage * value + (1 - coverage) * neutral.
 *
 * A table with one small SVG a row: screen readers read numbers, widths are percentages, and
 * no style is written.
 */
import { Format } from "./format.js";
import { labels } from "./labels.js";

const SVG = "http://www.w3.org/2000/svg";
const ROW_PX = 30;
const BAR_PX = 16;

const make = (tag, className, ...children) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
};

const drawn = (tag, attributes) => {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

const at = (points) => `${Math.max(0, Math.min(100, points))}%`;

const rect = (className, from, to, y, height) =>
  drawn("rect", {
    class: className,
    x: at(Math.min(from, to)),
    width: at(Math.abs(Math.min(100, to) - Math.max(0, from))),
    y,
    height,
  });

const line = (className, x1, y1, x2, y2) =>
  drawn("line", { class: className, x1: at(x1), y1, x2: at(x2), y2 });

/** Share of the contribution that was measured and not filled in. */
const measuredShare = (part) => {
  const measured = part.value == null ? 0 : part.coverage * part.value;
  const filled = (1 - part.coverage) * part.neutral;
  return measured + filled > 0 ? measured / (measured + filled) : part.coverage;
};

const grid = () => [0, 25, 50, 75, 100].map((tick) => line("parts__grid", tick, 0, tick, "100%"));

const canvas = (...shapes) => {
  const svg = drawn("svg", { class: "parts__bar", width: "100%", height: ROW_PX, "aria-hidden": "true" });
  svg.append(...grid(), ...shapes);
  return svg;
};

const hatching = (id) => {
  const pattern = drawn("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  pattern.append(drawn("line", { class: "parts__hatch", x1: 0, y1: 0, x2: 0, y2: 6 }));
  const defs = drawn("defs", {});
  defs.append(pattern);
  return defs;
};

let drawings = 0;

export const drawParts = (host, payload) => {
  const words = labels(payload.locale, payload.labels);
  const format = new Format(payload.locale);
  const hatch = `parts-hatch-${(drawings += 1)}`;
  const weights = payload.parts.reduce((sum, part) => sum + part.weight, 0) || 1;
  const top = (ROW_PX - BAR_PX) / 2;

  const head = make("tr", "", ...[words.part, "", words.contribution, words.coverage].map((text) => make("th", "", text)));
  head.children[1].className = "parts__scale";
  head.children[1].append(...[0, 25, 50, 75, 100].map((tick) => make("span", "", String(tick))));
  for (const cell of head.children) cell.scope = "col";
  const body = make("tbody", "");
  let sum = 0;

  payload.parts.forEach((part, index) => {
    const end = sum + part.contribution;
    const full = (part.weight / weights) * 100;
    const split = sum + part.contribution * measuredShare(part);
    const filled = rect("parts__filled", split, end, top, BAR_PX);
    filled.setAttribute("fill", `url(#${hatch})`);
    const shapes = [
      index ? line("parts__link", sum, 0, sum, top) : "",
      full > 0 ? rect("parts__weight", sum, sum + full, top, BAR_PX) : "",
      rect("parts__measured", sum, split, top, BAR_PX),
      filled,
      line("parts__link", end, top + BAR_PX, end, "100%"),
    ].filter(Boolean);
    if (!index) shapes.unshift(hatching(hatch));
    const title = make("th", "parts__title", part.title);
    title.scope = "row";
    const contribution = make("td", "parts__number", make("b", "", format.number(part.contribution, 1)));
    if (full > 0) contribution.append(make("span", "", ` ${words.of_weight} ${format.number(full, full % 1 ? 1 : 0)}`));
    const coverage = make("td", "parts__number", format.percent(part.coverage));
    coverage.dataset.label = words.coverage;
    body.append(make("tr", "", title, make("td", "", canvas(...shapes)), contribution, coverage));
    sum = end;
  });

  const scored = payload.value != null;
  const shapes = [];
  if (scored) {
    const middle = ROW_PX / 2;
    shapes.push(line("parts__link", sum, 0, sum, top), rect("parts__total", 0, payload.value, top, BAR_PX));
    if (payload.low != null && payload.high != null) {
      shapes.push(
        line("parts__halo", payload.low, middle, payload.high, middle),
        line("parts__whisker", payload.low, middle, payload.high, middle),
        ...[payload.low, payload.high].map((end) => line("parts__whisker", end, middle - 6, end, middle + 6)),
      );
    }
  }
  const total = make("th", "parts__title", words.total);
  total.scope = "row";
  const text = make("td", "parts__number");
  text.colSpan = 2;
  if (scored) {
    text.append(make("b", "", format.number(payload.value)));
    if (payload.low != null) {
      total.append(make("span", "parts__note", words.interval));
      text.append(make("span", "", ` ${format.number(payload.low)} ${words.to} ${format.number(payload.high)}`));
    }
  } else {
    text.append(make("b", "", words.no_value));
  }
  const foot = make("tfoot", "", make("tr", "", total, make("td", "", canvas(...shapes)), text));

  const legend = make("ul", "parts__legend");
  legend.setAttribute("aria-label", words.legend);
  for (const [sign, label] of [["measured", words.measured], ["filled", words.neutral], ["weight", words.weight]]) {
    legend.append(make("li", "", make("span", `sign sign--${sign}`), label));
  }
  const table = make("table", "parts__table", make("caption", "visually-hidden", words.parts), make("thead", "", head), body, foot);
  host.prepend(table, legend);
};
