/*
 * How far the hub's clock is ahead of this tablet's. A question goes out and an answer comes back:
 * the hub's time is that of the middle, give or take half the way. The best of several answers
 * holds, until it is old or a better one comes.
 *
 *   const clock = hailongTruthClock("/api/v1/truth/clock");
 *   await clock.ask();        true, or false where nobody answered
 *   clock.offset              {offset_ms, error_ms}, or null before the first answer
 */
(() => {
  "use strict";

  const OLD_MS = 10 * 60 * 1000;

  window.hailongTruthClock = (address, now = () => Date.now(), get = fetch.bind(window)) => {
    let best = null; // {offset_ms, error_ms, at}

    const ask = async () => {
      const sent = now();
      try {
        const answer = await get(address, { cache: "no-store", credentials: "same-origin" });
        if (!answer.ok) return false;
        const hub = (await answer.json()).now_ms;
        const came = now();
        const error_ms = Math.max(1, Math.ceil((came - sent) / 2));
        if (came < sent || error_ms > 30000) return false; // the clock was set, or it took too long
        const old = best && came - best.at > OLD_MS;
        if (!best || old || error_ms <= best.error_ms) {
          best = { offset_ms: Math.round(hub - (sent + came) / 2), error_ms, at: came };
        }
        return true;
      } catch {
        return false;
      }
    };

    return {
      ask,
      now,
      get offset() {
        return best && { offset_ms: best.offset_ms, error_ms: best.error_ms };
      },
    };
  };
})();
