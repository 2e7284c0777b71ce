/*
 * One interaction on one time axis. uPlot keeps the axis, the zoom and the crosshair; the
 * lanes are painted by lanes.js, markers are buttons over it (markers.js).
 *
 * Keys on the plot: + - 0 zoom, left and right pan, Shift+left/right move the crosshair,
 * Home and End go to the ends, Escape takes the crosshair away.
 */
import { LanePainter } from "./lanes.js";
import { Markers } from "./markers.js";
import { Model } from "./model.js";
import { onSchemeChange, Palette } from "./palette.js";
import { legend, Readout } from "./readout.js";

const NARROW_PX = 620;
/** An upright A4 page less its margins and a card's: the canvas cannot follow the paper. */
const PAPER_PX = 640;
const GUTTER_PX = { wide: 196, narrow: 14 };
const TICKS_PX = { wide: 50, narrow: 40 };
const AXIS_PX = 34;
const GAP_PX = 7;
const LABEL_PX = 18;
const SHORTEST_S = 4;
const STEPS_S = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

// Not the plot's own context: uPlot remembers what it set there.
const ruler = document.createElement("canvas").getContext("2d");

const make = (tag, className) => Object.assign(document.createElement(tag), { className });

export class Timeline {
  constructor(host, payload) {
    this.host = host;
    this.model = new Model(payload);
    this.palette = new Palette();
    this.second = null;
    this.narrow = host.clientWidth < NARROW_PX;
    const already = [...host.childNodes];

    host.setAttribute("role", "group");
    host.setAttribute("aria-label", this.model.labels.timeline);
    host.append(this.#toolbar());
    this.stage = make("div", "timeline__stage");
    this.focusable = make("div", "timeline__plot");
    this.focusable.tabIndex = 0;
    this.focusable.setAttribute("role", "img");
    this.focusable.setAttribute("aria-label", `${this.model.summary()} ${this.model.labels.help}`);
    this.names = make("div", "timeline__names");
    this.names.setAttribute("aria-hidden", "true"); // the summary and the readout name them
    this.layer = make("div", "timeline__markers");
    this.stage.append(this.focusable, this.names, this.layer);
    host.append(this.stage);
    this.readout = new Readout(this.model, host);
    host.append(legend(this.model));
    host.append(...already);

    this.#layout();
    this.markers = new Markers(this.model, this.layer, (second) => this.#lookAt(second));
    this.markers.onReach = (second) => this.#reveal(second);
    this.plot = new window.uPlot(this.#options(), [[0, this.model.duration_s], [null, null]], this.focusable);
    this.#touch();
    this.focusable.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#resize()).observe(this.stage);
    addEventListener("beforeprint", () => this.#resize(PAPER_PX));
    addEventListener("afterprint", () => this.#resize());
    onSchemeChange(host, () => {
      this.palette = new Palette();
      this.#resize();
      this.plot.redraw(false, true);
    });
  }

  // Build -------------------------------------------------------------------------------
  #toolbar() {
    const bar = make("div", "timeline__toolbar");
    this.shown = make("output", "timeline__range");
    bar.append(this.shown);
    this.buttons = {};
    for (const [name, sign, act] of [
      ["zoom_out", "−", () => this.#zoom(2)],
      ["zoom_in", "+", () => this.#zoom(0.5)],
      ["reset", "", () => this.#range(0, this.model.duration_s)],
    ]) {
      const button = make("button", "button button--small");
      button.type = "button";
      button.textContent = sign || this.model.labels[name];
      if (sign) {
        button.classList.add("timeline__sign");
        button.setAttribute("aria-label", this.model.labels[name]);
        button.title = this.model.labels[name];
      }
      button.addEventListener("click", act);
      this.buttons[name] = button;
      bar.append(button);
    }
    return bar;
  }

  /** Lane tops in CSS px from the plot's top, and the lanes' names beside or above them. */
  #layout() {
    let top = 4;
    this.names.replaceChildren();
    for (const lane of this.model.lanes) {
      if (this.narrow) top += LABEL_PX;
      lane.top = top;
      const name = make("div", "timeline__name");
      name.append(lane.label);
      name.style.top = `${this.narrow ? top - LABEL_PX : top}px`;
      name.style.height = `${this.narrow ? LABEL_PX : lane.height}px`;
      if (lane.rows?.length) {
        const rows = make("span", "timeline__rows");
        rows.append(...lane.rows.map((row) => Object.assign(make("span", ""), { textContent: row })));
        name.append(rows);
      }
      this.names.append(name);
      top += lane.height + GAP_PX;
    }
    this.height = top + AXIS_PX;
    this.stage.classList.toggle("timeline__stage--narrow", this.narrow);
  }

  #room(side) {
    return this.narrow ? side.narrow : side.wide;
  }

  #options() {
    const { model } = this;
    const end = model.duration_s;
    const painter = (plot) => new LanePainter(model, plot, this.palette, plot.bbox.height / plot.over.clientHeight || devicePixelRatio);
    return {
      width: this.stage.clientWidth,
      height: this.height,
      padding: [0, () => this.#room(TICKS_PX), 0, () => this.#room(GUTTER_PX)],
      legend: { show: false },
      select: { show: true },
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, dist: 8 } },
      scales: {
        x: { time: false, range: (_plot, low, high) => this.#bounded(low ?? 0, high ?? end) },
        y: { range: [0, 1] },
      },
      series: [{}, { show: true }],
      axes: [
        {
          size: AXIS_PX,
          gap: 6,
          space: this.narrow ? 52 : 76,
          incrs: STEPS_S,
          stroke: () => this.palette.text,
          font: `12px ${this.palette.font}`,
          grid: { stroke: () => this.palette.grid, width: 1 },
          ticks: { stroke: () => this.palette.text, width: 1, size: 5 },
          values: (_plot, splits, _axis, _space, step) => splits.map((second) => model.format.clock(second, step < 1 ? 1 : 0)),
        },
        { show: false },
      ],
      hooks: {
        drawClear: [(plot) => painter(plot).paintBackground()],
        draw: [(plot) => {
          painter(plot).paint();
          this.#placed(plot);
        }],
        setCursor: [(plot) => this.#pointed(plot)],
      },
    };
  }

  // View --------------------------------------------------------------------------------
  #bounded(low, high) {
    const end = this.model.duration_s;
    const width = Math.min(end, Math.max(Math.min(SHORTEST_S, end), high - low));
    const from = Math.max(0, Math.min(end - width, (low + high - width) / 2));
    return [from, from + width];
  }

  #range(low, high) {
    const [min, max] = this.#bounded(low, high);
    this.plot.setScale("x", { min, max });
  }

  #zoom(factor, around = this.second) {
    const { min, max } = this.plot.scales.x;
    const centre = around !== null && around >= min && around <= max ? around : (min + max) / 2;
    this.#range(centre - (centre - min) * factor, centre + (max - centre) * factor);
  }

  #pan(share) {
    const { min, max } = this.plot.scales.x;
    const by = (max - min) * share;
    const shift = Math.max(-min, Math.min(this.model.duration_s - max, by));
    this.plot.setScale("x", { min: min + shift, max: max + shift });
  }

  #reveal(second) {
    const { min, max } = this.plot.scales.x;
    if (second < min || second > max) this.#pan((second - (min + max) / 2) / (max - min));
  }

