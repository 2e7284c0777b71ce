/*
 * Draws the lanes on uPlot's canvas. Heights and widths are in CSS px and multiplied by the
 * pixel ratio here; each role has its place and its line as well as its colour.
 */

const RAISED_DB = 12;

export class LanePainter {
  constructor(model, plot, palette, ratio) {
    this.model = model;
    this.plot = plot;
    this.palette = palette;
    this.ratio = ratio;
    this.pen = plot.ctx;
    this.left = plot.bbox.left;
    this.right = plot.bbox.left + plot.bbox.width;
  }

  x(second) {
    return this.plot.valToPos(second, "x", true);
  }

  top(lane) {
    return this.plot.bbox.top + lane.top * this.ratio;
  }

  y(lane, value) {
    const share = (Math.min(lane.high, Math.max(lane.low, value)) - lane.low) / (lane.high - lane.low);
    return this.top(lane) + (1 - share) * lane.height * this.ratio;
  }

  lane(id) {
    return this.model.lanes.find((lane) => lane.id === id);
  }

  clipped(draw) {
    const { bbox } = this.plot;
    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    this.pen.clip();
    draw();
    this.pen.restore();
  }

  paintBackground() {
    this.clipped(() => {
      for (const lane of this.model.lanes) {
        this.pen.fillStyle = this.palette.lane;
        this.pen.fillRect(this.left, this.top(lane), this.right - this.left, lane.height * this.ratio);
      }
    });
  }

  paint() {
    this.clipped(() => {
      this.unmeasured();
      this.deadAir();
      for (const role of ["staff", "citizen", "unknown"]) {
        if (this.lane(role)) this.speech(this.lane(role), role);
      }
      this.overlap(this.lane("overlap"));
      this.loudness(this.lane("loudness"));
      this.sentiment(this.lane("sentiment"));
      this.presence(this.lane("presence"));
      this.flagLines(this.lane("flags"));
    });
    this.pen.save();
    for (const lane of this.model.lanes) {
      if (lane.ticks && !lane.missing) this.ticks(lane);
      if (lane.missing) this.missing(lane);
    }
    this.pen.restore();
  }

  // Pieces ------------------------------------------------------------------------------
  bar(item, y, height, fill, radius = 2) {
    const from = this.x(item.start_s);
    const width = Math.max(2 * this.ratio, this.x(item.start_s + item.duration_s) - from);
    this.pen.fillStyle = fill;
    this.pen.beginPath();
    this.pen.roundRect(from, y, width, height, Math.min(radius * this.ratio, width / 2));
    this.pen.fill();
    return [from, width];
  }

  line(points, colour, width, dash = []) {
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = width * this.ratio;
    this.pen.setLineDash(dash.map((length) => length * this.ratio));
    this.pen.beginPath();
    for (const [x, y] of points) this.pen.lineTo(x, y);
    this.pen.stroke();
    this.pen.setLineDash([]);
  }

  speech(lane, role) {
    const { ratio, palette } = this;
    const top = this.top(lane);
    const height = lane.height * ratio;
    for (const turn of this.model.turnsOf(role)) {
      const full = turn.backchannel ? height * 0.36 : height - 6 * ratio;
      const y = top + (height - full) / 2 + (turn.backchannel ? 0 : 1 * ratio);
      const fill = role === "unknown" ? palette.hatch(this.pen, palette.unknown, ratio, 5) : palette[role];
      this.bar(turn, y, full, fill);
    }
    for (const span of this.model.spansOf("raised_voice")) {
      if (span.role === role) this.bar(span, top, 3 * ratio, palette.ink, 0);
    }
    for (const span of this.model.spansOf("interruption")) {
      if (span.role === role) this.notch(this.x(span.start_s), top);
    }
  }

