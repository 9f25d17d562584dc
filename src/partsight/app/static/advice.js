// Beside the photos: what looks wrong, what the next photo should show, where renders do not cover them; the commands' words.

import { ask, post } from "./ask.js";
import { fill, h, told } from "./dom.js";

const POLL_MS = 1500, SHOWN_PHOTOS = 6, SHOWN_FINDINGS = 12;
const CHANGED = "Photos, labels or recipe have changed since.";

// Keeps a place filled with the newest answers; the quick look is started by itself, once for each state of the photos.
export function photoAdvice(place, openPhoto) {
  let timer = null, tried = "", shown = "", isClosed = false;

  async function read() {
    clearTimeout(timer);
    let found = await ask("/api/photos/advice");
    if (wantsLook(found) && tried !== found.state) {
      tried = found.state;
      found = await look(false);
    }
    show(found);
    if (found.at_work.length && !isClosed) timer = setTimeout(told(read), POLL_MS);
  }

  const look = (withRenders) => post("/api/photos/advice", { with_renders: withRenders });
  const wantsLook = ({ can_look: can, at_work: work, check, gaps }) => can && !work.some(({ lane }) => lane === "page") && !check?.is_current && !isAnswer(gaps);
  const isAnswer = (one) => Boolean(one?.is_current && !one.problem);

  function show(found) {
    if (isClosed || shown === JSON.stringify(found)) return;
    shown = JSON.stringify(found);
    fill(place, ...(found.can_look ? panels(found) : []));
  }

  function panels({ check, gaps, suggest, at_work: work }) {
    const newest = isAnswer(gaps) ? gaps : check;
    const compare = h("button", { type: "button", disabled: work.some(({ lane }) => lane === "work"), onclick: told(async () => { show(await look(true)); await read(); }) }, suggest ? "Compare with the renders again" : "Compare with the renders");
    return [
      h("section", { className: "panel rows", "aria-label": "What looks wrong" }, h("h3", {}, "What looks wrong"), ...(newest ? wrong(newest) : [h("p", { className: "quiet" }, "Not looked at yet.")])),
      h("section", { className: "panel rows", "aria-label": "What the next photo should show" }, h("h3", {}, "What the next photo should show"), ...(suggest ? next(suggest) : []),
        h("div", { className: "row" }, compare, h("p", { className: "quiet", role: "status" }, work.length ? `${work.map(({ title, state }) => `${title}: ${state}`).join(", ")} …` : "Renders are made first where there are none; a trained detector is asked, too."))),
      gaps?.problem || gaps?.content.gaps?.length ? h("section", { className: "panel rows", "aria-label": "Where renders do not cover the photos" }, h("h3", {}, "Where renders do not cover the photos"), old(gaps), gaps.problem ? h("p", { className: "notice" }, gaps.problem) : h("ul", { className: "said" }, gaps.content.gaps.map((words) => h("li", {}, words)))) : null,
    ].filter(Boolean);
  }

  const old = ({ is_current: isCurrent }) => (isCurrent ? null : h("p", { className: "warn" }, CHANGED));

  function wrong(answer) {
    if (answer.problem) return [old(answer), h("p", { className: "notice" }, answer.problem)];
    const { findings } = answer.content;
    if (!findings.length) return [old(answer), h("p", { className: "good" }, "Nothing found that looks wrong.")];
    const rest = findings.length - SHOWN_FINDINGS;
    return [old(answer), h("ul", { className: "said" }, findings.slice(0, SHOWN_FINDINGS).map(finding)), rest > 0 ? h("p", { className: "quiet" }, `${rest} more: partsight photos check`) : null];
  }

  function finding({ kind, where, message, photos }) {
    return h("li", {}, h("b", {}, `${kind}: `), photos.length === 1 ? message : `${where}: ${message}`,
      photos.length ? h("div", { className: "row" }, photos.slice(0, SHOWN_PHOTOS).map(photoButton), photos.length > SHOWN_PHOTOS ? h("span", { className: "quiet" }, `and ${photos.length - SHOWN_PHOTOS} more`) : null) : null);
  }

  const photoButton = (key) => h("button", { type: "button", onclick: told(() => openPhoto(key)) }, key);

  function next(answer) {
    if (answer.problem) return [old(answer), h("p", { className: "notice" }, answer.problem)];
    const { parts, unsure } = answer.content;
    return [old(answer), ...parts.map(part), unsure.length ? h("div", { className: "rows" }, h("h4", {}, "Label these first: the detector is unsure"), h("div", { className: "row" }, unsure.map(({ photo }) => photoButton(photo)))) : null];
  }

  function part({ name, remark, sentences, drawings }) {
    return h("div", { className: "rows" }, h("h4", {}, name), sentences.length ? h("ul", { className: "said" }, sentences.map((words) => h("li", {}, `Take ${words}`))) : h("p", { className: "good" }, "Nothing is missing, as far as can be told."),
      drawings.length ? h("div", { className: "row" }, drawings.map(({ side, picture }) => h("figure", { className: "side" }, h("img", { src: `/api/photos/drawing?name=${picture}`, alt: `${name} ${side}` }), h("figcaption", {}, side)))) : null,
      h("p", { className: "quiet" }, remark));
  }

  return { read, close() { isClosed = true; clearTimeout(timer); } };
}
