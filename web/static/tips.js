// Keys for investigators who read many tips. The pages work without them.
"use strict";

const rows = [...document.querySelectorAll(".tip-list .tip-row-text a")];
const tip = document.querySelector(".tip-desk");

const KEYS_OFF = "varsko.tips.keys-off";
let areKeysOn = localStorage.getItem(KEYS_OFF) === null;

const hint = document.querySelector(".tip-keys");
if (hint) {
  const knob = hint.querySelector("button");
  const show = () => { knob.textContent = areKeysOn ? knob.dataset.keysOff : knob.dataset.keysOn; };
  knob.addEventListener("click", () => {
    areKeysOn = !areKeysOn;
    if (areKeysOn) {
      localStorage.removeItem(KEYS_OFF);
    } else {
      localStorage.setItem(KEYS_OFF, "yes");
    }
    show();
  });
  show();
  hint.hidden = false;
}

const follow = (selector) => document.querySelector(selector)?.click();

const step = (by) => {
  const at = rows.indexOf(document.activeElement);
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];
  next?.focus();
  next?.closest(".tip-row").scrollIntoView({ block: "nearest" });
};

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (!areKeysOn || isTyping || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (event.key === "/" && document.querySelector("[data-search]")) {
    event.preventDefault();
    document.querySelector("[data-search]").focus();
  } else if (tip && event.key === "u") {
    follow(".back-link");
  } else if (tip && event.key === "j") {
    follow(".tip-steps [rel=next], .tip-steps [data-step=next]");
  } else if (tip && event.key === "k") {
    follow(".tip-steps [rel=prev], .tip-steps [data-step=prev]");
  } else if (tip && ["b", "f", "i"].includes(event.key)) {
    follow(`[data-key="${event.key}"]`);
  } else if (rows.length && !tip && event.key === "j") {
    step(1);
  } else if (rows.length && !tip && event.key === "k") {
    step(-1);
  }
});

// The buttons of the form take what was typed along; any other way off the page asks first.
const form = document.getElementById("tip-form");
if (form) {
  const typed = () => [...form.querySelectorAll("input:not([type=hidden]), textarea")]
    .some((field) => field.value !== field.defaultValue);
  let isSending = false;
  form.addEventListener("submit", () => { isSending = true; });
  addEventListener("pageshow", () => { isSending = false; });
  addEventListener("beforeunload", (event) => { if (typed() && !isSending) event.preventDefault(); });
}
