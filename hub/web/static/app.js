/*
 * What every page does with the keyboard and htmx. Works without it too: rows hold links,
 * forms post. Nothing is copied, stored or sent but the choice "shortcuts on or off".
 *
 * The page may give:
 *   <meta name="csrf-token" content="...">     sent as X-CSRF-Token with each htmx request
 *   <meta name="sign-in-url" content="...">    where an expired session goes (/sign-in)
 *   <meta name="htmx-config" content='{"includeIndicatorStyles":false,"allowEval":false}'>
 *   <div id="status" role="status" data-failed="..." data-offline="..."></div>
 *   [data-row="id"][data-href]                 j and k move, Enter opens
 *   [data-opens="dialog id"], [data-closes]    dialogs; "?" opens #shortcuts
 *   <input type="checkbox" data-shortcuts-toggle>   turns single keys off and on
 *   [data-autosubmit]                          a control that submits its form on change
 */
(() => {
  "use strict";

  const SHORTCUTS_KEY = "hailong.shortcuts";
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

  // Keyboard ---------------------------------------------------------------------------
  const shortcutsOn = () => {
    try {
      return localStorage.getItem(SHORTCUTS_KEY) !== "off";
    } catch {
      return true; // storage is forbidden here: the default holds
    }
  };

  const typing = (target) =>
    target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");

  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent);

  const focusRow = (row) => {
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement?.closest("[data-row]"));
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
    focusRow(all[Math.max(0, Math.min(all.length - 1, next))]);
  };

  const openDialog = (id) => {
    const dialog = document.getElementById(id);
    if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && event.target.matches?.("[data-row][data-href]")) {
      location.assign(event.target.dataset.href);
      return;
    }
    if (!shortcutsOn()) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "?") openDialog("shortcuts");
    else return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) return openDialog(opener.dataset.opens);
    if (event.target.closest("[data-closes]")) return event.target.closest("dialog")?.close();
    const row = event.target.closest("[data-row][data-href]");
    const inner = event.target.closest("a, button, input, select, textarea, label, summary");
    if (!row || inner || String(getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
    else location.assign(row.dataset.href);
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-shortcuts-toggle]")) {
      try {
        localStorage.setItem(SHORTCUTS_KEY, event.target.checked ? "on" : "off");
      } catch {
        event.target.checked = true; // cannot be remembered, so it stays as it is
      }
    }
    if (event.target.matches("[data-autosubmit]")) event.target.form?.requestSubmit();
  });

  for (const box of document.querySelectorAll("[data-shortcuts-toggle]")) box.checked = shortcutsOn();

  // htmx -------------------------------------------------------------------------------
  if (window.htmx) {
    window.htmx.config.includeIndicatorStyles = false;
    window.htmx.config.allowEval = false;
  }

  const say = (text) => {
    const status = document.getElementById("status");
    if (status) status.textContent = text ?? "";
  };

  document.addEventListener("htmx:configRequest", (event) => {
    const token = meta("csrf-token");
    if (token) event.detail.headers["X-CSRF-Token"] = token;
  });

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status !== 401) return;
    event.preventDefault();
    const here = location.pathname + location.search;
    const query = new URLSearchParams({ next: here, expired: "1" });
    location.assign(`${meta("sign-in-url") || "/sign-in"}?${query}`);
  });

  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status !== 401) say(document.getElementById("status")?.dataset.failed);
  });
  document.addEventListener("htmx:sendError", () => say(document.getElementById("status")?.dataset.offline));
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.successful) say("");
  });

  // A refreshed part must not throw the reader's place away. htmx itself keeps the focus of
  // elements with an id; rows are found again by their data-row.
  let focused = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    const active = document.activeElement;
    focused = null;
    if (!target?.contains(active) || active === document.body) return;
    focused = {
      target: target.id,
      element: active.id,
      row: active.closest("[data-row]")?.dataset.row,
      onRow: active.matches("[data-row]"),
    };
  });
  document.addEventListener("htmx:afterSettle", () => {
    const lost = focused;
    focused = null;
    if (!lost || (document.activeElement && document.activeElement !== document.body)) return;
    const row = rows().find((candidate) => lost.row && candidate.dataset.row === lost.row);
    const again =
      (lost.element && document.getElementById(lost.element)) ||
      (lost.onRow ? row : row?.querySelector("a, button")) ||
      (lost.target && document.getElementById(lost.target));
    if (!again) return;
    if (!again.matches("a, button, input, select, textarea")) again.tabIndex = -1;
    again.focus({ preventScroll: true });
  });
})();
