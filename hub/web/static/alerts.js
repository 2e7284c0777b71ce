/*
 * The list of live alerts keeps itself up to date. The server says that something changed, by ids
 * alone; the list itself is asked for by htmx (hx-trigger "hailong:alerts"). Without events it is
 * asked for every 30 s all the same.
 *
 * The page gives:
 *   <section id="alerts" data-events="address" data-news="text" hx-get="..." hx-trigger="hailong:alerts">
 *   <p id="alerts-news" role="status">          a new alert is said here, for who cannot see it
 */
(() => {
  "use strict";

  const panel = document.getElementById("alerts");
  if (!panel?.dataset.events || !window.EventSource) return;

  const QUIET_MS = 45_000; // three signs of life missed: the connection is dead, whatever it says
  const REFUSED_MS = 60_000;
  const LOOK_MS = 5_000;
  let source = null;
  let last = "";
  let heard = 0;

  const refresh = () => window.htmx?.trigger(panel, "hailong:alerts");

  const hear = (event) => {
    heard = Date.now();
    if (event.lastEventId) last = event.lastEventId;
  };

  const open = () => {
    source?.close();
    heard = Date.now();
    const address = new URL(panel.dataset.events, location.href);
    // A stream that is opened anew sends no Last-Event-ID of its own.
    if (last) address.searchParams.set("last", last);
    source = new EventSource(address);
    source.addEventListener("hello", (event) => {
      hear(event);
      refresh(); // whatever came while nobody listened
    });
    source.addEventListener("beat", hear);
    source.addEventListener("alert", (event) => {
      hear(event);
      refresh();
      const news = document.getElementById("alerts-news");
      if (news && JSON.parse(event.data).what === "new") {
        news.textContent = "";
        setTimeout(() => (news.textContent = panel.dataset.news ?? ""), 100);
      }
    });
  };

  const look = () => {
    const quiet = Date.now() - heard;
    if (quiet > (source.readyState === EventSource.CLOSED ? REFUSED_MS : QUIET_MS)) open();
  };

  // A laptop that slept: timers stood still, and the connection may be gone without a word.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) open();
  });
  window.addEventListener("online", open);
  window.addEventListener("pagehide", () => source?.close());
  setInterval(look, LOOK_MS);
  open();
})();
