"use strict";
// Fills the table of articles: filters, sorts, pages, opens one. Text is only ever set as text, never as markup.
(() => {
  const PAGE = 50;
  const SVG = "http://www.w3.org/2000/svg";
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const comparing = data.mode === "comparison";

  const make = (tag, props, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (name === "text") node.textContent = value;
      else if (name === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
      else node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };
  const draw = (tag, props, ...children) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(props)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };

  // One spelling for search: Arabic and Persian yeh, kaf and hamza carriers, no joiners, tatweel or vowel marks.
  const LETTERS = { "ي": "ی", "ى": "ی", "ئ": "ی", "ك": "ک", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ؤ": "و", "ة": "ه", "ۀ": "ه", "İ": "i", "I": "i", "ı": "i", "ё": "е" };
  const fold = (text) => text
    .replace(/[\u200b-\u200f\u0640\u064b-\u065f\u0670]/g, "")
    .replace(/[\u0660-\u0669]/g, (digit) => digit.charCodeAt(0) - 0x660)
    .replace(/[\u06f0-\u06f9]/g, (digit) => digit.charCodeAt(0) - 0x6f0)
    .replace(/[يىئكأإآٱؤةۀİIıё]/g, (letter) => LETTERS[letter])
    .toLowerCase();

  // ---- rows: one for each article and task (report) or each changed answer (comparison) ----
  const names = (labels, bits) => labels.filter((_, at) => bits[at] === "1");
  const ofTask = (list, task) => list.filter((one) => one.at(-1) === null ? task.labels.includes(one[0]) : one.at(-1) === task.name);
  const reportRows = () => {
    const rows = [];
    data.articles.forEach(([id, title, slices, answers, evidence, sentences, body], order) => {
      data.tasks.forEach((task, at) => {
        const [gold, decided, scores] = answers[at];
        const missed = [], invented = [];
        let gap = 0, known = false;
        for (let label = 0; label < gold.length; label++) {
          if (gold[label] === "-") continue;
          known = true;
          if (gold[label] === decided[label]) continue;
          (gold[label] === "1" ? missed : invented).push(task.labels[label]);
          gap = Math.max(gap, Math.abs(scores[label] / 1000 - (task.single ? 0.5 : task.cuts[label])));
        }
        const kind = !known ? "unknown" : missed.length + invented.length ? "wrong" : "right";
        rows.push({ order, id, title, slices, task: at, gold, decided, scores, missed, invented, gap, kind, body,
          evidence: ofTask(evidence, task), sentences: ofTask(sentences, task) });
      });
    });
    return rows;
  };
  const comparisonRows = () => data.articles.map((row, order) => ({
    ...row, order, kind: row.outcome, task: data.tasks.findIndex((task) => task.name === row.task),
    gap: Math.max(0, ...row.labels.map((label) => Math.abs(label[3] - label[2]))),
    evidence: row.afterEvidence.concat(row.beforeEvidence),
  }));
  const rows = comparing ? comparisonRows() : reportRows();
  const labelsOf = (row) => comparing
    ? row.labels.map((label) => label[0])
    : row.missed.concat(row.invented, names(data.tasks[row.task].labels, row.gold), names(data.tasks[row.task].labels, row.decided));
  const haystack = (row) => row.text ??= fold([row.id, row.title, ...row.evidence.map((one) => one[1])].join(" "));

  // ---- filters ----
  const KINDS = comparing
    ? [["", "all changed"], ["lost", "lost"], ["won", "won"], ["mixed", "wrong otherwise"]]
    : [["wrong", "wrong"], ["missed", "a label missed"], ["invented", "a label invented"], ["right", "right"], ["unknown", "not annotated"], ["", "all"]];
  const option = (value, text) => make("option", { value, text, dir: "auto" });
  const fillTasks = () => {
    $("task").append(option("", "all"), ...data.tasks.map((task, at) => option(at, task.name)));
    $("kind").append(...KINDS.map(([value, text]) => option(value, text)));
    const slices = new Map();
    for (const row of rows) for (const [key, value] of Object.entries(row.slices)) {
      if (!slices.has(key)) slices.set(key, new Set());
      slices.get(key).add(value);
    }
    $("slice").append(option("", "all"));
    for (const key of [...slices.keys()].sort()) {
      const values = [...slices.get(key)].sort();
      $("slice").append(make("optgroup", { label: key }, ...values.map((value) => option(JSON.stringify([key, value]), `${key}: ${value}`))));
    }
  };
  const fillLabels = () => {
    const chosen = $("label").value;
    const tasks = $("task").value === "" ? data.tasks : [data.tasks[$("task").value]];
    const all = [...new Set(tasks.flatMap((task) => task.labels))].sort();
    $("label").replaceChildren(option("", "all"), ...all.map((label) => option(label, label)));
    $("label").value = all.includes(chosen) ? chosen : "";
  };
  const isKind = (row, kind, label) => {
    if (kind === "") return true;
    if (kind === "missed" || kind === "invented") return label ? row[kind].includes(label) : row[kind].length > 0;
    return row.kind === kind;
  };
  const matches = () => {
    const task = $("task").value, label = $("label").value, kind = $("kind").value;
    const slice = $("slice").value ? JSON.parse($("slice").value) : null;
    const words = fold($("search").value).split(/\s+/).filter(Boolean);
    return rows.filter((row) =>
      (task === "" || row.task === Number(task)) && isKind(row, kind, label)
      && (!slice || row.slices[slice[0]] === slice[1])
      && (!label || labelsOf(row).includes(label))
      && (!words.length || words.every((word) => haystack(row).includes(word))));
  };

  // ---- table ----
  const compareText = new Intl.Collator(undefined, { numeric: true }).compare;
  const SORTS = {
    article: (a, b) => compareText(a.title || a.id, b.title || b.id),
    task: (a, b) => a.task - b.task,
    gap: (a, b) => a.gap - b.gap,
  };
  let sort = comparing ? null : { by: "gap", down: true };
  let shown = [], page = 0;
  const SIGNS = { warn: "−", worse: "+", better: "✓" };
  const chips = (labels, kind = () => "label") => labels.length
    ? labels.map((label) => make("span", { class: `chip ${kind(label)}` }, SIGNS[kind(label)] ? `${SIGNS[kind(label)]}\u00a0` : "", make("bdi", { text: label })))
    : [make("span", { class: "chip none", text: "none" })];
  const cell = (name, content, kind) => make("td", { "data-name": name, class: kind || "" }, ...[content].flat());
  const titleCell = (row, at) => make("td", { class: "title", dir: "auto" },
    make("button", { type: "button", class: "open", text: row.title || row.id, on: { click: () => open(at) } }),
    make("div", { class: "id" }, make("bdi", { text: row.model ? `${row.id} · ${row.model}` : row.id })));
  const marked = (row) => (label) => row.gold.includes(label) ? "better" : "worse";
  const VERDICT = { won: ["better", "won"], lost: ["worse", "lost"], mixed: ["warn", "wrong otherwise"] };
  const verdict = (kind) => make("span", { class: `chip ${VERDICT[kind][0]}`, text: VERDICT[kind][1] });
  const tableRow = (row, at) => {
    const labels = data.tasks[row.task]?.labels || [];
    if (comparing) return make("tr", {}, titleCell(row, at), cell("task", row.task < 0 ? "" : data.tasks[row.task].name),
      cell("gold", chips(row.gold)), cell("baseline", chips(row.before, marked(row))), cell("candidate", chips(row.after, marked(row))), cell("outcome", verdict(row.outcome)),
      cell("score moved", row.gap.toFixed(2), "number"));
    const gold = row.kind === "unknown" ? [make("span", { class: "chip none", text: "not annotated" })]
      : chips(names(labels, row.gold), (label) => row.missed.includes(label) ? "warn" : "label");
    return make("tr", {}, titleCell(row, at), cell("task", make("span", { dir: "auto", text: data.tasks[row.task].name })), cell("gold", gold),
      cell("decided", chips(names(labels, row.decided), (label) => row.invented.includes(label) ? "worse" : row.kind === "unknown" ? "label" : "better")),
      cell("past the cut by", row.kind === "wrong" ? row.gap.toFixed(2) : "", "number"));
  };
  const head = (name, by, kind) => {
    const state = sort && sort.by === by ? (sort.down ? "descending" : "ascending") : "none";
    const arrow = { descending: " ↓", ascending: " ↑", none: "" }[state];
    const props = { scope: "col", class: kind || "" };
    if (!by) return make("th", { ...props, text: name });
    const turn = () => { sort = { by, down: sort?.by === by ? !sort.down : by === "gap" }; refresh(); $("rows").querySelector(`[data-by="${by}"]`).focus(); };
    return make("th", { ...props, "aria-sort": state }, make("button", { type: "button", "data-by": by, text: name + arrow, on: { click: turn } }));
  };
  const heads = () => comparing
    ? [head("article", "article"), head("task", "task"), head("gold"), head("baseline"), head("candidate"), head("outcome"), head("score moved", "gap", "number")]
    : [head("article", "article"), head("task", "task"), head("gold"), head("decided"), head("past the cut by", "gap", "number")];
  const paint = () => {
    const pages = Math.max(1, Math.ceil(shown.length / PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    const from = page * PAGE;
    $("rows").replaceChildren(make("thead", {}, make("tr", {}, ...heads())),
      make("tbody", {}, ...shown.slice(from, from + PAGE).map((row, at) => tableRow(row, from + at))));
    $("count").textContent = `${shown.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} answers`;
    $("page").textContent = `page ${page + 1} of ${pages}`;
    $("previous").disabled = page === 0;
    $("next").disabled = page === pages - 1;
    $("pager").hidden = pages === 1;
  };
  const refresh = () => {
    shown = matches();
    if (sort) {
      const order = SORTS[sort.by], side = sort.down ? -1 : 1;
      shown.sort((a, b) => side * order(a, b) || a.order - b.order);
    }
    page = 0;
    paint();
  };

  // ---- one article ----
  const bar = (score, cut) => {
    const x = (value) => 2 + 126 * Math.min(1, Math.max(0, value));
    const svg = draw("svg", { class: "gauge", viewBox: "0 0 130 16", "aria-hidden": "true" },
      draw("rect", { class: "track", x: 1, y: 3, width: 128, height: 10, rx: 5 }), draw("rect", { class: "fill", x: 2, y: 4, width: Math.max(0, x(score) - 2), height: 8, rx: 4 }));
    if (cut !== undefined) svg.append(draw("line", { class: "cut", x1: x(cut), x2: x(cut), y1: 0, y2: 16 }));
    return svg;
  };
  const weightBar = (weight, most) => {
    const half = 63 * Math.min(1, Math.abs(weight) / most);
    return draw("svg", { class: "gauge", viewBox: "0 0 130 16", "aria-hidden": "true" }, draw("rect", { class: "track", x: 1, y: 3, width: 128, height: 10, rx: 5 }),
      draw("rect", { class: weight < 0 ? "minus" : "fill", x: weight < 0 ? 65 - half : 65, y: 4, width: half, height: 8 }));
  };
  // Marks every evidence text where it stands as whole words, longest first, never inside a mark.
  const inWord = (letter) => /[\p{L}\p{M}\p{N}\u200c]/u.test(letter ?? "");
  const highlighted = (text, evidence) => {
    const kinds = new Int8Array(text.length);
    for (const [, words, weight] of [...evidence].sort((a, b) => b[1].length - a[1].length)) {
      if (!words) continue;
      for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + words.length)) {
        if (inWord(text[at - 1]) || inWord(text[at + words.length])) continue;
        if (kinds.subarray(at, at + words.length).every((kind) => kind === 0)) kinds.fill(weight < 0 ? 2 : 1, at, at + words.length);
      }
    }
    const parts = [];
    for (let from = 0; from < text.length;) {
      let to = from;
      while (to < text.length && kinds[to] === kinds[from]) to++;
      const piece = text.slice(from, to);
      parts.push(kinds[from] ? make("mark", { class: kinds[from] === 2 ? "con" : "pro", text: piece }) : document.createTextNode(piece));
      from = to;
    }
    return parts;
  };
  const NUMBERS = ["score", "cut", "weight", "baseline", "candidate"];
  const headKind = (name) => name === null ? "drawn" : NUMBERS.includes(name) ? "number" : "";
  const table = (columns, body) => make("div", { class: "scroll" }, make("table", {},
    make("thead", {}, make("tr", {}, ...columns.map((name) => make("th", { scope: "col", text: name ?? "", class: headKind(name) })))), make("tbody", {}, ...body)));
  const td = (content, kind) => make("td", { class: kind || "" }, ...[content].flat());
  const name = (text) => make("th", { scope: "row", dir: "auto", text });
  const answers = (row) => {
    const task = data.tasks[row.task];
    const shownLabels = task.labels.map((_, at) => at).filter((at) => task.labels.length <= 12 || row.gold[at] === "1" || row.decided[at] === "1" || row.scores[at] >= 100);
    return table(["label", "gold", "decided", null, "score", ...(task.single ? [] : ["cut"]), "verdict"], shownLabels.map((at) => {
      const gold = { 1: "yes", 0: "no", "-": "not annotated" }[row.gold[at]], decided = row.decided[at] === "1" ? "yes" : "no";
      const known = row.gold[at] !== "-", right = row.gold[at] === row.decided[at];
      const cut = task.single ? undefined : task.cuts[at];
      return make("tr", {}, name(task.labels[at]), td(gold), td(decided), td(bar(row.scores[at] / 1000, cut), "drawn"), td((row.scores[at] / 1000).toFixed(2), "number"),
        ...(cut === undefined ? [] : [td(cut.toFixed(2), "number")]), td(known ? make("span", { class: right ? "right" : "wrong", text: right ? "✓ right" : "✗ wrong" }) : ""));
    }));
  };
  const moves = (row) => table(["label", null, "baseline", null, "candidate", "verdict"], row.labels.map(([label, right, before, after]) =>
    make("tr", {}, name(label), td(bar(before), "drawn"), td(before.toFixed(2), "number"), td(bar(after), "drawn"), td(after.toFixed(2), "number"),
      td(make("span", { class: right ? "right" : "wrong", text: right ? "✓ won" : "✗ lost" })))));
  const evidenceTable = (title, evidence) => {
    if (!evidence.length) return [];
    const most = Math.max(...evidence.map((one) => Math.abs(one[2])), 1e-9);
    return [make("h3", { text: title }), table(["words", "label", null, "weight", "concept"], evidence.map(([label, words, weight, concept]) =>
      make("tr", {}, name(words), td(make("span", { dir: "auto", text: label })), td(weightBar(weight, most), "drawn"),
        td((weight > 0 ? "+" : "") + weight.toFixed(2), "number"), td(make("span", { dir: "auto", text: concept || "" })))))];
  };
  const sentences = (row) => row.sentences.length
    ? [make("h3", { text: "Sentences that carried a label" }), ...row.sentences.map(([label, text]) =>
      make("blockquote", { dir: "auto" }, ...highlighted(text, row.evidence), " ", make("span", { class: "chip label", dir: "auto", text: label })))]
    : [];
  const wholeText = (row) => row.body
    ? [make("h3", { text: "The article" }), make("div", { class: "article" }, ...row.body.split("\n").filter((line) => line.trim())
      .map((line) => make("p", { dir: "auto" }, ...highlighted(line, row.evidence))))]
    : [make("p", { class: "note", text: "The text of this article is not in this page." })];
  const open = (at) => {
    const row = shown[at], box = $("article");
    const meta = [["id", row.id], ["task", data.tasks[row.task]?.name || ""], ...Object.entries(row.slices)];
    const go = (step) => { if (shown[at + step]) open(at + step); };
    const detail = comparing
      ? [make("p", {}, verdict(row.outcome), " gold: ", ...chips(row.gold)), moves(row), ...sentences(row),
        ...evidenceTable("What carried the candidate", row.afterEvidence), ...evidenceTable("What carried the baseline", row.beforeEvidence)]
      : [answers(row), ...sentences(row), ...evidenceTable("What carried the answers", row.evidence), ...wholeText(row)];
    box.replaceChildren(
      make("div", { class: "top" }, make("h2", { id: "article-title", dir: "auto" }, ...highlighted(row.title || row.id, row.evidence)),
        make("button", { type: "button", "aria-label": "Close", text: "✕", on: { click: () => box.close() } })),
      make("div", { class: "meta" }, ...meta.map(([key, value]) => make("span", {}, `${key}: `, make("bdi", { text: value })))),
      ...detail,
      make("div", { class: "pager" },
        make("button", { type: "button", text: "Previous", ...(at === 0 ? { disabled: "" } : {}), on: { click: () => go(-1) } }),
        make("span", { text: `${at + 1} of ${shown.length}` }),
        make("button", { type: "button", text: "Next", ...(at === shown.length - 1 ? { disabled: "" } : {}), on: { click: () => go(1) } })));
    if (!box.open) box.showModal();
    box.scrollTop = 0;
  };

  // ---- start ----
  fillTasks();
  fillLabels();
  let waiting = 0;
  $("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(refresh, 120); });
  $("task").addEventListener("change", () => { fillLabels(); refresh(); });
  for (const id of ["label", "kind", "slice"]) $(id).addEventListener("change", refresh);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", () => setTimeout(() => { fillLabels(); refresh(); }));
  $("previous").addEventListener("click", () => { page--; paint(); });
  $("next").addEventListener("click", () => { page++; paint(); });
  $("article").addEventListener("click", (event) => { if (event.target === $("article")) $("article").close(); });
  $("filters").hidden = false;
  refresh();
})();
