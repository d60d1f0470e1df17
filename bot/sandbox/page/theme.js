// Before anything is drawn: the theme chosen here, else the one of the system.
(() => {
  const chosen = () => localStorage.getItem("theme") ?? "";
  const apply = () => { document.documentElement.dataset.theme = chosen(); };
  apply();
  addEventListener("storage", apply);
  addEventListener("DOMContentLoaded", () => {
    const menu = document.getElementById("theme");
    menu.value = chosen();
    menu.onchange = () => { localStorage.setItem("theme", menu.value); apply(); };
    addEventListener("storage", () => { menu.value = chosen(); });
  });
})();
