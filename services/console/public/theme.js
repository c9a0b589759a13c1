// Chooses the theme before the first paint; a file of its own because inline scripts are refused.
(function () {
  var asked = new URLSearchParams(location.search).get("theme");
  var kept = null;
  try {
    kept = localStorage.getItem("mc.theme");
  } catch (_) {
    kept = null;
  }
  var choice = asked || kept || "system";
  var dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
