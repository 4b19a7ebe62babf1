// Draws each [data-chart] figure from the JSON within it: Vega-Lite, evaluated without eval. Where this does not run,
// the table below the figure says it all.
const { vega: vegaUrl, vegaLite: vegaLiteUrl, vegaInterpreter } = document.querySelector("script[data-vega]").dataset;

async function draw(figure, { expressionInterpreter }) {
  const { vega, vegaLite } = globalThis;
  const place = figure.querySelector(".chart");
  const spec = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  figure.hidden = false;
  const compiled = vegaLite.compile({ width: "container", ...spec }, { logger: vega.logger(vega.Error) }).spec;
  const runtime = vega.parse(compiled, null, { ast: true });
  const nothing = () => Promise.reject(new Error("A chart loads nothing."));
  const view = new vega.View(runtime, {
    expr: expressionInterpreter, renderer: "svg", container: place, hover: true, loader: { sanitize: nothing, load: nothing },
  });
  await view.runAsync();
  place.querySelector("svg").setAttribute("aria-hidden", "true"); // named by what surrounds it
}

const figures = document.querySelectorAll("[data-chart]");
if (figures.length) {
  await import(vegaUrl);
  await import(vegaLiteUrl);
  const interpreter = await import(vegaInterpreter);
  await document.fonts.ready; // labels are measured
  for (const figure of figures) {
    try {
      await draw(figure, interpreter);
    } catch (error) {
      figure.hidden = true;
      console.error(error);
    }
  }
}
