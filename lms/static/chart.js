// Draws each [data-chart] figure from the JSON within it: Vega-Lite, evaluated without eval. Where this does not run,
// the table below the figure says it all.
const { vega: vegaUrl, vegaLite: vegaLiteUrl, vegaInterpreter } = document.querySelector("script[data-vega]").dataset;

// Colours are the page's own tokens, so that a chart follows the theme without being drawn again.
const CATEGORIES = ["brand-solid", "teal-fill", "sand-fill", "plum-fill", "info-fill", "warning-fill", "success-fill", "danger-solid", "light", "neutral-fill"];
const ink = { labelColor: "var(--muted)", titleColor: "var(--ink)" };
const text = { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 600, labelLimit: 160, titleLimit: 320 };
const config = {
  aria: false, // the figure has the one name
  background: null,
  font: '"Pretendard Variable", Pretendard, "Apple SD Gothic Neo", "Malgun Gothic", sans-serif',
  axis: { ...ink, ...text, gridColor: "var(--line)", domainColor: "var(--line-strong)", tickColor: "var(--line-strong)", labelPadding: 6 },
  axisQuantitative: { tickCount: { signal: "ceil(width / 110)" } },
  axisYQuantitative: { titleAngle: 0, titleAlign: "left", titleAnchor: "end", titleBaseline: "bottom", titleX: -36, titleY: -10, tickCount: 5 },
  legend: { ...ink, ...text, orient: "top", titleAnchor: "start", columns: { signal: "width < 420 ? 2 : 4" }, symbolType: "square" },
  title: { color: "var(--ink)", subtitleColor: "var(--muted)", anchor: "start" },
  view: { stroke: null },
  range: { category: CATEGORIES.map((name) => `var(--${name})`) },
  mark: { color: "var(--brand-solid)", invalid: "break-paths-show-path-domains" },
  bar: { cornerRadiusEnd: 3, stroke: "var(--surface)", strokeWidth: 1 },
  line: { strokeWidth: 2.5, point: true },
  rule: { color: "var(--muted)" },
  text: { color: "var(--ink)", fontSize: 12 },
};

// A page that wants nothing from elsewhere loads nothing.
const loader = {
  sanitize: () => Promise.reject(new Error("A chart loads nothing.")),
  load: () => Promise.reject(new Error("A chart loads nothing.")),
};

async function draw(figure, { expressionInterpreter }) {
  const { vega, vegaLite } = globalThis;
  const place = figure.querySelector(".chart");
  const spec = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  figure.hidden = false;
  const sized = { width: "container", ...spec };
  const compiled = vegaLite.compile(sized, { config, logger: vega.logger(vega.Error) }).spec;
  const runtime = vega.parse(compiled, null, { ast: true });
  const view = new vega.View(runtime, { expr: expressionInterpreter, renderer: "svg", container: place, hover: true, loader });
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
