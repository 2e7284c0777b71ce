/*
 * What a page gives a timeline, put in the order a lane draws it.
 *
 * payload = {duration_s, locale, labels,
 *   turns: [{role: "staff|citizen|unknown", start_s, duration_s, loudness_dbfs,
 *            above_baseline_db|null, polarity|null, backchannel, hits: [{category, label, offset_s}]}],
 *   spans: [{kind, label, role|null, start_s, duration_s}],
 *   flags: [{rule, label, kind: "live|review|trend|positive", offset_s|null}]}
 * Offsets count in seconds from the interaction's start. No text that was said is among them.
 */
import { Format } from "./format.js";
import { labels } from "./labels.js";

const SPEECH_H = 26;
const ROW_H = 22;

const byStart = (a, b) => a.start_s - b.start_s;
const covers = (item, at) => item.start_s <= at && at < item.start_s + item.duration_s;

export class Model {
  constructor(payload) {
    this.format = new Format(payload.locale);
    this.labels = labels(payload.locale, payload.labels);
    this.turns = [...(payload.turns ?? [])].sort(byStart);
    this.spans = [...(payload.spans ?? [])].sort(byStart);
    this.flags = payload.flags ?? [];
    const ends = [...this.turns, ...this.spans].map((item) => item.start_s + item.duration_s);
    this.duration_s = Math.max(payload.duration_s || 0, ...ends, 1);
    this.relative = this.turns.some((turn) => turn.above_baseline_db != null);
    this.hits = this.turns.flatMap((turn) => (turn.hits ?? []).map((hit) => ({ ...hit, role: turn.role })));
    this.lanes = this.#lanes();
  }

  turnsOf(role) {
    return this.turns.filter((turn) => turn.role === role);
  }

  spansOf(...kinds) {
    return this.spans.filter((span) => kinds.includes(span.kind));
  }

  /** Level of a turn on the loudness lane; null where there is nothing to compare it with. */
  level(turn) {
    return (this.relative ? turn.above_baseline_db : turn.loudness_dbfs) ?? null;
  }

  #lanes() {
    const words = this.labels;
    const lanes = [
      { id: "staff", label: words.staff_speech, height: SPEECH_H },
      { id: "citizen", label: words.citizen_speech, height: SPEECH_H },
    ];
    if (this.turnsOf("unknown").length) {
      lanes.push({ id: "unknown", label: words.unknown_speech, height: 18 });
    }
    lanes.push({ id: "overlap", label: words.overlap, height: 14 });
    const levels = this.turns.map((turn) => this.level(turn)).filter((level) => level !== null);
    lanes.push({
      id: "loudness",
      label: this.relative ? words.loudness : words.loudness_dbfs,
      height: 84,
      missing: !levels.length,
      ...(this.relative ? this.#relativeScale(levels) : { low: -70, high: 0, ticks: [-60, -40, -20] }),
    });
    lanes.push({
      id: "sentiment",
      label: words.sentiment,
      height: 60,
      low: -1.1,
      high: 1.1,
      ticks: [1, 0, -1],
      missing: !this.turns.some((turn) => turn.polarity != null),
    });
    lanes.push({
      id: "presence",
      label: words.presence,
      height: 34,
      rows: [words.citizen, words.staff],
      missing: !this.spansOf("citizen_present", "staff_present", "presence_unknown").length,
    });
    const roles = ["staff", "citizen", "unknown"].filter((role) => this.hits.some((hit) => hit.role === role));
    lanes.push({
      id: "hits",
      label: words.hits,
      height: Math.max(1, roles.length) * ROW_H + 4,
      roles,
      rows: roles.length > 1 ? roles.map((role) => words[role]) : [],
    });
    lanes.push({ id: "flags", label: words.flags, height: ROW_H + 6 });
    return lanes;
  }

  #relativeScale(levels) {
    const high = Math.max(18, Math.min(40, Math.max(...levels) + 3));
    const low = Math.min(-9, Math.max(-30, Math.min(...levels) - 3));
    return { low, high, ticks: [12, 0], unit: "dB" };
  }

  /** Everything known about one moment, for the readout. */
  at(second, tolerance_s) {
    const speaking = (role) => this.turns.find((turn) => turn.role === role && covers(turn, second));
    const spans = this.spans.filter((span) => covers(span, second));
    const present = (kind, role) => {
      if (this.lanes.find((lane) => lane.id === "presence").missing) return null;
      if (spans.some((span) => span.kind === "presence_unknown" && (span.role ?? role) === role)) return null;
      return spans.some((span) => span.kind === kind);
    };
    const near = (item) => item.offset_s != null && Math.abs(item.offset_s - second) <= tolerance_s;
    return {
      staff: speaking("staff"),
      citizen: speaking("citizen"),
      unknown: speaking("unknown"),
      citizen_present: present("citizen_present", "citizen"),
      staff_present: present("staff_present", "staff"),
      events: [
        ...spans
          .filter((span) => !["citizen_present", "staff_present", "presence_unknown"].includes(span.kind))
          .map((span) => ({ label: span.label ?? this.labels[span.kind], role: span.role, kind: span.kind })),
        ...this.hits.filter(near),
        ...this.flags.filter(near).map((flag) => ({ ...flag, role: null })),
      ],
    };
  }

  summary() {
    const { labels: words, format } = this;
    const count = (role) => `${words[role]}: ${format.number(this.turnsOf(role).length)} ${words.turns}`;
    const flags = this.flags.length ? this.flags.map((flag) => flag.label).join("; ") : "0";
    return `${words.timeline}, ${format.clock(this.duration_s)}. ${count("staff")}. ${count("citizen")}. ${words.flags}: ${flags}.`;
  }
}
