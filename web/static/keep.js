// What is written in a form marked data-kept is stored at the server while it is written.
"use strict";

const EVERY = 2000;
const AGAIN_AFTER = 10000;

for (const form of document.querySelectorAll("form[data-kept]")) {
  const state = form.querySelector("[data-kept-state]");
  let timer;
  let isStoring = false;

  const body = () => {
    const fields = new URLSearchParams(new FormData(form));
    fields.append("only_keep", "1");
    return fields;
  };

  function say(text) {
    if (state.textContent !== text) state.textContent = text;
  }

  function later(after = EVERY) {
    timer ??= setTimeout(store, after);
  }

  async function store() {
    timer = undefined;
    if (isStoring) {
      later();
      return;
    }
    isStoring = true;
    try {
      const answer = await fetch(location.pathname, {
        method: "POST", body: body(), headers: { "HX-Request": "true" },
        signal: AbortSignal.timeout(15000),
      });
      if (answer.ok) {
        say(await answer.text());
        document.dispatchEvent(new Event("desk-used"));
      } else if (answer.status === 401) {
        say(state.dataset.failed);
        document.body.dispatchEvent(new Event("signed-out"));
      } else if (answer.status === 409) {
        // The work of this form is done; somebody came back and writes another.
        form.elements.form_id.value = crypto.randomUUID();
        later(0);
      } else {
        say(state.dataset.failed);
        later(AGAIN_AFTER);
      }
    } catch {
      say(state.dataset.failed);
      later(AGAIN_AFTER);
    } finally {
      isStoring = false;
    }
  }

  form.addEventListener("input", () => later());
  form.addEventListener("change", () => later());
  document.addEventListener("signed-in", () => later(0));
  form.addEventListener("submit", () => { clearTimeout(timer); timer = undefined; });
  addEventListener("pagehide", () => {
    if (timer === undefined) return;
    fetch(location.pathname, {
      method: "POST", body: body(), headers: { "HX-Request": "true" }, keepalive: true,
    }).catch(() => {});
  });
}
