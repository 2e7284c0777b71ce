/* Finds <div class="parts" data-source="ID"> and draws it (charts/parts_chart.js) above what it holds. */
(() => {
  "use strict";

  const start = async () => {
    const waiting = document.querySelectorAll(".parts[data-source]:not([data-ready])");
    if (!waiting.length) return;
    for (const host of waiting) host.dataset.ready = "";
    const { drawParts } = await import("./charts/parts_chart.js");
    for (const host of waiting) {
      const source = document.getElementById(host.dataset.source);
      if (source) drawParts(host, JSON.parse(source.textContent));
    }
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("htmx:afterSettle", start);
})();
