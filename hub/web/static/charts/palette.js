/* The design tokens as canvas colours and patterns; read again whenever the scheme changes. */

const TOKENS = {
  staff: "--chart-staff",
  citizen: "--chart-citizen",
  unknown: "--chart-unknown",
  overlap: "--chart-overlap",
  flag: "--chart-flag",
  grid: "--chart-grid",
  lane: "--chart-lane",
  text: "--chart-text",
  ink: "--ink",
  surface: "--surface",
};

export class Palette {
  constructor() {
    const style = getComputedStyle(document.documentElement);
    for (const [name, token] of Object.entries(TOKENS)) {
      this[name] = style.getPropertyValue(token).trim() || "CanvasText";
    }
    this.font = getComputedStyle(document.body).fontFamily;
    this.patterns = new Map();
  }

  /** Diagonal lines, for what is not known or not there. */
  hatch(context, colour, ratio, gap = 6) {
    const key = `${colour}|${ratio}|${gap}`;
    if (!this.patterns.has(key)) {
      const size = Math.round(gap * ratio);
      const tile = new OffscreenCanvas(size, size);
      const pen = tile.getContext("2d");
      pen.strokeStyle = colour;
      pen.lineWidth = Math.max(1, 1.2 * ratio);
      pen.beginPath();
      for (const shift of [-size, 0, size]) {
        pen.moveTo(shift - 1, size + 1);
        pen.lineTo(shift + size + 1, -1);
      }
      pen.stroke();
      this.patterns.set(key, context.createPattern(tile, "repeat"));
    }
    return this.patterns.get(key);
  }
}

/** Calls back when colours may have changed: light or dark, contrast, and for printing. */
export const onSchemeChange = (element, changed) => {
  const queries = ["(prefers-color-scheme: dark)", "(forced-colors: active)", "print"].map((query) =>
    matchMedia(query),
  );
  const listener = () => {
    if (element.isConnected) return changed();
    for (const query of queries) query.removeEventListener("change", listener);
    return undefined;
  };
  for (const query of queries) query.addEventListener("change", listener);
};
