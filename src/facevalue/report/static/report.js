"use strict";
// Filters, orders and saves the table of all findings. The page is complete without it.
(() => {
  const box = document.getElementById("filter");
  const table = document.getElementById("every");
  if (!box || !table) return;
  const at = (name) => document.getElementById(`filter-${name}`);
  const body = table.tBodies[0];
  const count = at("count");
  const all = count.textContent;
  const heads = Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent);
  const column = (name) => heads.indexOf(name);
  const STATUS = {"": "estimated", none: "not estimable", few: "not shown"};
  const NUMBER = /^([+−]?[\d,.]+)(?: (%|points|bits))? \(([+−]?[\d,.]+) to ([+−]?[\d,.]+)\)$/;
  const plain = (text) => text.replace(/,/g, "").replace("−", "-");
  const numeric = (text) => {
    const found = /^(?:< )?([+−]?[\d,.]+)/.exec(text);
    return found ? Number(plain(found[1])) : NaN;
  };
  const read = (row) => {
    const cells = Array.from(row.cells, (cell) => cell.textContent.trim());
    return {row, cells, text: cells.join(" ").toLowerCase(), status: STATUS[row.className]};
  };
  const rows = Array.from(body.rows, read);
  // What a select holds rows against; a metric is chosen by its name without its label.
  const value = {
    metric: (r) => r.cells[column("Metric")].split("[")[0],
    status: (r) => r.status,
  };
  for (const name of ["System", "Dataset", "Family", "Condition", "Attribute"]) {
    value[name.toLowerCase()] = (r) => r.cells[column(name)];
  }
  const selects = Object.keys(value).map((name) => [at(name), value[name]]);
  for (const [select, of] of selects) {
    for (const words of new Set(rows.map(of))) select.add(new Option(words, words));
  }
  const shown = () => {
    const words = at("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = selects.filter(([select]) => select.value);
    return (r) => chosen.every(([select, of]) => of(r) === select.value)
      && words.every((word) => r.text.includes(word));
  };
  // So that every answer comes at once, only a part of the rows is laid out at a time.
  const PART = 250;
  let order = rows;
  let kept = rows;
  let first = 0;
  const show = (from) => {
    first = from;
    const last = Math.min(first + PART, kept.length);
    body.replaceChildren(...kept.slice(first, last).map((r) => r.row));
    const n = (x) => x.toLocaleString("en");
    count.textContent = (kept.length < rows.length ? `${n(kept.length)} of ${all}` : all)
      + (kept.length > PART ? `; rows ${n(first + 1)} to ${n(last)}` : "");
    at("before").disabled = first === 0;
    at("after").disabled = last === kept.length;
    at("before").hidden = at("after").hidden = kept.length <= PART;
    table.parentElement.scrollTop = 0;
  };
  const filter = () => {
    kept = order.filter(shown());
    show(0);
  };
  const ordered = () => {
    const [name, down] = at("order").value.split("|");
    if (!name) return rows;
    const i = column(name);
    const words = new Intl.Collator("en", {numeric: true});
    const isNumber = table.tHead.rows[0].cells[i].className === "number";
    const by = rows.map((r) => [isNumber ? numeric(r.cells[i]) : r.cells[i], r]);
    by.sort(([a], [b]) => {
      if (!isNumber) return words.compare(a, b);
      // What has no number stands last, whichever way the others are ordered.
      if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
      return down ? b - a : a - b;
    });
    return by.map(([, r]) => r);
  };
  const clear = () => {
    at("words").value = "";
    for (const [select] of selects) select.value = "";
    filter();
  };
  // A cell that a spreadsheet would run as a formula is made text; numbers are ours.
  const cell = (text) => `"${(/^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text) ? `'${text}` : text).replace(/"/g, '""')}"`;
  const csvRow = (r) => {
    const get = (name) => r.cells[column(name)];
    const found = NUMBER.exec(get("Estimate and interval"));
    const numbers = found ? [plain(found[1]), plain(found[3]), plain(found[4])] : ["", "", ""];
    const method = document.getElementById(`method-${get("Method")}`);
    const words = ["System", "Dataset", "Family", "Metric", "Condition", "Attribute", "Group", "Reference"];
    return [
      cell(get("Key")), ...words.map((name) => cell(get(name))), ...numbers.map((x) => x.replace("+", "")),
      cell(found ? found[2] || "" : ""), get("Items").replace(/[,–]/g, ""), get("Subjects").replace(/[,–]/g, ""),
      cell(get("p").replace("–", "")), cell(get("p adjusted").replace("–", "")), cell(r.status),
      cell(found ? "" : get("Estimate and interval")), cell(method ? method.textContent : ""),
    ].join(",");
  };
  const HEAD = "key,system,dataset,family,metric,condition,attribute,group,reference,estimate,low,high,unit,"
    + "items,subjects,p,p_adjusted,status,reason,method";
  const save = () => {
    const lines = kept.map(csvRow);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(
      new Blob([`\ufeff${[HEAD, ...lines].join("\r\n")}\r\n`], {type: "text/csv;charset=utf-8"}),
    );
    link.download = "findings.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  let waiting;
  at("words").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  for (const [select] of selects) select.addEventListener("change", filter);
  at("order").addEventListener("change", () => {
    order = ordered();
    filter();
  });
  at("before").addEventListener("click", () => show(first - PART));
  at("after").addEventListener("click", () => show(first + PART));
  at("clear").addEventListener("click", clear);
  at("save").addEventListener("click", save);
  // A link to a finding must lead to it, whatever the filters leave out.
  const lead = () => {
    const sought = rows.find((r) => r.row.id === location.hash.slice(1));
    if (!sought) return;
    if (!kept.includes(sought)) clear();
    show(Math.floor(kept.indexOf(sought) / PART) * PART);
    for (const r of rows) r.row.classList.toggle("sought", r === sought);
    sought.row.scrollIntoView({block: "center"});
  };
  addEventListener("hashchange", lead);
  box.hidden = false;
  filter();
  if (location.hash) lead();
})();
// Copies a command; where the clipboard is out of reach, the words are selected instead.
for (const box of document.querySelectorAll(".command")) {
  const [words, button, said] = box.children;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(words.textContent);
      said.textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(words);
      said.textContent = "Selected: copy it with the keyboard.";
    }
  });
}
