// A session that ends while somebody writes: a warning before it, and signing in above the page.
"use strict";

const dialog = document.getElementById("session");
const heading = document.getElementById("session-heading");
const inside = document.getElementById("session-page");
const stay = document.getElementById("session-stay");
const settings = dialog.dataset;
const seconds = (name) => Number(settings[name]) * 1000;
const lastsUntil = Date.now() + seconds("left");
const others = new BroadcastChannel("desk");
let state = "";
let warnTimer;
let endTimer;

function open(now, at) {
  state = now;
  for (const part of dialog.querySelectorAll("[data-ending]")) {
    part.textContent = (part.dataset[state] ?? "").replace("#", at);
  }
  stay.hidden = state === "ended";
  if (!dialog.open) dialog.showModal();
}

function close() {
  state = "";
  inside.replaceChildren();
  dialog.close();
}

// Somebody used the desk, here or in another tab: the time runs from now.
function restart() {
  const idleUntil = Date.now() + seconds("idle");
  const until = Math.min(idleUntil, lastsUntil);
  clearTimeout(warnTimer);
  clearTimeout(endTimer);
  warnTimer = setTimeout(() => {
    inside.replaceChildren();
    // Use is noted at the server a little more seldom than here: say the earlier minute.
    const at = new Date(until - seconds("noted")).toLocaleTimeString(
      document.documentElement.lang,
      { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Copenhagen" });
    open(until === lastsUntil ? "lasting" : "ending", at);
  }, until - seconds("warning") - Date.now());
  endTimer = setTimeout(signIn, until + 1500 - Date.now());
  if (state === "ending") close();
}

function use() {
  others.postMessage("used");
  restart();
}

// One page of the sign-in, or the page after it: then all forms get the new session's token.
function show(page, address) {
  const path = new URL(address).pathname;
  if (path === settings.signedIn || path === settings.home) {
    const name = (root) => root.querySelector(".desk-person-name")?.textContent;
    if (name(page) !== name(document)) {
      location.assign(address);
      return;
    }
    const token = page.querySelector("[name=csrf_token]").value;
    for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    close();
    use();
    document.dispatchEvent(new Event("signed-in"));
    return;
  }
  open("ended");
  const title = page.querySelector("main h1");
  if (path !== settings.signIn && title) heading.textContent = title.textContent;
  title?.remove();
  for (const field of page.querySelectorAll("main [autofocus]")) field.removeAttribute("autofocus");
  const card = page.querySelector(".signin-card") ?? page.querySelector("main");
  inside.replaceChildren(...card.childNodes);
  const form = inside.querySelector("form");
  if (form) form.dataset.at = address;
  inside.querySelector("input:not([type=hidden])")?.focus();
}

async function load(address, options) {
  try {
    const answer = await fetch(address, options);
    show(new DOMParser().parseFromString(await answer.text(), "text/html"), answer.url);
  } catch {
    open("offline");
  }
}

// Somebody uses the desk in another tab, so has signed in there: go on here too.
async function goOn() {
  try {
    const answer = await fetch(settings.signedIn);
    if (new URL(answer.url).pathname !== settings.signedIn) return;
    show(new DOMParser().parseFromString(await answer.text(), "text/html"), answer.url);
  } catch {
    open("offline");
  }
}

const signIn = () => load(`${settings.signIn}?next=${encodeURIComponent(settings.signedIn)}`);

dialog.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  const form = event.target;
  const address = new URL(form.getAttribute("action") || form.dataset.at, form.dataset.at);
  load(address, { method: "POST", body: new URLSearchParams(new FormData(form)) });
});
dialog.addEventListener("click", (event) => {
  const link = event.target.closest("#session-page a[href]:not([href^='#'])");
  if (!link) return;
  event.preventDefault();
  load(link.href);
});
stay.addEventListener("click", () => {
  if (state === "lasting") close();
  else if (state === "offline") signIn();
  else load(settings.signedIn);
});
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  if (state === "ending") load(settings.signedIn);
  else close();
});
document.body.addEventListener("signed-out", () => { if (state !== "ended") signIn(); });
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) use();
});
document.addEventListener("desk-used", use);
others.addEventListener("message", () => {
  restart();
  if (state === "ended" || state === "offline") goOn();
});
use();
