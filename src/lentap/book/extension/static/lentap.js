/* Draw the page's figures with Plotly in the page's own colours, and redraw them when the reader changes the theme. */
(() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const coloured = (layout) => {
    const text = css("--pst-color-text-base"), rule = css("--pst-color-border");
    const axes = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
    const themed = Object.fromEntries(axes.map((key) => [key, {
      gridcolor: rule, zerolinecolor: rule, linecolor: text, tickcolor: text, ...layout[key],
    }]));
    return {
      ...layout, ...themed,
      font: { family: css("--pst-font-family-base"), ...layout.font, color: text },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { ...layout.hoverlabel, bgcolor: css("--pst-color-surface"), bordercolor: rule, font: { color: text } },
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

  const drawAll = () => document.querySelectorAll(".lentap-figure").forEach(draw);
  document.addEventListener("DOMContentLoaded", () => {
    drawAll();
    new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  });
})();