  #lookAt(second) {
    const { min, max } = this.plot.scales.x;
    if (max - min > 40) this.#range(second - 15, second + 15);
    this.#point(second, true);
  }

  #point(second, spoken) {
    // uPlot applies a new scale in a microtask of its own; this one comes after it.
    queueMicrotask(() => {
      this.spoken = spoken;
      this.plot.setCursor({ left: this.plot.valToPos(second, "x"), top: 1 });
      this.spoken = false;
    });
  }

  #pointed(plot) {
    const { left } = plot.cursor;
    const { min, max } = plot.scales.x;
    this.second = left == null || left < 0 || min == null ? null : plot.posToVal(left, "x");
    const tolerance_s = ((max - min) / Math.max(1, plot.over.clientWidth)) * 8;
    this.readout.show(this.second, tolerance_s, this.spoken === true);
  }

  #placed(plot) {
    const { format, duration_s } = this.model;
    const { min, max } = plot.scales.x;
    this.layer.style.left = `${plot.over.offsetLeft}px`;
    this.layer.style.width = `${plot.over.clientWidth}px`;
    this.names.style.width = this.narrow ? "100%" : `${GUTTER_PX.wide}px`;
    ruler.font = `600 12px ${this.palette.font}`;
    const measure = (text) => ruler.measureText(text).width;
    this.markers.place((second) => plot.valToPos(second, "x"), plot.over.clientWidth, measure);
    const whole = max - min >= duration_s - 0.01;
    this.shown.textContent = `${format.clock(min)} – ${format.clock(max)}`;
    this.buttons.reset.disabled = whole;
    this.buttons.zoom_out.disabled = whole;
    this.buttons.zoom_in.disabled = max - min <= Math.min(SHORTEST_S, duration_s) + 0.01;
  }

  #resize(width_px = this.stage.clientWidth) {
    if (!width_px) return;
    const narrow = width_px < NARROW_PX;
    if (narrow !== this.narrow) {
      this.narrow = narrow;
      this.#layout();
    }
    const { min, max } = this.plot.scales.x;
    this.plot.setSize({ width: width_px, height: this.height });
    this.plot.setScale("x", { min, max });
  }

  // Hands -------------------------------------------------------------------------------
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { min, max } = this.plot.scales.x;
    const turn = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "+" || event.key === "=") this.#zoom(0.5);
    else if (event.key === "-" || event.key === "_") this.#zoom(2);
    else if (event.key === "0") this.#range(0, this.model.duration_s);
    else if (event.key === "Home") this.#pan(-Infinity);
    else if (event.key === "End") this.#pan(Infinity);
    else if (event.key === "Escape" && this.second !== null) this.plot.setCursor({ left: -10, top: -10 });
    else if (turn && event.shiftKey) {
      const next = (this.second ?? (turn > 0 ? min : max)) + (turn * (max - min)) / 60;
      const second = Math.max(0, Math.min(this.model.duration_s, next));
      this.#reveal(second);
      this.#point(second, true);
    } else if (turn) this.#pan(turn * 0.2);
    else return;
    event.preventDefault();
  }

  /** uPlot knows the mouse; one finger reads along the axis, two fingers zoom. */
  #touch() {
    const { over } = this.plot;
    const fingers = new Map();
    const at = (event) => event.clientX - over.getBoundingClientRect().left;
    const spread = () => {
      const [a, b] = [...fingers.values()];
      return [Math.max(24, Math.abs(a - b)), this.plot.posToVal((a + b) / 2, "x")];
    };
    over.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch") fingers.set(event.pointerId, at(event));
    });
    over.addEventListener("pointermove", (event) => {
      if (!fingers.has(event.pointerId)) return;
      const before = fingers.size === 2 ? spread() : null;
      fingers.set(event.pointerId, at(event));
      if (before) this.#zoom(before[0] / spread()[0], before[1]);
      else if (fingers.size === 1) this.plot.setCursor({ left: at(event), top: 1 });
    });
    for (const end of ["pointerup", "pointercancel"]) {
      over.addEventListener(end, (event) => fingers.delete(event.pointerId));
    }
  }
}
