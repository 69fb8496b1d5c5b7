/* What pages gain from script: keys, dialogs, and a word when part of a page was renewed.
   Everything works without it. */
(() => {
  "use strict";

  const root = document.documentElement;
  const single = root.dataset.keys !== "off";
  const WRITING = "input:not([type=checkbox],[type=radio],[type=file],[type=button],[type=submit]), textarea, select, [contenteditable]";

  const visible = (element) => element.checkVisibility();
  const first = (selector) => [...document.querySelectorAll(selector)].find(visible);

  // Lists: the first thing to open in each row of what is marked data-list.

  const ROW = "[data-list] > tbody > tr, [data-list] > li";
  const stops = () =>
    [...document.querySelectorAll(ROW)]
      .map((row) => row.querySelector("a[href], button, summary"))
      .filter((stop) => stop && visible(stop));

  function step(by) {
    const all = stops();
    const row = document.activeElement.closest(ROW);
    const here = all.findIndex((stop) => row && row.contains(stop));
    const next = here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by;
    if (all[next]) {
      all[next].focus();
      all[next].scrollIntoView({ block: "nearest" });
    }
  }

  // The overview of keys, with those of this page.

  function openDialog(name) {
    const dialog = document.getElementById(name);
    if (!dialog || dialog.open) return;
    if (name === "keys") listOwnKeys(dialog.querySelector("dl"));
    dialog.showModal();
  }

  function listOwnKeys(list) {
    list.querySelectorAll("[data-own]").forEach((line) => line.remove());
    for (const button of document.querySelectorAll("[data-key]")) {
      const line = document.createElement("div");
      const key = document.createElement("kbd");
      const term = document.createElement("dt");
      const meaning = document.createElement("dd");
      const words = button.cloneNode(true);
      words.querySelectorAll("kbd").forEach((shown) => shown.remove());
      key.textContent = button.dataset.key;
      meaning.textContent = words.textContent.trim();
      line.dataset.own = "";
      term.append(key);
      line.append(term, meaning);
      list.append(line);
    }
  }

  document.querySelectorAll("[data-opens], [data-print]").forEach((button) => { button.hidden = false; });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) openDialog(opener.dataset.opens);
    if (event.target.closest("[data-print]")) print();
    // A click beside a dialog closes it: only then is the dialog itself what was clicked.
    if (event.target instanceof HTMLDialogElement) {
      const box = event.target.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right
        && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside && event.detail > 0) event.target.close();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (!single || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest(WRITING) || document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      const search = first("input[type=search]");
      if (!search) return;
      search.focus();
      search.select();
    } else if (event.key === "?") {
      openDialog("keys");
    } else if (event.key === "j" || event.key === "k") {
      step(event.key === "j" ? 1 : -1);
    } else {
      const button = first(`[data-key="${CSS.escape(event.key)}"]`);
      if (!button) return;
      button.focus();
      button.click();
      const opened = button.closest("summary")?.parentElement;
      // What is opened is shown after the click; then what is to be written in it takes the focus.
      if (opened) setTimeout(() => opened.open && opened.querySelector("textarea, input:not([type=hidden])")?.focus());
    }
    event.preventDefault();
  });

  // Forms: a fault that was mended is no longer shown as one.

  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field.getAttribute?.("aria-invalid") !== "true" || !field.checkValidity()) return;
    field.removeAttribute("aria-invalid");
    document.getElementById(`${field.id}-error`)?.remove();
  });

  // Parts that renew themselves.

  const trouble = document.getElementById("trouble");
  const said = document.getElementById("said");

  function say(text) {
    if (said.textContent !== text) said.textContent = text;
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    const words = event.detail.elt.querySelector?.("[data-say]");
    if (words) say(words.textContent.trim().replace(/\s+/g, " "));
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // Sent elsewhere, to sign in for instance: then go there as a whole.
    const end = new URL(event.detail.xhr.responseURL, location.href);
    const asked = new URL(event.detail.pathInfo.finalRequestPath, location.href);
    if (event.detail.xhr.responseURL && end.pathname !== asked.pathname) {
      event.detail.shouldSwap = false;
      location.assign(end);
    }
  });

  let leaving = false;
  addEventListener("pagehide", () => { leaving = true; });
  addEventListener("beforeunload", () => { leaving = true; });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (leaving) return;
    trouble.hidden = event.detail.successful;
    if (!event.detail.successful && trouble.textContent === "") {
      trouble.textContent = trouble.dataset.text;
    }
  });
})();
