// What makes pages nicer where JavaScript runs. Nothing here is needed for a page to work.
"use strict";

// The error summary takes focus, so that a screen reader starts there.
document.querySelector("[data-focus]")?.focus();

// How many characters are left in a text area.
for (const area of document.querySelectorAll("textarea[data-count]")) {
  const counter = document.getElementById(area.dataset.count);
  const limit = Number(area.dataset.most);
  const show = () => {
    const left = limit - [...area.value].length;
    const said = left < 0 ? area.dataset.over : area.dataset.left;
    counter.textContent = said.replace("#", Math.abs(left).toLocaleString(document.documentElement.lang));
  };
  area.addEventListener("input", show);
  show();
}

// A form is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 4000);
});

// Browsers keep nothing of a form that is to be forgotten. Until it has been received, this tab
// does: Back after an error brings what was typed, and never asks whether to send it once more.
const forgotten = document.querySelector("form[data-forget]");
const KEPT = "varsko.kept";
let kept = null;
try { kept = window.sessionStorage; } catch { /* The browser allows no storage. */ }
if (kept && document.querySelector("[data-received]")) kept.removeItem(KEPT);
if (kept && forgotten) {
  const typed = [...forgotten.querySelectorAll("textarea, input[type=text]")];
  const address = new URL(forgotten.action).pathname;
  const [visit] = performance.getEntriesByType("navigation");
  if (typed.some((field) => field.value)) {
    history.replaceState(null, "");  // what answered the form is from now on a page like others
  } else if (["back_forward", "reload"].includes(visit?.type)) {
    const left = JSON.parse(kept.getItem(KEPT) ?? "{}");
    if (left.address === address) {
      for (const field of typed) field.value = left.values[field.name] ?? "";
    }
  } else {
    kept.removeItem(KEPT);
  }
  let isSent = false;
  forgotten.addEventListener("submit", () => {
    isSent = true;
    const values = Object.fromEntries(typed.map((field) => [field.name, field.value]));
    kept.setItem(KEPT, JSON.stringify({ address, values }));
  });
  // A page that the browser had put aside as it was.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && isSent) location.reload();
  });
}
