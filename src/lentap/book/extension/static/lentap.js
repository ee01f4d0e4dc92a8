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

  const draw = (figure) => {
    const { data, layout } = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    return Plotly.react(figure.querySelector(".lentap-plot"), data, coloured(layout), {
      responsive: true,
      displaylogo: false,
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
      toImageButtonOptions: { format: "svg", filename: figure.dataset.name },
    });
  };

  window.lentapDraw = draw;
  const drawAll = () => document.querySelectorAll(".lentap-figure").forEach(draw);
  document.addEventListener("DOMContentLoaded", () => {
    drawAll();
    new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
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
