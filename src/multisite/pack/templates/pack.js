// Gives long tables a field that leaves the rows with these words. The page is complete without it.
for (const table of document.querySelectorAll("table")) {
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.matches(".group"));
  if (rows.length < 12) continue;
  const label = document.createElement("label");
  const field = document.createElement("input");
  const said = document.createElement("output");
  label.className = "filter";
  field.type = "search";
  field.setAttribute("aria-label", "Show rows of this table with these words");
  label.append("Show rows with", field, said);
  table.parentElement.before(label);
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    said.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
  });
}
