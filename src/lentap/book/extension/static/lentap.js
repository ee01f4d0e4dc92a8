/* Draw the page's figures with Plotly in the page's own colours, and redraw them when the reader changes the theme. */
(() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const coloured = (layout) => {
    const text = css("--pst-color-text-base"), hover = layout.hoverlabel;
    return {
      ...layout,
      font: { ...layout.font, color: text },
      hoverlabel: {
        ...hover, bgcolor: css("--pst-color-surface"), bordercolor: css("--pst-color-border"), font: { color: text },
      },
    };
  };

  /* Rows of a figure whose levels are all ticked: their points close up, and what is left is said in words. */
  const filtered = (figure, { data, layout, filter }) => {
    if (!filter) return { data, layout };
    const form = figure.querySelector(".lentap-filter"), fields = [...form.querySelectorAll("fieldset")];
    const ticked = fields.map((field) => [...field.querySelectorAll("input")].map((box) => box.checked));
    const all = filter.estimate.map((_, row) => row);
    const kept = all.filter((row) => filter.levels.every((levels, choice) => ticked[choice][levels[row]]));
    const place = new Map(kept.map((row, i) => [row, i]));
    const pick = (rows, values) => (Array.isArray(values) ? values.filter((_, i) => place.has(rows[i])) : values);
    const traces = data.map((trace) => {
      const rows = trace.meta && trace.meta.rows;
      if (!rows) return trace;
      const x = trace.x.map((value, i) => (value === null ? null : place.get(rows[i])));
      const marker = trace.marker && { ...trace.marker, symbol: pick(rows, trace.marker.symbol) };
      const [along, y, text] = [x, trace.y, trace.text].map((values) => pick(rows, values));
      return { ...trace, x: along, y, text, ...(marker && { marker }) };
    });
    form.hidden = false;
    form.querySelector("output").innerText = inWords(filter, all, kept);
    figure.querySelectorAll(".lentap-data tbody tr").forEach((line, row) => { line.hidden = !place.has(row); });
    const xaxis = { ...layout.xaxis, range: [-1, Math.max(kept.length, 1)] };
    return { data: traces, layout: { ...layout, xaxis } };
  };

  const inWords = (filter, all, kept) => {
    const write = (value) => value.toFixed(filter.decimals).replace("-", "\u2212");
    const groups = filter.groups.length ? [...new Set(filter.groups)] : [""];
    return groups.map((group) => {
      const own = (row) => !group || filter.groups[row] === group;
      const rows = kept.filter(own), count = (is) => rows.filter(is).length;
      if (!rows.length) return `${group && `${group}: `}nothing is left: tick at least one level of each choice.`;
      const sorted = rows.map((row) => filter.estimate[row]).sort((a, b) => a - b), middle = (sorted.length - 1) / 2;
      const found = {
        group: group && `${group}: `,
        shown: rows.length,
        all: all.filter(own).length,
        median: write((sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2),
        smallest: write(sorted[0]),
        largest: write(sorted[sorted.length - 1]),
        above: count((row) => filter.estimate[row] > filter.null),
        below: count((row) => filter.estimate[row] < filter.null),
        apart: count((row) => filter.low[row] > filter.null || filter.high[row] < filter.null),
      };
      return filter.words.replace(/\{(\w+)\}/g, (_, name) => found[name]);
    }).join("\n");
  };

  const draw = (figure) => {
    const content = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    const { data, layout } = filtered(figure, content);
    return Plotly.react(figure.querySelector(".lentap-plot"), data, coloured(layout), {
      responsive: true,
      displaylogo: false,
      modeBarButtonsToRemove: ["toImage", "select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    });
  };

  window.lentapDraw = draw;
  const choose = (event) => {
    const form = event.target.closest(".lentap-filter");
    if (form) setTimeout(() => draw(form.closest(".lentap-figure")));  // a reset form has its values only afterwards
  };
  for (const kind of ["input", "reset"]) document.addEventListener(kind, choose);
  document.addEventListener("submit", (event) => { if (event.target.matches(".lentap-filter")) event.preventDefault(); });
  const drawAll = () => document.querySelectorAll(".lentap-figure").forEach(draw);
  document.addEventListener("DOMContentLoaded", () => {
    drawAll();
    new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  });
})();

/* Figures as images for print: as shown, dark on white, under what they show and which kind of number it is. */
(() => {
  const WIDTH = 800, SCALE = 3, MARGIN = 12, INK = "#1a1a1a", FONT = "system-ui, 'Segoe UI', Roboto, Arial, sans-serif";
  const XML = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  const escaped = (text) => text.replace(/[&<>]/g, (found) => XML[found]);

  const picture = async (figure) => {
    const plot = figure.querySelector(".lentap-plot");
    if (plot) {
      const white = { paper_bgcolor: "#fff", plot_bgcolor: "#fff" }, font = { ...plot.layout.font, color: INK };
      const options = { format: "svg", width: WIDTH, height: plot.clientHeight, imageDataOnly: true };
      return [await Plotly.toImage({ data: plot.data, layout: { ...plot.layout, ...white, font } }, options), options.height];
    }
    const drawing = figure.querySelector("svg").cloneNode(true), { width, height } = drawing.viewBox.baseVal;
    const looks = { x: MARGIN, width: 1.5 * width, height: 1.5 * height, style: `color: ${INK}; font-family: ${FONT}` };
    for (const [name, value] of Object.entries(looks)) drawing.setAttribute(name, value);
    return [new XMLSerializer().serializeToString(drawing), looks.height];
  };

  const lines = (text, font) => {
    const pen = document.createElement("canvas").getContext("2d"), found = [""];
    pen.font = font;
    for (const word of text.split(/\s+/)) {
      const longer = `${found.at(-1)} ${word}`.trim();
      if (pen.measureText(longer).width <= WIDTH - 2 * MARGIN) found.splice(-1, 1, longer);
      else found.push(word);
    }
    return found.map((line) => ({ line, font }));
  };

  const image = async (figure) => {
    const { caption, kind } = figure.dataset, [content, height] = await picture(figure);
    const above = [
      ...lines(caption, `600 15px ${FONT}`), ...lines(document.title, `12px ${FONT}`), ...lines(kind, `12px ${FONT}`),
    ];
    const text = above.map(({ line, font }, i) =>
      `<text x="${MARGIN}" y="${MARGIN + 14 + 20 * i}" style="font: ${font}" fill="${INK}">${escaped(line)}</text>`);
    const head = 2 * MARGIN + 20 * above.length, total = head + height + MARGIN;
    const size = `width="${WIDTH}" height="${total}" viewBox="0 0 ${WIDTH} ${total}"`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size}><title>${escaped(caption)}</title>` +
      `<rect width="100%" height="100%" fill="#fff"/>${text.join("")}<g transform="translate(0 ${head})">${content}</g></svg>`;
    return [svg, total];
  };

  const png = async (svg, height) => {
    const drawn = new Image(), canvas = document.createElement("canvas");
    await new Promise((done, failed) => {
      Object.assign(drawn, { onload: done, onerror: failed, src: `data:image/svg+xml,${encodeURIComponent(svg)}` });
    });
    Object.assign(canvas, { width: WIDTH * SCALE, height: height * SCALE });
    canvas.getContext("2d").drawImage(drawn, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  };

  document.addEventListener("click", async ({ target }) => {
    const format = target.closest?.(".lentap-downloads button")?.dataset.format;
    if (!format) return;
    const figure = target.closest("figure"), [svg, height] = await image(figure);
    const blob = format === "png" ? await png(svg, height) : new Blob([svg], { type: "image/svg+xml" });
    const address = URL.createObjectURL(blob);
    Object.assign(document.createElement("a"), { href: address, download: `${figure.dataset.name}.${format}` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  });
})();

/* Other values of a page's parameters: the outputs under each were computed beforehand and are in the page. */
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector(".lentap-explore"), data = document.getElementById("lentap-variants");
  if (!form || !data) return;
  const { axes, here, cells, texts, commands } = JSON.parse(data.textContent);
  const fields = [...form.querySelectorAll("select, input")], names = Object.keys(axes);
  const place = () => names.reduce((total, name, i) => total * axes[name].length + Number(fields[i].value), 0);
  let shown = here;

  const show = () => {
    const chosen = place();
    for (const [cell, positions] of Object.entries(cells)) {
      if (positions[chosen] === positions[shown]) continue;
      const output = document.querySelector(`div.cell.${CSS.escape(cell)} > .cell_output`);
      if (!output) continue;  // a cell that shows nothing on the page itself
      output.querySelectorAll(".lentap-plot").forEach((plot) => Plotly.purge(plot));
      output.innerHTML = texts[positions[chosen]];
      output.querySelectorAll(".lentap-figure").forEach(lentapDraw);
    }
    names.forEach((name, i) => {
      const value = document.querySelector(`.lentap-rerun [data-value="${CSS.escape(name)}"]`);
      if (value) value.textContent = axes[name][fields[i].value];
      const beside = fields[i].parentElement.querySelector("output");
      if (beside) beside.textContent = axes[name][fields[i].value];
    });
    const command = document.querySelector(".lentap-command");
    if (command) command.textContent = commands[chosen];
    form.querySelector(":scope > output").textContent = chosen === here ? "" : "not this page's default";
    shown = chosen;
  };

  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
});
