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
      /* One that may be on its way is sent and then taken back. */
      undo(id, sending) {
        const waits = held.ticks.some((tick) => tick.id === id);
        if (waits && !sending) {
          held.ticks = held.ticks.filter((tick) => tick.id !== id);
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
        const ticks = held.ticks
          .slice(0, MOST)
          .map((tick) => ({ ...timed(tick), error_ms: tick.error_ms ?? offset.error_ms }));
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
        held.sent += answer.taken.length;
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
