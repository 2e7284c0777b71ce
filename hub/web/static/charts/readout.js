/* What every lane says at one moment, in words, under the plot; and the legend. */

const element = (tag, className, text) => {
  const made = document.createElement(tag);
  made.className = className;
  if (text) made.textContent = text;
  return made;
};

export class Readout {
  constructor(model, host) {
    this.model = model;
    this.box = element("div", "timeline__readout");
    this.box.setAttribute("aria-live", "off");
    this.hint = element("p", "timeline__hint", model.labels.hint);
    this.list = element("dl", "timeline__values");
    this.list.hidden = true;
    this.cells = {};
    for (const id of ["time", "staff", "citizen", "presence", "events"]) {
      const group = element("div", `timeline__value timeline__value--${id}`);
      const label = { presence: model.labels.presence, events: model.labels.hits }[id] ?? model.labels[id];
      group.append(element("dt", "", id === "events" ? "" : label));
      this.cells[id] = element("dd", "");
      group.append(this.cells[id]);
      this.list.append(group);
    }
    this.box.append(this.hint, this.list);
    host.append(this.box);
  }

  show(second, tolerance_s, spoken) {
    this.box.setAttribute("aria-live", spoken ? "polite" : "off");
    this.hint.hidden = second !== null;
    this.list.hidden = second === null;
    if (second === null) return;
    const { model } = this;
    const { labels, format } = model;
    const now = model.at(second, tolerance_s);
    const presence = (value) => (value === null ? "—" : value ? labels.present : labels.absent);
    this.cells.time.textContent = format.clock(second, 1);
    this.cells.staff.textContent = this.#voice(now.staff);
    this.cells.citizen.textContent = this.#voice(now.citizen);
    this.cells.presence.textContent = `${labels.citizen}: ${presence(now.citizen_present)} · ${labels.staff}: ${presence(now.staff_present)}`;
    const events = now.events.map((event) => (event.role ? `${event.label} (${labels[event.role]})` : event.label));
    if (now.unknown) events.unshift(labels.unknown_speech);
    this.cells.events.textContent = [...new Set(events)].join(" · ") || "—";
  }

  #voice(turn) {
    const { labels, format } = this.model;
    if (!turn) return labels.silent;
    const words = [turn.backchannel ? labels.backchannel : labels.speaking];
    if (turn.above_baseline_db != null) {
      words.push(`${format.number(turn.above_baseline_db, 1, true)} dB`);
    } else if (turn.loudness_dbfs != null) {
      words.push(`${format.number(turn.loudness_dbfs, 1)} dBFS`);
    }
    if (turn.polarity != null) {
      words.push(`${labels.sentiment_short} ${format.number(turn.polarity, 2, true)}`);
    }
    return words.join(", ");
  }
}

/** The signs that occur, each with its shape. */
export const legend = (model) => {
  const list = element("ul", "timeline__legend");
  list.setAttribute("aria-label", model.labels.legend);
  const signs = [
    ["raised", model.labels.raised_voice, model.spansOf("raised_voice").length],
    ["notch", model.labels.interruption, model.spansOf("interruption").length],
    ["hatch", model.labels.dead_air, model.spansOf("dead_air").length],
    ["thin", model.labels.backchannel, model.turns.some((turn) => turn.backchannel)],
    ["usual", model.labels.usual, model.relative],
    ["unknown", model.labels.presence_unknown, model.spansOf("presence_unknown").length],
    ["box", model.labels.unattended, model.spansOf("unattended").length],
    ["part", model.labels.no_baseline, model.relative && model.turns.some((turn) => turn.role !== "unknown" && model.level(turn) === null)],
  ];
  for (const [sign, text, occurs] of signs) {
    if (!occurs) continue;
    const item = element("li", "");
    item.append(element("span", `sign sign--${sign}`), document.createTextNode(text));
    list.append(item);
  }
  return list;
};
