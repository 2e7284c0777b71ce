/*
 * What was tapped and has not reached the hub. It is kept in memory and in localStorage under the
 * session's id, sent in order, and forgotten once the hub has answered. Each tap has an id of its
 * own, so that what is sent twice is stored once. It holds kinds and times; nothing else is known
 * here.
 */
(() => {
  "use strict";

  const MOST = 100; // taps of one request
  const empty = () => ({ ticks: [], undone: [], ended: null, sent: 0 });

  window.hailongTruthQueue = (session, store = () => window.localStorage) => {
    const key = `hailong.truth.${session}`;
    let kept = true;
    let held = empty();
    try {
      held = { ...empty(), ...JSON.parse(store().getItem(key) ?? "{}") };
    } catch {
      kept = false; // storage is forbidden here, or what it held was no JSON
    }

    const keep = () => {
      try {
        store().setItem(key, JSON.stringify(held));
        kept = true;
      } catch {
        kept = false;
      }
    };
    keep();

    return {
      get waiting() {
        return held.ticks.length + held.undone.length + (held.ended ? 1 : 0);
      },
      /* The same as people count: a tap that was taken back is none. */
      get taps() {
        const undone = new Set(held.undone);
        const ids = new Set(held.ticks.map((tick) => tick.id));
        const hold = held.ticks.filter((tick) => !undone.has(tick.id)).length;
        return hold + held.undone.filter((id) => !ids.has(id)).length;
      },
      /* Taps that hold on the hub. */
      get sent() {
        return held.sent;
      },
      get kept() {
        return kept;
      },
      get ended() {
        return held.ended !== null;
      },
      add(tick) {
        held.ticks.push(tick);
        keep();
      },
      /* One that was tried may have reached the hub, whatever came back: it is sent and undone. */
      undo(id) {
        const tick = held.ticks.find((one) => one.id === id);
        if (tick && !tick.tried) {
          held.ticks = held.ticks.filter((one) => one !== tick);
        } else {
          held.undone.push(id);
        }
        keep();
      },
      end(at) {
        held.ended ??= at;
        keep();
      },
      /* The next request; taps that were made before the clock was compared get its offset now. */
      batch(offset) {
        const timed = (one) => ({ ...one, offset_ms: one.offset_ms ?? offset.offset_ms });
        const next = held.ticks.slice(0, MOST);
        for (const tick of next) tick.tried = true;
        keep();
        const ticks = next.map(({ tried, ...tick }) => ({
          ...timed(tick),
          error_ms: tick.error_ms ?? offset.error_ms,
        }));
        const all = ticks.length === held.ticks.length;
        return {
          ticks,
          undone: all ? held.undone.slice(0, MOST) : [],
          ended: all && held.ended && held.undone.length <= MOST ? timed(held.ended) : null,
        };
      },
      /* The hub has answered for this batch. */
      settle(batch, answer) {
        const gone = new Set([...answer.taken, ...answer.refused]);
        const undone = new Set(batch.undone);
        held.ticks = held.ticks.filter((tick) => !gone.has(tick.id));
        held.undone = held.undone.filter((id) => !undone.has(id));
        const refused = new Set(answer.refused);
        const undoneThere = batch.undone.filter((id) => !refused.has(id)).length;
        held.sent = Math.max(0, held.sent + answer.taken.length - undoneThere);
        if (batch.ended) held.ended = null;
        keep();
      },
      forget() {
        held = empty();
        try {
          store().removeItem(key);
        } catch {
          kept = false;
        }
      },
    };
  };
})();
