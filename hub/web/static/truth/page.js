/*
 * The tablet's page at a counter: a tap is a tick, "next" is a line of a script. Works while the
 * network is away; says how many taps wait. See queue.js and clock.js.
 */
(() => {
  "use strict";

  const root = document.getElementById("truth");
  if (!root) return;
  const say = root.dataset;
  const part = (id) => document.getElementById(id);
  const clock = window.hailongTruthClock(say.clock);
  const queue = window.hailongTruthQueue(say.session);
  const CLOCK_MS = 60000;
  const RETRY_MS = [1000, 20000];

  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const decimal = (value, digits) =>
    value.toLocaleString(say.language === "vi" ? "vi-VN" : "en-GB", {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  const hubTime = (tabletMs) => {
    const at = new Date(tabletMs + (clock.offset?.offset_ms ?? 0));
    return at.toLocaleTimeString("en-GB", { timeZone: "Asia/Ho_Chi_Minh" });
  };

  // Ids by the browser's own random numbers; randomUUID is missing where a page came without TLS.
  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };

  // What can be taken back: each entry is what one tap or one line made --------------------
  const done = [];
  let token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  let offline = false;
  let stopped = false;
  let sending = false;
  let retryMs = RETRY_MS[0];
  let timer = null;
  let refused = 0;

  const trouble = (text, { signIn = false } = {}) => {
    part("trouble").textContent = text;
    part("trouble").hidden = !text;
    part("sign-in-again").hidden = !signIn;
  };

  const show = () => {
    const values = { count: queue.sent, waiting: queue.taps };
    let text = filled(queue.taps ? say.sayWaiting : say.saySent, values);
    if (offline && queue.taps) text = filled(say.sayOffline, values);
    if (queue.ended) text = `${say.sayEnding} ${text}`;
    if (!queue.kept && queue.waiting) text = `${text} ${say.sayUnkept}`;
    if (refused) text = `${text} ${filled(say.sayRefused, { count: refused })}`;
    if (part("sending").textContent !== text) part("sending").textContent = text;
    root.dataset.waiting = queue.waiting;
    const offset = clock.offset;
    part("clock").textContent = offset
      ? filled(say.sayClock, {
          offset: decimal(offset.offset_ms / 1000, 1),
          error: decimal(offset.error_ms / 1000, 2),
        })
      : say.sayNoClock;
    part("undo").disabled = !done.length || queue.ended;
    for (const button of document.querySelectorAll(".truth__tick, #next, #end")) {
      button.disabled = queue.ended || stopped || (button.id === "next" && atEnd());
    }
  };

  const tick = (elements) => {
    const at = { tablet_ms: clock.now(), ...(clock.offset ?? {}) };
    return elements.map((element) => {
      const { what, name, role } = element.dataset;
      const one = { id: newId(), what, name, role, ...at };
      queue.add(one);
      return one.id;
    });
  };

  const tapped = (label, ids, line = null) => {
    done.push({ label, ids, line });
    part("last").textContent = filled(say.sayLast, { what: label, time: hubTime(clock.now()) });
    show();
    send();
  };

  const undo = () => {
    const last = done.pop();
    if (!last || queue.ended) return;
    for (const id of last.ids) queue.undo(id);
    if (last.line !== null) goTo(last.line);
    part("last").textContent = filled(say.sayUndone, { what: last.label });
    show();
    send();
  };

  // Sending ------------------------------------------------------------------------------
  const newToken = async () => {
    const answer = await fetch(say.me, { cache: "no-store", credentials: "same-origin" });
    if (!answer.ok) return false;
    const fresh = (await answer.json()).csrf_token;
    const changed = fresh !== token;
    token = fresh;
    return changed;
  };

  const post = (batch) =>
    fetch(say.send, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
      body: JSON.stringify(batch),
    });

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(send, retryMs);
    retryMs = Math.min(RETRY_MS[1], retryMs * 2);
  };

  async function send() {
    if (sending || stopped || !queue.waiting) return;
    sending = true;
    let again = false;
    try {
      if (!clock.offset && !(await clock.ask())) throw new TypeError("the hub does not answer");
      const batch = queue.batch(clock.offset);
      let answer = await post(batch);
      if (answer.status === 403 && (await newToken())) answer = await post(batch);
      offline = false;
      if (answer.ok) {
        const told = await answer.json();
        refused += told.refused.length;
        queue.settle(batch, told);
        retryMs = RETRY_MS[0];
        trouble("");
        again = queue.waiting > 0;
        if (told.state !== "open" && !queue.waiting) return left();
      } else if (answer.status === 401) {
        trouble(say.saySignin, { signIn: true });
        later();
      } else if (answer.status >= 500 || answer.status === 429) {
        later();
      } else {
        stopped = true; // the hub will never take it: asking again and again helps nobody
        trouble(say.sayOver);
      }
    } catch {
      offline = true;
      later();
    } finally {
      sending = false;
      show();
    }
    if (again) send();
  }

  const left = () => {
    queue.forget();
    location.assign(say.home);
  };

  // A script -----------------------------------------------------------------------------
  const lines = [...document.querySelectorAll("#lines > li")];
  let line = 0;
  let began = null;
  const atEnd = () => lines.length > 0 && line >= lines.length;
  const goTo = (number) => {
    line = number;
    lines.forEach((item, at) => {
      item.classList.toggle("truth__line--past", at < line);
      if (at === line) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    if (line === 0) began = null;
    lines[Math.min(line, lines.length - 1)]?.scrollIntoView({ block: "center" });
  };
  const next = () => {
    if (atEnd() || queue.ended || stopped) return;
    began ??= clock.now();
    const item = lines[line];
    const kinds = [...item.querySelectorAll("[data-what]")];
    const before = line;
    const label = filled(say.sayLine, { number: before + 1 });
    goTo(line + 1);
    tapped(label, tick(kinds), before);
  };
  if (lines.length) {
    goTo(0);
    setInterval(() => {
      const s = began === null ? 0 : Math.floor((clock.now() - began) / 1000);
      part("played").textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
    }, 250);
  }

  // Hands --------------------------------------------------------------------------------
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || button.disabled) return;
    if (button.classList.contains("truth__tick")) {
      tapped(button.textContent.trim(), tick([button]));
    } else if (button.id === "undo") undo();
    else if (button.id === "next") next();
  });
  part("end").addEventListener("click", () => {
    part("ending").close();
    queue.end({ tablet_ms: clock.now(), ...(clock.offset && { offset_ms: clock.offset.offset_ms }) });
    show();
    send();
  });
  const shortcutsOn = () => {
    try {
      return localStorage.getItem("hailong.shortcuts") !== "off";
    } catch {
      return true;
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (document.querySelector("dialog[open]") || !shortcutsOn()) return;
    if (event.key === "z") undo();
    else if (event.key === "n" && lines.length) next();
    else return;
    event.preventDefault();
  });

  // Time and network ---------------------------------------------------------------------
  const compare = async () => {
    await clock.ask();
    show();
  };
  window.addEventListener("online", () => {
    retryMs = RETRY_MS[0];
    clearTimeout(timer);
    send();
  });
  window.addEventListener("offline", () => {
    offline = true;
    show();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    compare();
    send();
  });
  window.addEventListener("beforeunload", (event) => {
    if (queue.waiting && !queue.kept) event.preventDefault();
  });
  setInterval(compare, CLOCK_MS);

  part("last").textContent = say.sayNone;
  show();
  (async () => {
    for (let times = 0; times < 3; times += 1) await compare();
    send(); // what an earlier opening of this page left
  })();
})();
