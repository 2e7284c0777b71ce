/*
 * Hits and flags as buttons over the plot: one tab stop, arrows go from one to the next, each
 * says its moment, who and what. A label stands beside its marker where there is room.
 */

const ICON_PX = 20;
const ROW_PX = 22;
const TIP_PX = 272;

export class Markers {
  /** `layer` lies over the plot; `chosen(second)` is called when one is pressed. */
  constructor(model, layer, chosen) {
    this.model = model;
    this.layer = layer;
    this.rows = [];
    const hits = model.lanes.find((lane) => lane.id === "hits");
    hits.roles.forEach((role, row) => {
      this.#row(hits, row * ROW_PX + 2, model.hits.filter((hit) => hit.role === role), `marker--${role}`);
    });
    const flags = model.lanes.find((lane) => lane.id === "flags");
    this.#row(flags, 3, model.flags, null, true); // few, and none may hide another
    this.all = this.rows.flatMap((row) => row.items).sort((a, b) => a.second - b.second);
    this.all.forEach(({ button }, index) => {
      button.tabIndex = index ? -1 : 0;
      button.addEventListener("keydown", (event) => this.#move(event, index));
      button.addEventListener("click", () => chosen(this.all[index].second));
    });
  }

  #row(lane, offset, events, kind, apart = false) {
    const { labels, format } = this.model;
    const items = events
      .map((event) => {
        const whole = event.offset_s == null;
        const button = document.createElement("button");
        button.type = "button";
        button.className = `marker ${kind ?? `marker--flag marker--${event.kind}`}`;
        const when = whole ? labels.whole : format.clock(event.offset_s, 1);
        const who = event.role ? labels[event.role] : labels.flags;
        button.setAttribute("aria-label", `${when}, ${who}: ${event.label}`);
        const text = document.createElement("span");
        text.className = "marker__text";
        text.textContent = event.label;
        button.append(text);
        const tip = document.createElement("span");
        tip.className = "marker__tip";
        tip.textContent = `${when} · ${event.label}`;
        button.append(tip);
        this.layer.append(button);
        return { button, text, tip, whole, second: event.offset_s ?? 0, label: event.label };
      })
      .sort((a, b) => a.second - b.second);
    this.rows.push({ lane, offset, items, apart });
  }

  #move(event, index) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = this.all[index + by];
    if (!next) return;
    this.all[index].button.tabIndex = -1;
    next.button.tabIndex = 0;
    next.button.hidden = false;
    this.onReach?.(next.second);
    next.button.focus();
  }

  /** Puts the markers where the axis now has them; `position(second)` in CSS px. */
  place(position, width_px, measure) {
    for (const { lane, offset, items, apart } of this.rows) {
      const shown = items.filter((item) => {
        item.x = item.whole ? ICON_PX / 2 : position(item.second);
        item.button.hidden = item.x < -1 || item.x > width_px + 1;
        return !item.button.hidden;
      });
      if (apart) {
        shown.forEach((item, index) => {
          if (index) item.x = Math.max(item.x, shown[index - 1].x + ICON_PX);
        });
      }
      let free = -Infinity;
      shown.forEach((item, index) => {
        const needs = ICON_PX + 2 + measure(item.label);
        const next = shown[index + 1]?.x ?? width_px + ICON_PX / 2;
        const fitsRight = item.x - ICON_PX / 2 + needs + 6 <= Math.min(next - ICON_PX / 2, width_px);
        const fitsLeft = !fitsRight && index === shown.length - 1 && item.x + ICON_PX / 2 - needs - 6 >= free;
        item.button.classList.toggle("marker--before", fitsLeft);
        item.text.hidden = !(fitsRight || fitsLeft);
        free = item.x - ICON_PX / 2 + (fitsRight ? needs : ICON_PX);
        item.button.style.top = `${lane.top + offset}px`;
        item.button.style.left = fitsLeft ? "auto" : `${item.x - ICON_PX / 2}px`;
        item.button.style.right = fitsLeft ? `${width_px - item.x - ICON_PX / 2}px` : "auto";
        const left = item.x + (fitsLeft ? ICON_PX / 2 - needs : -ICON_PX / 2);
        const widest = Math.min(TIP_PX, width_px);
        const tip = Math.min(widest, measure(item.tip.textContent) + 24);
        item.tip.style.maxWidth = `${widest}px`;
        item.tip.style.left = `${Math.min(0, width_px - left - tip)}px`;
      });
    }
    const stop = this.all.find(({ button }) => button.tabIndex === 0);
    if (stop?.button.hidden) {
      const first = this.all.find(({ button }) => !button.hidden);
      if (first) {
        stop.button.tabIndex = -1;
        first.button.tabIndex = 0;
      }
    }
  }
}
