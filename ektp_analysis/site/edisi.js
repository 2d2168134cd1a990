// An edition at its own address (edisi/2024-W30/...) is read later: say so, and lead to the newest one.
(function () {
  "use strict";
  var match = /^(.*\/)edisi\/\d{4}-W\d{2}(?:\.\d+)?\/(?:.*\/edisi\/\d{4}-W\d{2}(?:\.\d+)?\/)?(.*)$/.exec(location.pathname);
  if (!match) { return; }
  function show() {
    var notice = document.querySelector(".ektp-old-edition");
    if (!notice) { return; }
    var levels = match[0].slice(match[1].length).split("/").length - 1;
    notice.querySelector("a").setAttribute("href", "../".repeat(levels) + "index.html");
    notice.hidden = false;
  }
  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", show); } else { show(); }
}());
