// Before anything is painted: the mode that the reader chose, else the one that the device prefers.
(function () {
  "use strict";
  var mode = null;
  try { mode = localStorage.getItem("ektp-mode"); } catch (error) { /* private window */ }
  if (mode !== "dark" && mode !== "light") {
    mode = window.matchMedia && matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  var root = document.documentElement;
  root.setAttribute("data-bs-theme", mode);
  root.classList.add("ektp-scripts");
})();
