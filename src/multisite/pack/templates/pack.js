// Gives long tables a field that leaves the rows with these words. The page is complete without it.
for (const table of document.querySelectorAll("table")) {
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.matches(".group"));
  if (rows.length < 12) continue;
  const filter = document.createElement("div");
  const label = document.createElement("label");
  const field = document.createElement("input");
  const said = document.createElement("output");
  filter.className = "filter";
  field.type = "search";
  const title = document.getElementById(table.getAttribute("aria-labelledby"))?.textContent.trim() ?? "this table";
  field.setAttribute("aria-label", `Show rows with these words in: ${title}`);
  label.append("Show rows with", field);
  filter.append(label, said);
  table.parentElement.before(filter);
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    for (const group of table.querySelectorAll("tr.group")) {
      group.hidden = [...group.parentElement.rows].every((row) => row === group || row.hidden);
    }
    said.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
  });
}
