// Makes the heads of tables sort their rows. The page is complete without it.
for (const table of document.querySelectorAll("table")) {
  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sortBy(table, head));
  }
}

function sortBy(table, head) {
  const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter((row) => !row.matches(".group, .total"));
    rows.sort((a, b) => compare(keyOf(a.cells[head.cellIndex]), keyOf(b.cells[head.cellIndex]), direction));
    const last = body.querySelector(".total");
    for (const row of rows) body.insertBefore(row, last);
  }
}

function keyOf(cell) {
  if (cell.classList.contains("quiet") && cell.dataset.sort === undefined) return null;
  const text = cell.dataset.sort ?? cell.textContent.trim();
  const number = Number(text.replaceAll(",", ""));
  return Number.isNaN(number) ? text : number;
}

// Cells without a number go last whichever way the column is sorted.
function compare(a, b, direction) {
  if (a === null || b === null) return (a === null) - (b === null);
  const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  return order * direction;
}

// The contents lie open beside the text where there is room, and folded above it where there is none.
const contents = document.querySelector("nav details");
if (contents) {
  const beside = matchMedia("(min-width: 72rem)");
  const fit = () => { contents.open = beside.matches; };
  beside.addEventListener("change", fit);
  fit();
}

// A link to something folded opens it, also where the browser would not.
function unfold(hash) {
  const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
  let folded = target && target.closest("details:not([open])");
  const found = Boolean(folded);
  for (; folded; folded = folded.parentElement.closest("details:not([open])")) folded.open = true;
  return found ? target : null;
}
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (link) unfold(link.hash);
});
unfold(location.hash)?.scrollIntoView();
