// Sets the TeX of each `.math[data-tex]` with KaTeX; where this does not run, the TeX source stays readable.
const { katexJs, katexCss } = document.querySelector("script[data-math]").dataset;

export async function setMath(root = document) {
  const formulas = root.querySelectorAll(".math[data-tex]:not([data-set])");
  if (!formulas.length) return;
  if (!document.querySelector("link[data-katex]")) {
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: katexCss });
    sheet.dataset.katex = "";
    document.head.append(sheet);
  }
  await import(katexJs);
  withStylesAllowed(() => {
    for (const element of formulas) {
      const displayMode = element.classList.contains("display");
      globalThis.katex.render(element.dataset.tex, element, { displayMode, throwOnError: false, strict: "ignore" });
      element.dataset.set = "";
    }
  });
}

// KaTeX writes the width of an arrow as a style attribute, which our policy refuses; the same through the
// object model is allowed.
function withStylesAllowed(draw) {
  const plain = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    if (name === "style") this.style.cssText = value;
    else plain.call(this, name, value);
  };
  try {
    draw();
  } finally {
    Element.prototype.setAttribute = plain;
  }
}