  notch(x, y) {
    const size = 5 * this.ratio;
    this.pen.beginPath();
    this.pen.moveTo(x - size, y - 1 * this.ratio);
    this.pen.lineTo(x + size, y - 1 * this.ratio);
    this.pen.lineTo(x, y + size * 1.7);
    this.pen.closePath();
    this.pen.fillStyle = this.palette.ink;
    this.pen.strokeStyle = this.palette.surface;
    this.pen.lineWidth = 2 * this.ratio;
    this.pen.stroke();
    this.pen.fill();
  }

  unmeasured() {
    const hatch = this.palette.hatch(this.pen, this.palette.unknown, this.ratio, 5);
    for (const span of this.model.spansOf("muted", "written")) {
      for (const lane of ["staff", "citizen"].map((id) => this.lane(id)).filter(Boolean)) {
        const y = this.top(lane);
        const height = lane.height * this.ratio;
        this.pen.globalAlpha = 0.35;
        const [x, width] = this.bar(span, y, height, hatch, 0);
        this.pen.globalAlpha = 1;
        if (span.label) this.note(span.label, x + width / 2, y + height / 2, "center", width - 8 * this.ratio);
      }
    }
  }

  deadAir() {
    const hatch = this.palette.hatch(this.pen, this.palette.text, this.ratio, 7);
    const speech = ["staff", "citizen", "unknown", "overlap"].map((id) => this.lane(id)).filter(Boolean);
    for (const span of this.model.spansOf("dead_air")) {
      for (const lane of speech) {
        const y = this.top(lane);
        const height = lane.height * this.ratio;
        this.pen.globalAlpha = 0.4;
        const [x, width] = this.bar(span, y, height, hatch, 0);
        this.pen.globalAlpha = 1;
        for (const edge of [x, x + width]) this.line([[edge, y], [edge, y + height]], this.palette.text, 1, [2, 2]);
        if (lane.id !== "staff") continue;
        const words = `${this.model.format.number(span.duration_s)} ${this.model.labels.seconds}`;
        this.note(words, x + width / 2, y + height / 2, "center", width - 8 * this.ratio);
      }
    }
  }

  overlap(lane) {
    for (const span of this.model.spansOf("overlap")) {
      this.bar(span, this.top(lane) + 2 * this.ratio, (lane.height - 4) * this.ratio, this.palette.overlap, 1);
    }
  }

  loudness(lane) {
    if (lane.missing) return;
    const { model, palette, ratio } = this;
    for (const tick of lane.ticks) {
      const y = Math.round(this.y(lane, tick)) + 0.5;
      const usual = model.relative && tick === 0;
      const raised = model.relative && tick === RAISED_DB;
      this.line([[this.left, y], [this.right, y]], usual || raised ? palette.text : palette.grid, 1, raised ? [4, 3] : usual ? [] : [1, 3]);
    }
    for (const role of ["staff", "citizen"]) {
      const turns = model.turnsOf(role);
      let before = null;
      for (const turn of turns) {
        const level = model.level(turn);
        const [from, to] = [this.x(turn.start_s), this.x(turn.start_s + turn.duration_s)];
        if (level === null) {
          this.bar(turn, this.top(lane) + (lane.height - 7) * ratio, 7 * ratio, palette.hatch(this.pen, palette[role], ratio, 5), 0);
          before = null;
          continue;
        }
        const y = this.y(lane, level);
        if (before) {
          this.pen.globalAlpha = 0.35;
          this.line([before, [from, y]], palette[role], 1);
          this.pen.globalAlpha = 1;
        }
        this.line([[from, y], [Math.max(to, from + 3 * ratio), y]], palette[role], 3);
        if (role === "citizen") for (const x of [from, to]) this.dot(x, y, 2.6, palette[role]);
        before = [to, y];
      }
    }
  }

  dot(x, y, radius, fill) {
    this.pen.beginPath();
    this.pen.arc(x, y, radius * this.ratio, 0, 2 * Math.PI);
    this.pen.fillStyle = fill;
    this.pen.fill();
  }

