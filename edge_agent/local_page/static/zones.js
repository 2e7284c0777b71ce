// Two polygons over one still. Corners are kept as shares of the picture's width and height.
import { pick, say } from "/words.js";

const SVG = "http://www.w3.org/2000/svg";
const MOST = 64;
const FEWEST = 3;
const STEP = 0.005;
const token = document.querySelector('meta[name="token"]').content;
const byId = (id) => document.getElementById(id);
const drawing = byId("drawing");
const [, , width, height] = drawing.getAttribute("viewBox").split(" ").map(Number);
const given = JSON.parse(document.querySelector("main").dataset.zones);
const NAMES = { citizen: ["Vùng người dân", "Citizen's zone"], staff: ["Vùng cán bộ", "Staff's zone"] };
const zones = {
  citizen: given.citizen,
  staff: given.staff ?? [[0.02, 0.1], [0.4, 0.1], [0.4, 0.9], [0.02, 0.9]],
};
const chosen = { citizen: 0, staff: 0 };
let finished = false;

byId("sees-staff").checked = given.staff !== null;
const shown = () => (byId("sees-staff").checked ? ["staff", "citizen"] : ["citizen"]);
const rounded = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

/** Everything anew; the focused corner stays focused. */
function draw() {
  const focused = document.activeElement?.dataset?.corner;
  drawing.replaceChildren();
  const scale = width / Math.max(1, drawing.clientWidth); // picture's pixels a screen pixel
  for (const zone of shown()) {
    const group = element("g", { class: `zone--${zone}` }, drawing);
    const points = zones[zone].map(([x, y]) => `${x * width},${y * height}`).join(" ");
    for (const kind of ["area", "edge-under", "edge"]) element("polygon", { class: kind, points }, group);
    zones[zone].forEach(([x, y], index) => {
      const handle = element("g", {
        class: "handle", tabindex: finished ? -1 : 0, role: "button", "data-corner": `${zone} ${index}`,
        transform: `translate(${x * width} ${y * height})`,
        "aria-label": label(zone, index),
      }, group);
      element("circle", { class: "hit", r: 22 * scale }, handle);
      element("circle", { class: "corner", r: 8 * scale }, handle);
      handle.classList.toggle("handle--chosen", index === chosen[zone] && focused === `${zone} ${index}`);
    });
  }
  if (focused) drawing.querySelector(`[data-corner="${focused}"]`)?.focus();
  byId("toml").value = toml();
  byId("staff-keys").hidden = !byId("sees-staff").checked;
  for (const zone of ["citizen", "staff"]) {
    document.querySelector(`[data-add="${zone}"]`).disabled = finished || zones[zone].length >= MOST;
    document.querySelector(`[data-remove="${zone}"]`).disabled = finished || zones[zone].length <= FEWEST;
  }
}

function label(zone, index) {
  const [x, y] = zones[zone][index].map((value) => Math.round(value * 100));
  const [vietnamese, english] = NAMES[zone];
  return pick(
    `${vietnamese}, góc ${index + 1}: ${x} % từ trái, ${y} % từ trên`,
    `${english}, corner ${index + 1}: ${x} % from the left, ${y} % from the top`,
  );
}

function toml() {
  const line = (zone) => `${zone} = [${zones[zone].map(([x, y]) => `[${x.toFixed(3)}, ${y.toFixed(3)}]`).join(", ")}]`;
  return ["[zones]", line("citizen"), ...(byId("sees-staff").checked ? [line("staff")] : [])].join("\n") + "\n";
}

function move(zone, index, x, y) {
  zones[zone][index] = [rounded(x), rounded(y)];
  draw();
}

drawing.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest(".handle");
  if (!handle || finished) return;
  const [zone, index] = handle.dataset.corner.split(" ");
  event.preventDefault();
  chosen[zone] = Number(index);
  handle.focus({ focusVisible: false });
  drawing.setPointerCapture(event.pointerId);
  const drag = (to) => {
    const box = drawing.getBoundingClientRect();
    move(zone, Number(index), (to.clientX - box.left) / box.width, (to.clientY - box.top) / box.height);
  };
  const end = () => {
    drawing.removeEventListener("pointermove", drag);
    drawing.removeEventListener("pointerup", end);
    drawing.removeEventListener("pointercancel", end);
  };
  drawing.addEventListener("pointermove", drag);
  drawing.addEventListener("pointerup", end);
  drawing.addEventListener("pointercancel", end);
});

drawing.addEventListener("keydown", (event) => {
  const handle = event.target.closest(".handle");
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  if (!handle || finished || !(event.key in arrows)) return;
  event.preventDefault();
  const [zone, index] = handle.dataset.corner.split(" ");
  const [x, y] = zones[zone][index];
  const step = STEP * (event.shiftKey ? 10 : 1);
  const [dx, dy] = arrows[event.key];
  move(zone, Number(index), x + dx * step, y + dy * step);
});
drawing.addEventListener("focusin", (event) => {
  const corner = event.target.dataset.corner;
  if (!corner) return;
  const [zone, index] = corner.split(" ");
  chosen[zone] = Number(index);
});

for (const button of document.querySelectorAll("[data-add]")) {
  button.addEventListener("click", () => {
    const corners = zones[button.dataset.add];
    const at = Math.min(chosen[button.dataset.add], corners.length - 1);
    const next = corners[(at + 1) % corners.length];
    corners.splice(at + 1, 0, corners[at].map((value, axis) => rounded((value + next[axis]) / 2)));
    chosen[button.dataset.add] = at + 1;
    draw();
  });
}
for (const button of document.querySelectorAll("[data-remove]")) {
  button.addEventListener("click", () => {
    const zone = button.dataset.remove;
    zones[zone].splice(Math.min(chosen[zone], zones[zone].length - 1), 1);
    chosen[zone] = 0;
    draw();
  });
}
byId("sees-staff").addEventListener("change", draw);
document.addEventListener("language", draw);
addEventListener("resize", draw);

byId("copy").addEventListener("click", async () => {
  const text = byId("toml");
  try {
    await navigator.clipboard.writeText(text.value);
    say(byId("told"), "Đã sao chép.", "Copied.");
  } catch {
    text.select();
    say(byId("told"), "Nhấn Ctrl+C để sao chép phần đang chọn.", "Press Ctrl+C to copy what is selected.");
  }
});

byId("finish").addEventListener("click", async () => {
  const body = { citizen: zones.citizen, staff: byId("sees-staff").checked ? zones.staff : null };
  try {
    const answer = await fetch("/zones", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Hailong-Token": token },
      body: JSON.stringify(body),
    });
    if (answer.status === 422) {
      say(byId("told"), "Mỗi vùng cần ít nhất 3 góc và phải có diện tích.", "Each zone needs 3 corners or more, and an area.");
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    finish((await answer.json()).toml);
  } catch {
    say(byId("told"), "Không gửi được: chương trình đã kết thúc. Vẫn có thể sao chép nội dung ở trên.", "Not sent: the program has ended. The text above can still be copied.");
  }
});

/** The still goes from the screen as well. */
function finish(text) {
  finished = true;
  draw();
  byId("toml").value = text;
  byId("still").removeAttribute("src");
  byId("stage").classList.add("stage--gone");
  byId("finish").disabled = byId("sees-staff").disabled = true;
  say(byId("told"), "Đã xác nhận. Có thể đóng trang này.", "Confirmed. This page can be closed.");
}

draw();
