// Step 6: a camera, a stream, a film or a phone, and the parts in it.

import { ask, post, project } from "./ask.js";
import { fill, h, told } from "./dom.js";

export async function livePage(main) {
  const { has_model: hasModel } = await ask("/api/model");
  const camera = h("input", { type: "text", id: "camera", value: "0" });
  const says = h("p", { className: "quiet", role: "status" });
  const open = told(async (chosen) => {
    says.textContent = "The camera is being opened …";
    try {
      const { link } = await post("/api/live", chosen);
      fill(says, "Live page: ", h("a", { href: link, target: "_blank", rel: "noreferrer" }, link));
      window.open(link, "partsight-live");
    } catch (error) { says.textContent = ""; throw error; }
  });
  fill(main, h("h2", {}, "Live"),
    h("p", { className: "lead" }, "The exported detector looks at a camera; each part is shown with its name and its documents. A wrong frame that is kept lies in Photos at once."),
    project.state.classes.length ? null : h("p", { className: "notice" }, "Add parts first."),
    h("section", { className: "panel rows" },
      hasModel ? null : h("div", { className: "row" }, h("p", { className: "warn" }, "No detector is exported yet."), h("button", { type: "button", className: "main", onclick: told(async () => { await post("/api/jobs", { kind: "export" }); }) }, "Export the trained detector")),
      h("form", { className: "row", onsubmit: (event) => { event.preventDefault(); open({ camera: camera.value }); } },
        h("label", { htmlFor: "camera" }, "Number of a camera, address of a stream, or a video file of this machine"), camera, h("button", { className: "main", disabled: !hasModel }, "Open")),
      h("div", { className: "row" }, h("button", { type: "button", disabled: !hasModel, onclick: () => open({ camera: "phone" }) }, "This or another phone is the camera")),
      says));
  return { jobs(_jobs, ended) { if (ended.some((job) => job.title.startsWith("Export"))) location.reload(); } };
}
