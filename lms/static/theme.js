// Runs before the first paint, so that a page never flashes in the wrong colours.
(function () {
  var stored = null;
  try { stored = localStorage.getItem("theme"); } catch (error) { /* storage may be off: follow the system */ }
  var dark = matchMedia("(prefers-color-scheme: dark)");
  var show = function () {
    document.documentElement.setAttribute("data-bs-theme", stored || (dark.matches ? "dark" : "light"));
  };
  show();
  dark.addEventListener("change", show);
})();
