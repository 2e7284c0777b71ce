/*
 * Finds <div class="timeline" data-source="ID"> and draws what <script type="application/json"
 * id="ID"> holds (shape: charts/model.js). uPlot, its style and the modules in charts/ are
 * loaded only by pages that have a timeline. What stands inside the div, e.g. the turns as a table,
 * stays below the drawing.
 */
(() => {
  "use strict";

  const base = new URL(".", document.currentScript?.src ?? new URL("/static/", location.href));

  const added = (tag, attributes) =>
    new Promise((resolve, reject) => {
      const element = Object.assign(document.createElement(tag), attributes);
      element.addEventListener("load", resolve);
      element.addEventListener("error", () => reject(new Error(`${element.src || element.href} did not load`)));
      document.head.append(element);
    });

  let library = null;
  const uPlotLoaded = () =>
    (library ??= Promise.all([
      document.querySelector('link[href*="uPlot.min.css"]') ??
        added("link", { rel: "stylesheet", href: new URL("vendor/uPlot.min.css", base).href }),
      window.uPlot ?? added("script", { src: new URL("vendor/uPlot.iife.min.js", base).href }),
    ]));

  const start = async () => {
    const waiting = document.querySelectorAll(".timeline[data-source]:not([data-ready])");
    if (!waiting.length) return;
    for (const host of waiting) host.dataset.ready = "";
    const [{ Timeline }] = await Promise.all([
      import("./charts/timeline_chart.js"),
      uPlotLoaded(),
      document.fonts?.ready, // label widths are measured
    ]);
    for (const host of waiting) {
      const source = document.getElementById(host.dataset.source);
      if (source) new Timeline(host, JSON.parse(source.textContent));
    }
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("htmx:afterSettle", start);
})();
