// What may be added to a report that is complete without any script? Sorting, filtering, keys.
"use strict";
(() => {
  const table = document.querySelector("#findings-table");
  const findings = [...document.querySelectorAll("details.finding")];

  const keyOf = (row, column) => {
    const text = row.cells[column].textContent.trim();
    const number = Number(text.replace("<=", "").replaceAll(",", ""));
    return Number.isNaN(number) ? text : number;
  };

  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en");

  const sortBy = (header, column) => {
    const descending = header.getAttribute("aria-sort") !== "descending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => compare(keyOf(a, column), keyOf(b, column)) * (descending ? -1 : 1));
    table.tBodies[0].append(...rows);
  };

  const addSorting = () => {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      if (header.tagName !== "TH") return;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = header.textContent;
      button.title = "Sort by " + header.textContent;
      header.replaceChildren(button);
      button.addEventListener("click", () => sortBy(header, column));
    });
  };

  const applyFilter = (words, status) => {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (node) => {
      const text = node.textContent.toLowerCase();
      return wanted.every((word) => text.includes(word));
    };
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const id = row.dataset.finding;
      const details = document.getElementById(id);
      const visible = matches(row) || (details !== null && matches(details));
      row.hidden = !visible;
      if (details !== null) details.hidden = !visible;
      shown += visible ? 1 : 0;
    }
    status.textContent = wanted.length ? `${shown} of ${table.tBodies[0].rows.length} shown` : "";
  };

  const addButton = (parent, text, action) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", action);
    parent.append(button);
  };

  const addTools = () => {
    const tools = document.createElement("div");
    tools.className = "tools";
    const input = document.createElement("input");
    input.type = "search";
    input.id = "filter";
    input.placeholder = "Filter: name, file, thread ( / )";
    input.setAttribute("aria-label", "Filter the findings");
    const status = document.createElement("span");
    status.className = "soft small";
    status.setAttribute("role", "status");
    input.addEventListener("input", () => applyFilter(input.value, status));
    tools.append(input);
    addButton(tools, "Open all", () => findings.forEach((finding) => { finding.open = true; }));
    addButton(tools, "Close all", () => findings.forEach((finding) => { finding.open = false; }));
    const keys = document.createElement("span");
    keys.className = "soft small";
    keys.textContent = "Keys: j next, k previous, / filter";
    tools.append(status, keys);
    document.querySelector("#findings").after(tools);
  };

  const step = (offset) => {
    const visible = findings.filter((finding) => !finding.hidden);
    if (visible.length === 0) return;
    const at = visible.findIndex((finding) => finding.contains(document.activeElement));
    const next = at < 0 ? 0 : Math.min(Math.max(at + offset, 0), visible.length - 1);
    visible[next].open = true;
    visible[next].querySelector("summary").focus();
    visible[next].scrollIntoView({ block: "start" });
  };

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLInputElement) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "/") {
      event.preventDefault();
      document.querySelector("#filter").focus();
    }
  };

  // A printed page cannot be unfolded.
  window.addEventListener("beforeprint", () => findings.forEach((finding) => { finding.open = true; }));

  const openTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  window.addEventListener("hashchange", openTarget);
  openTarget();

  if (table === null) return;
  addSorting();
  addTools();
  document.addEventListener("keydown", onKey);
  document.documentElement.dataset.ready = "true";
})();