  sentiment(lane) {
    if (lane.missing) return;
    const { palette, ratio } = this;
    for (const tick of lane.ticks) {
      const y = Math.round(this.y(lane, tick)) + 0.5;
      this.line([[this.left, y], [this.right, y]], tick ? palette.grid : palette.text, 1, tick ? [1, 3] : []);
    }
    for (const turn of this.model.turnsOf("citizen")) {
      if (turn.polarity == null) continue;
      const zero = this.y(lane, 0);
      const y = this.y(lane, turn.polarity);
      this.pen.globalAlpha = 0.22;
      this.bar(turn, Math.min(zero, y), Math.abs(zero - y), palette.citizen, 0);
      this.pen.globalAlpha = 1;
      const [from, to] = [this.x(turn.start_s), this.x(turn.start_s + turn.duration_s)];
      this.line([[from, y], [Math.max(to, from + 3 * ratio), y]], palette.citizen, 2);
      this.dot((from + to) / 2, y, 3.6, palette.citizen);
    }
  }

  presence(lane) {
    if (lane.missing) return;
    const { palette, ratio } = this;
    const height = 12 * ratio;
    const tops = { citizen: this.top(lane) + 3 * ratio, staff: this.top(lane) + 19 * ratio };
    const draw = (kind, role, fill) => {
      for (const span of this.model.spansOf(kind)) {
        if (span.role == null || span.role === role) this.bar(span, tops[role], height, fill);
      }
    };
    for (const role of ["citizen", "staff"]) {
      draw(`${role}_present`, role, palette[role]);
      draw("presence_unknown", role, palette.hatch(this.pen, palette.unknown, ratio, 6));
    }
    for (const span of this.model.spansOf("unattended")) {
      const from = this.x(span.start_s);
      this.pen.strokeStyle = palette.ink;
      this.pen.lineWidth = 1.5 * ratio;
      this.pen.setLineDash([4 * ratio, 3 * ratio]);
      this.pen.strokeRect(from, tops.staff + ratio, this.x(span.start_s + span.duration_s) - from, height - 2 * ratio);
      this.pen.setLineDash([]);
    }
  }

  /** A flag's moment goes through all lanes, so that its evidence stands on one line. */
  flagLines(flags) {
    for (const flag of this.model.flags) {
      if (flag.offset_s == null) continue;
      const x = Math.round(this.x(flag.offset_s)) + 0.5;
      for (const lane of this.model.lanes) {
        const height = lane === flags ? 4 : lane.height;
        this.line([[x, this.top(lane)], [x, this.top(lane) + height * this.ratio]], this.palette.flag, 1, [3, 3]);
      }
    }
  }

  ticks(lane) {
    const signed = lane.low < 0 && lane.high > 0;
    for (const tick of lane.ticks) {
      const unit = lane.unit && tick === lane.ticks[0] ? ` ${lane.unit}` : "";
      const text = this.model.format.number(tick, 0, signed) + unit;
      this.note(text, this.right + 5 * this.ratio, this.y(lane, tick), "left");
    }
  }

  missing(lane) {
    const y = this.top(lane);
    const height = lane.height * this.ratio;
    this.pen.globalAlpha = 0.25;
    this.pen.fillStyle = this.palette.hatch(this.pen, this.palette.text, this.ratio, 8);
    this.pen.fillRect(this.left, y, this.right - this.left, height);
    this.pen.globalAlpha = 1;
    this.note(this.model.labels.not_measured, (this.left + this.right) / 2, y + height / 2, "center", Infinity);
  }

  /** Small text; with a width it stands on a plate and is left out where it does not fit. */
  note(text, x, y, align, fits_px = null) {
    const { pen, ratio, palette } = this;
    pen.font = `${11 * ratio}px ${palette.font}`;
    pen.textAlign = align;
    pen.textBaseline = "middle";
    const width = pen.measureText(text).width;
    if (fits_px !== null) {
      if (width > fits_px) return;
      pen.fillStyle = palette.lane;
      pen.fillRect(x - width / 2 - 4 * ratio, y - 8 * ratio, width + 8 * ratio, 16 * ratio);
    }
    pen.fillStyle = palette.text;
    pen.fillText(text, x, y + 0.5 * ratio);
  }
}
