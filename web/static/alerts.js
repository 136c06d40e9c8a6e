// The compose page: shows the fields that the kind has, and adds places that were found to the list.
"use strict";

for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
for (const part of document.querySelectorAll("[data-without-script]")) part.hidden = true;

// What is shown of the alert is what the server made of the form; until it has, it says so.
const live = document.getElementById("live");
const liveState = document.getElementById("live-state");
function sayOfLive(text) {
  live.classList.toggle("is-stale", text !== "");
  liveState.textContent = text;
}
document.getElementById("compose").addEventListener("input", (event) => {
  if (event.target.name !== "q") sayOfLive(liveState.dataset.waiting);
});
live.addEventListener("htmx:afterSwap", () => sayOfLive(""));
for (const name of ["htmx:responseError", "htmx:sendError"]) {
  live.addEventListener(name, () => sayOfLive(liveState.dataset.failed));
}
function redraw() {
  sayOfLive(liveState.dataset.waiting);
  document.getElementById("compose").dispatchEvent(new Event("redraw"));
}

const kind = document.getElementById("field-kind");
function showFieldsOfKind() {
  for (const part of document.querySelectorAll("[data-kinds]")) {
    part.hidden = kind.value !== "" && !part.dataset.kinds.split(" ").includes(kind.value);
  }
}
kind.addEventListener("change", showFieldsOfKind);
showFieldsOfKind();

// One way to say where is shown at a time, and any that is filled in although it was not chosen.
function showChosenWay() {
  const chosen = document.querySelector("[name=where]:checked")?.value;
  for (const part of document.querySelectorAll("[data-way]")) {
    const filled = [...part.querySelectorAll("[name]:not([name=q])")].some((field) => field.value);
    part.hidden = part.dataset.way !== chosen && !filled;
  }
}
for (const way of document.querySelectorAll("[name=where]")) {
  way.addEventListener("change", showChosenWay);
}
showChosenWay();

// A time that is written is meant, and half of one is not sent as none.
document.getElementById("field-send_at").addEventListener("input", () => {
  document.querySelector("[name=when][value=later]").checked = true;
});
document.querySelector("form.compose").addEventListener("submit", (event) => {
  const half = event.target.querySelector("[type=datetime-local]:invalid");
  if (half?.validity.badInput) {
    event.preventDefault();
    event.stopPropagation();
    half.reportValidity();
  }
});

// An address that was found sets the point; coordinates that are typed are no longer its point.
const address = document.getElementById("field-address");
const point = ["lat", "lon"].map((name) => document.getElementById(`field-${name}`));
for (const field of point) field.addEventListener("input", () => { address.value = ""; });
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-address]");
  if (!button) return;
  address.value = button.dataset.address;
  for (const field of point) field.value = button.dataset[field.name];
  document.getElementById("address-suggestions").textContent = button.dataset.said;
  document.getElementById("field-radius_m").focus();
  redraw();
});

// Enter in a field that finds something takes the one thing that was found, or goes to the first of
// several; it waits for the answer to what is typed, and never sends the form.
function takeFound(field) {
  const found = document.querySelector(field.getAttribute("hx-target"));
  if (found.querySelector("[data-answers]")?.dataset.answers !== field.value.trim()) return;
  delete field.dataset.entered;
  const buttons = found.querySelectorAll(".place-button");
  if (buttons.length === 1) buttons[0].click(); else buttons[0]?.focus();
}
for (const field of document.querySelectorAll("#field-q, #field-address")) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (field.value.trim() === "") return;
    field.dataset.entered = "yes";
    takeFound(field);
  });
  field.addEventListener("input", () => { delete field.dataset.entered; });
  document.querySelector(field.getAttribute("hx-target")).addEventListener("htmx:afterSwap", () => {
    if (field.dataset.entered) takeFound(field);
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-place]");
  if (!button) return;
  const areas = document.getElementById("field-areas");
  const lines = areas.value.split("\n").map((line) => line.trim()).filter(Boolean);
  if (!lines.includes(button.dataset.place)) lines.push(button.dataset.place);
  areas.value = lines.join("\n");
  const finder = document.getElementById("field-q");
  finder.value = "";
  document.getElementById("place-suggestions").replaceChildren();
  finder.focus();
  redraw();
});
