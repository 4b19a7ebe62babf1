// What makes pages nicer when scripts run. Every page works without any of it.
const root = document.documentElement;
const words = document.body.dataset;

function toast(text) {
  const place = document.getElementById("toasts");
  if (!place || !text) return;
  const message = Object.assign(document.createElement("p"), { textContent: text });
  place.append(message);
  setTimeout(() => message.remove(), 6000);
}

function toggleTheme() {
  const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  root.dataset.bsTheme = theme;
  try { localStorage.setItem("theme", theme); } catch { /* then it holds for this page */ }
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(words.copied);
  } catch {
    toast(words.copyFailed);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-toggle], [data-copy], [data-print]");
  if (!button) return;
  if ("copy" in button.dataset) copy(button);
  else if ("print" in button.dataset) print();
  else toggleTheme();
});

// A second click must not submit twice; the server's own guard (idempotency) is what counts.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  delete form.dataset.dirty;
  event.submitter?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[type=submit][aria-busy]")) button.removeAttribute("aria-busy");
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-guard]");
  if (form) form.dataset.dirty = "yes";
});
addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-dirty]")) event.preventDefault();
});

// "3 days left" counts down while the page is open.
const lang = root.lang || "ko";
const MINUTE = 60_000;
const UNITS = [["day", 1440], ["hour", 60], ["minute", 1]];

function inUnit(count, unit) {
  return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

// The same two largest units as the server's filter `time_left`; from three days on, days alone.
function span(minutes) {
  const at = Math.max(0, UNITS.findIndex(([, size]) => minutes >= size));
  const [unit, size] = UNITS[at];
  const [smaller, step] = UNITS[at + 1] ?? [];
  const first = inUnit(Math.floor(minutes / size), unit);
  const rest = step ? Math.floor((minutes % size) / step) : 0;
  return rest && minutes < 3 * 1440 ? `${first} ${inUnit(rest, smaller)}` : first;
}

function countDown() {
  for (const element of document.querySelectorAll("[data-until]")) {
    const left = (new Date(element.dataset.until) - Date.now()) / MINUTE;
    if (left >= 1) element.textContent = words.left.replace("{}", span(left));
  }
}

function dress(part) {
  for (const button of part.querySelectorAll("[data-copy][hidden], [data-theme-toggle][hidden], [data-print][hidden]")) {
    button.hidden = false;
  }
  for (const block of part.querySelectorAll("pre, .lesson table")) {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0; // so that arrow keys can scroll it
  }
  countDown();
  if (part.querySelector(".math[data-tex]")) {
    import(document.querySelector("script[data-math]").dataset.math).then(({ setMath }) => setMath(part));
  }
}

dress(document);
setInterval(countDown, MINUTE);

document.addEventListener("htmx:load", (event) => dress(event.target));
document.addEventListener("htmx:responseError", (event) => {
  const type = event.detail.xhr.getResponseHeader("Content-Type") ?? "";
  let detail = "";
  if (type.includes("json")) {
    try { detail = JSON.parse(event.detail.xhr.responseText).detail; } catch { /* the general sentence then */ }
  }
  toast(detail || words.failed);
});
document.addEventListener("htmx:sendError", () => toast(words.offline));

// An open menu or question closes on Escape and on a press outside it.
const FLOATING = "details.menu[open], details.confirm[open]";
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.activeElement.closest(FLOATING) ?? document.querySelector(FLOATING);
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll(FLOATING)) {
    if (!open.contains(event.target)) open.open = false;
  }
});
