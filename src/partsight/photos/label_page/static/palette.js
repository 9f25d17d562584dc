// Colors of classes, and the choice of a class by typing.

// Okabe and Ito (2008), told apart with all common kinds of color vision; then the same ones lighter.
const COLORS = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#ffffff",
  "#ffd27f", "#a9dcf7", "#66d9b8", "#fff7a8", "#6fb7e8", "#ff9d66", "#edb9d3", "#b8b8b8"];

export const colorOf = (number) => COLORS[((number % COLORS.length) + COLORS.length) % COLORS.length];

export function chooseClass(names, take) {
  const dialog = document.getElementById("palette");
  const text = document.getElementById("palette-text");
  const list = document.getElementById("palette-list");
  let found = [], at = 0;

  const choose = (name) => { dialog.close(); if (name !== undefined) take(name); };
  const show = () => {
    const wanted = text.value.trim().toLowerCase();
    const starts = names.filter((name) => name.toLowerCase().startsWith(wanted));
    found = [...starts, ...names.filter((name) => !starts.includes(name) && name.toLowerCase().includes(wanted))];
    at = Math.max(0, Math.min(at, found.length - 1));
    list.replaceChildren(...found.map((name, index) => entry(name, index)));
  };
  const entry = (name, index) => {
    const button = document.createElement("button");
    button.className = "class";
    button.textContent = name;
    button.setAttribute("aria-current", String(index === at));
    button.onclick = () => choose(name);
    const item = document.createElement("li");
    item.append(button);
    return item;
  };
  text.value = "";
  text.oninput = () => { at = 0; show(); };
  text.onkeydown = (event) => {
    if (event.key === "Enter") { event.preventDefault(); choose(found[at]); }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at += event.key === "ArrowDown" ? 1 : -1;
      show();
    }
    event.stopPropagation();
  };
  show();
  dialog.showModal();
  text.focus();
}
