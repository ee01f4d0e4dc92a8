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

  const drawAll = () => document.querySelectorAll(".lentap-figure").forEach(draw);
  document.addEventListener("DOMContentLoaded", () => {
    drawAll();
    new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  });
})();
