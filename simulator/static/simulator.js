// Keeps the page fresh: the server says what changed, this fetches those parts again.
"use strict";

const byPhone = (number) => document.querySelector(`[data-phone="${CSS.escape(number)}"]`);

async function fragment(address) {
  const response = await fetch(address);
  if (!response.ok) return null;
  return response.text();
}

function toNewest(screen) {
  screen.scrollTop = screen.scrollHeight;
}

async function refreshPhone(number) {
  const address = `/phones/${encodeURIComponent(number)}`;
  const card = byPhone(number);
  if (card) {
    const html = await fragment(`${address}/conversation`);
    const screen = card.querySelector("[data-screen]");
    if (html !== null) {
      screen.innerHTML = html;
      toNewest(screen);
    }
    return;
  }
  const list = document.querySelector("[data-phones]");
  if (!list || "filtered" in list.dataset) return;
  if (list.querySelectorAll("[data-phone]").length >= Number(list.dataset.most)) return;
  const html = await fragment(`${address}/card`);
  if (html === null || byPhone(number)) return;
  list.querySelector(".empty")?.remove();
  list.insertAdjacentHTML("beforeend", html);
  toNewest(byPhone(number).querySelector("[data-screen]"));
}

async function refreshMailbox(address) {
  const list = document.querySelector("[data-boxes]");
  const search = document.querySelector("#sought");
  const seeking = location.pathname.startsWith("/mailboxes") && search && search.value;
  if (list && !seeking) {
    const current = list.querySelector('[aria-current="true"]')?.getAttribute("href");
    const html = await fragment("/mailboxes/list");
    if (html !== null) {
      const old = document.querySelector("[data-boxes]");
      old.outerHTML = html;
      if (current) {
        document.querySelector(`[data-boxes] a[href="${CSS.escape(current)}"]`)
          ?.setAttribute("aria-current", "true");
      }
    }
  }
  const open = document.querySelector("[data-mailbox]");
  if (open && open.dataset.mailbox === address) {
    const note = open.querySelector("[data-fresh]");
    const link = document.createElement("a");
    link.href = location.pathname;
    link.textContent = "Ny post: vis den";
    note.replaceChildren(link);
  }
}

function showTotals(totals) {
  for (const [name, value] of Object.entries(totals)) {
    const place = document.querySelector(`[data-total="${name}"]`);
    if (place) place.textContent = value.toLocaleString("da-DK");
  }
}

function listen() {
  const live = document.querySelector("[data-live]");
  const events = new EventSource("/events");
  events.addEventListener("open", () => {
    live.textContent = "med det samme";
    live.classList.add("on");
  });
  events.addEventListener("error", () => {
    live.textContent = "afbrudt, prøver igen";
    live.classList.remove("on");
  });
  events.addEventListener("totals", (event) => showTotals(JSON.parse(event.data)));
  events.addEventListener("phone", (event) => refreshPhone(JSON.parse(event.data)));
  events.addEventListener("mailbox", (event) => refreshMailbox(JSON.parse(event.data)));
  window.addEventListener("pagehide", () => events.close());
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-answer]")) return;
  event.preventDefault();
  const card = form.closest("[data-phone]");
  const note = card.querySelector("[data-note]");
  const body = new URLSearchParams(new FormData(form, event.submitter));
  note.textContent = "Sender …";
  form.reset();
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
    });
    note.textContent = response.ok ? "" : "Beskeden kunne ikke sendes.";
  } catch {
    note.textContent = "Simulatoren svarer ikke.";
  }
  await refreshPhone(card.dataset.phone);
});

// Enter sends, Shift+Enter makes a new line, as phones do.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  if (!event.target.matches("[data-answer] textarea")) return;
  event.preventDefault();
  if (event.target.value.trim()) event.target.form.requestSubmit();
});

function tickCodes() {
  const list = document.querySelector("[data-codes]");
  if (!list) return;
  let shown = 0;
  setInterval(async () => {
    const seconds = Math.floor(Date.now() / 1000);
    for (const bar of list.querySelectorAll("progress")) bar.value = 30 - (seconds % 30);
    const period = Math.floor(seconds / 30);
    if (period === shown) return;
    shown = period;
    const codes = await (await fetch("/codes.json")).json();
    list.querySelectorAll("[data-code]").forEach((place, index) => {
      const code = codes[index]?.code;
      if (code) place.textContent = `${code.slice(0, 3)} ${code.slice(3)}`;
    });
  }, 1000);
}

document.querySelectorAll("[data-screen]").forEach(toNewest);
listen();
tickCodes();
