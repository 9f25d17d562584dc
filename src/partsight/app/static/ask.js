// Talks to the server: JSON both ways, problems as errors with the server's own words.

export async function ask(path, options) {
  let answer;
  try { answer = await fetch(path, options); } catch { throw new Error("The app does not answer. Was it stopped? Start it again: partsight app"); }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(content.problem || `${answer.status}: ${answer.statusText}`), { status: answer.status });
  return content;
}

const sent = (method, content) => ({ method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
export const post = (path, content = {}) => ask(path, sent("POST", content));
export const put = (path, content) => ask(path, sent("PUT", content));

export async function upload(path, file, values) {
  const query = new URLSearchParams({ name: file.name, ...values });
  return ask(`${path}?${query}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
}

// The project's state, and changes of its recipe; a change made elsewhere meanwhile is told, and read.
export const project = { state: null, listeners: new Set() };

export async function readProject() {
  project.state = await ask("/api/project");
  project.listeners.forEach((listen) => listen(project.state));
  return project.state;
}

export async function change(changes) {
  try {
    await put("/api/recipe", { revision: project.state.revision || null, changes });
  } finally {
    await readProject();
  }
}

export const quoted = (name) => JSON.stringify(name);
