// Shows what the device does now, and tells it what is pressed. The state is the device's own:
// a key on the keyboard changes this page too.
import { say } from "/words.js";

const token = document.querySelector('meta[name="token"]').content;
const byId = (id) => document.getElementById(id);
const buttons = [...document.querySelectorAll("button[data-key]")];
const EVERY_MS = 1000;
const WAIT_MS = 4000;
let order = 0; // of requests: an older answer never stands over a newer one

const time = new Intl.DateTimeFormat("vi-VN", { hour: "2-digit", minute: "2-digit", hour12: false });
const ago = (seconds) => time.format(new Date(Date.now() - seconds * 1000));

async function ask(path, body) {
  const mine = ++order;
  try {
    const answer = await fetch(path, {
      method: body ? "POST" : "GET",
      headers: { "X-Hailong-Token": token, ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(WAIT_MS),
    });
    if (answer.status === 403) {
      // The device has started again, with another token.
      location.reload();
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const state = await answer.json();
    if (mine === order) show(state);
  } catch {
    if (mine === order) showLost();
  }
}

function show(state) {
  for (const button of buttons) button.disabled = false;
  const paused = state.muted_by !== null;
  set(byId("state"), "state", paused ? "paused" : "measuring");
  tell("state-name", ...(paused
    ? ["Đã tạm dừng đo", "Measuring is paused"]
    : ["Đang đo chất lượng phục vụ", "Measuring the quality of service"]));
  const at = paused ? ago(state.muted_s) : "";
  const whose = state.muted_by === "citizen"
    ? [`Từ ${at}, theo đề nghị của người dân`, `Since ${at}, asked for by the citizen`]
    : [`Từ ${at}, theo đề nghị của cán bộ`, `Since ${at}, asked for by staff`];
  tell("state-more", ...(paused ? whose : state.written
    ? ["Không đo lời nói: đang giao tiếp bằng viết hoặc ngôn ngữ ký hiệu", "Speech is left out: written or signed communication"]
    : ["Không lưu âm thanh, hình ảnh, lời nói", "No sound, picture or word is kept"]));
  swap(byId("pauses"), byId("resumes"), paused);
  const writing = byId("writing");
  writing.dataset.key = state.written ? "written_off" : "written_on";
  writing.setAttribute("aria-pressed", String(state.written));
  tell("writing-name", ...(state.written ? ["Đang bật – nhấn để tắt", "On – press to turn off"] : ["Bật", "Turn on"]));
  if (state.help_s !== null) {
    const called = ago(state.help_s);
    tell("helped", `Đã gọi lúc ${called}.`, `Called at ${called}.`);
  }
}

function showLost() {
  for (const button of buttons) button.disabled = true;
  set(byId("state"), "state", "unknown");
  tell("state-name", "Mất kết nối với thiết bị đo", "The device does not answer");
  tell("state-more", "Đang thử lại. Nếu kéo dài, hãy báo bộ phận kỹ thuật.", "Trying again. If this lasts, tell the operator.");
}

/** Only what changes is written, so that a screen reader says it once. */
function tell(id, vietnamese, english) {
  const element = byId(id);
  if (element.dataset.said === vietnamese) return;
  element.dataset.said = vietnamese;
  say(element, vietnamese, english);
}

function set(element, name, value) {
  if (element.dataset[name] !== value) element.dataset[name] = value;
}

/** One group of keys in the place of the other; the focus stays with the pause. */
function swap(pauses, resumes, paused) {
  const [on, off] = paused ? [resumes, pauses] : [pauses, resumes];
  if (!on.hidden) return;
  const focused = off.contains(document.activeElement);
  on.hidden = false;
  off.hidden = true;
  if (focused) on.querySelector("button").focus();
}

for (const button of buttons) {
  button.addEventListener("click", () => ask("/press", { key: button.dataset.key, asked_by: button.dataset.askedBy }));
}
document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  const button = buttons.find((one) => one.dataset.digit === event.key && one.offsetParent !== null);
  if (button && !button.disabled) button.click();
});

ask("/state");
setInterval(() => ask("/state"), EVERY_MS);
