// Elements of the page.

import { colorOf } from "./palette.js";

export function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

export const span = (className, text) => element("span", className, text);

export function button(className, text, isCurrent, act) {
  const made = element("button", className, "");
  made.append(span("name", text));
  made.setAttribute("aria-current", String(isCurrent));
  made.onclick = act;
  return made;
}

export function swatch(number) {
  const made = span("swatch", "");
  made.style.background = colorOf(number);
  return made;
}
