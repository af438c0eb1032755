// Runs before the first paint so that a reload never flashes the other scheme. It is a file, not an
// inline script, because the server's content security policy allows scripts from itself only.
(() => {
  let choice = null;
  try {
    choice = window.localStorage.getItem("scanhelm-color-scheme");
  } catch {
    // Storage can be blocked; the system's scheme is used then.
  }
  const dark =
    choice === "dark" || (choice !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
