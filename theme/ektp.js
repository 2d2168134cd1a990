// What a page can do with scripts: mode, search, sorting and filtering of tables, age of the data.
// Everything is readable and reachable without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const site = new URL("..", document.currentScript.src).href;
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const status = make("p", { class: "ektp-status", role: "status" });
  (document.querySelector("main") || document.body).append(status);
  let hideStatus = 0;
  const say = (text, visible = false) => {
    status.textContent = text;
    status.classList.toggle("ektp-status-shown", visible);
    clearTimeout(hideStatus);
    if (visible) hideStatus = setTimeout(() => status.classList.remove("ektp-status-shown"), 2500);
  };

  // ---- light or dark, kept for the next page and the next visit
  const bar = document.querySelector("#quarto-header .navbar-container, #quarto-header .navbar > div");
  const isDark = () => root.getAttribute("data-bs-theme") === "dark";
  const button = make("button", { type: "button", class: "ektp-mode" });
  const showMode = () => {
    root.classList.toggle("quarto-dark", isDark());
    button.textContent = isDark() ? "☀" : "☾";
    button.setAttribute("aria-label", isDark() ? "Pakai mode terang" : "Pakai mode gelap");
    button.title = button.getAttribute("aria-label");
  };
  button.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    root.setAttribute("data-bs-theme", next);
    try { localStorage.setItem("ektp-mode", next); } catch (error) { /* private window */ }
    showMode();
  });
  showMode();

  // ---- search among places and pages
  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, " ").trim();
  let index = null;
  const loadIndex = () => {
    if (index) return index;
    index = new Promise((resolve) => {
      // a script, not a fetch: it also loads when the page is opened as a file
      const source = make("script", { src: site + "files/cari.js" });
      source.addEventListener("load", () => {
        resolve((window.ektpCari || []).map(([title, context, address]) => (
          { title, context, address, key: plain(title), more: plain(context) })));
      });
      source.addEventListener("error", () => { index = null; resolve(null); });
      document.head.append(source);
    });
    return index;
  };
  const rank = (entry, words) => {
    let score = 0;
    for (const word of words) {
      const at = ` ${entry.key}`.indexOf(` ${word}`);
      if (at === 0) score += 4;
      else if (at > 0) score += 3;
      else if (entry.key.includes(word)) score += 2;
      else if (entry.more.includes(word)) score += 1;
      else return 0;
    }
    return score;
  };
  const form = make("form", { role: "search", class: "ektp-search" });
  const box = make("input", {
    type: "search", "aria-label": "Cari desa, kelurahan, atau kecamatan", placeholder: "Cari desa…",
    autocomplete: "off", "aria-controls": "ektp-hits", "aria-expanded": "false", role: "combobox",
    "aria-autocomplete": "list",
  });
  const hits = make("ul", { id: "ektp-hits", role: "listbox", "aria-label": "Hasil pencarian", hidden: "" });
  form.append(box, hits);
  const close = () => {
    hits.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  let active = -1;
  const mark = (position) => {
    const options = all("[role=option]", hits);
    if (!options.length) return;
    active = (position + options.length) % options.length;
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
    box.setAttribute("aria-activedescendant", options[active].id);
    options[active].scrollIntoView({ block: "nearest" });
  };
  const search = async () => {
    const words = plain(box.value).split(" ").filter(Boolean);
    if (plain(box.value).length < 2) { close(); return; }
    const entries = await loadIndex();
    const found = (entries || []).map((entry) => [rank(entry, words), entry])
      .filter(([score]) => score > 0).sort((a, b) => b[0] - a[0]).slice(0, 8);
    active = -1;
    hits.replaceChildren(...found.map(([, entry], i) => {
      const option = make("li", { role: "option", id: `ektp-hit-${i}`, "aria-selected": "false" },
        make("span", { class: "ektp-hit" }, entry.title), make("small", {}, entry.context));
      option.addEventListener("mousedown", (event) => event.preventDefault());
      option.addEventListener("click", () => { location.href = site + entry.address; close(); });
      return option;
    }));
    const words2 = entries === null ? "Daftar pencarian tidak termuat"
      : found.length ? `${found.length} hasil` : "Tidak ada hasil; coba sebagian nama";
    if (!found.length) hits.replaceChildren(make("li", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, words2));
    hits.hidden = false;
    box.setAttribute("aria-expanded", "true");
    say(words2);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const options = all("[role=option]:not([aria-disabled])", hits);
    if (!hits.hidden && options.length) options[Math.max(active, 0)].click();
  });
  box.addEventListener("input", search);
  box.addEventListener("focus", () => { loadIndex(); if (box.value) search(); });
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); mark(active + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(active - 1); }
    else if (event.key === "Escape") close();
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); box.focus(); }
  });
  if (bar) bar.append(form, button);

  // ---- tables: sort by any column, filter by name
  const months = ["januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september",
    "oktober", "november", "desember"];
  const sortValue = (cell) => {
    const given = cell.querySelector("data[value]");
    const text = (given ? given.getAttribute("value") : cell.textContent).trim();
    if (given) return Number(text);
    if (/^[–•]?$/.test(text)) return null;
    const day = text.match(/(\d{1,2}) ([A-Za-z]+) (\d{4})/);
    if (day && months.includes(day[2].toLowerCase())) {
      return Number(day[3]) * 10000 + (months.indexOf(day[2].toLowerCase()) + 1) * 100 + Number(day[1]);
    }
    const number = text.replace(/\s/g, "").match(/^([<≤]?)([+−-]?)(\d[\d.]*(?:,\d+)?)/);
    if (!number) return text.toLowerCase();
    const size = Number(number[3].replace(/\./g, "").replace(",", ".")) - (number[1] ? 0.5 : 0);
    return number[2] && number[2] !== "+" ? -size : size;
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b
    : String(a).localeCompare(String(b), "id", { numeric: true });
  const sortable = (table) => {
    const heads = all("thead th", table);
    const body = table.tBodies[0];
    heads.forEach((head, column) => {
      const label = head.textContent.trim();
      if (!label || head.querySelector("button")) return;
      const key = make("button", { type: "button", class: "ektp-sort" }, ...head.childNodes);
      head.replaceChildren(key);
      key.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const rows = Array.from(body.rows);
        const values = new Map(rows.map((row) => [row, row.cells[column] ? sortValue(row.cells[column]) : null]));
        const numeric = Array.from(values.values()).some((value) => typeof value === "number");
        const down = before ? before === "ascending" : numeric;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        rows.sort((a, b) => {
          const x = values.get(a), y = values.get(b);
          // what is not known stays at the end, whichever way
          if (x === null || y === null) return (x === null) - (y === null);
          return down ? compare(y, x) : compare(x, y);
        });
        body.append(...rows);
        say(`Diurutkan menurut ${label}, ${down ? "terbesar dulu" : "terkecil dulu"}`);
      });
    });
  };
  const filterable = (table, frame) => {
    const noun = (table.tHead ? table.tHead.rows[0].cells[0].textContent : "baris").trim().toLowerCase();
    const rows = Array.from(table.tBodies[0].rows);
    const field = make("input", { type: "search", placeholder: `Saring ${noun}…`, autocomplete: "off" });
    const count = make("span", { class: "ektp-count" });
    const label = make("label", { class: "ektp-filter" }, make("span", {}, `Saring ${noun}`), field, count);
    field.addEventListener("input", () => {
      const words = plain(field.value).split(" ").filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = plain(row.textContent);
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) shown += 1;
      }
      count.textContent = words.length ? `${shown} dari ${rows.length}` : "";
      say(`${shown} dari ${rows.length} baris`);
    });
    frame.before(label);
  };
  all(".ektp-table").forEach((frame) => {
    const table = frame.querySelector("table");
    if (!table || !table.tBodies.length || frame.id.startsWith("rencana")) return;
    const size = table.tBodies[0].rows.length;
    if (size > 2) sortable(table);
    if (size > 7 && /^(desa|kecamatan)/i.test(table.tHead.rows[0].cells[0].textContent.trim())) {
      filterable(table, frame);
    }
  });

  // ---- an address of its own for each desa: a tap on its name copies it
  all("a.ektp-anchor").forEach((anchor) => anchor.addEventListener("click", () => {
    if (!navigator.clipboard) return;
    navigator.clipboard.writeText(anchor.href).then(() => say("Tautan disalin", true), () => {});
  }));

  // ---- data that have become old since the page was made
  all("[data-as-of]").forEach((note) => {
    const days = Math.floor((Date.now() - Date.parse(note.dataset.asOf)) / 86400000);
    if (days > Number(note.dataset.staleDays)) {
      all("[data-age]", note).forEach((place) => { place.textContent = days.toLocaleString("id-ID"); });
      note.hidden = false;
    }
  });
})();
