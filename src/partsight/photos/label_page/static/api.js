// Talks to the server, and saves one change after the other: the newest content, never two at a time.

async function ask(path, options) {
  const answer = await fetch(path, options);
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(content.problem || `${answer.status}: ${answer.statusText}`), { status: answer.status });
  return content;
}

const about = (path, key) => `${path}?key=${encodeURIComponent(key)}`;

export const readPhotos = () => ask("/photos");
export const readLabels = (key) => ask(about("/labels", key));
export const readProposals = (key) => ask(about("/proposals", key));
export const readOutlooks = () => ask("/outlooks");
export const pictureOf = (key) => about("/picture", key);

const put = (path, content, more = {}) => ask(path, { ...more, method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });

export const showPresence = (page, key) => put("/presence", { page, key }, { keepalive: !key });
const writeLabels = (key, revision, content) => put(about("/labels", key), { revision, ...content });

const RETRY_MS = 1500;
const AGAIN = new Set([401, 403, 408, 421, 429, 503]); // started anew with another secret, busy, or slow: nothing is wrong with the labels
const DISK = 507; // full, or not to be written: what is drawn waits here until it can be

export class Saver {
  // tell("saving" | "saved" | "offline" | "disk" | "stale" | "refused", details)
  constructor(tell) {
    this.tell = tell;
    this.revisions = new Map();
    this.waiting = new Map();
    this.running = null;
  }

  seen(key, revision) { this.revisions.set(key, revision); }

  get isIdle() { return !this.running && !this.waiting.size; }

  save(key, content) {
    this.waiting.set(key, content);
    this.tell("saving");
    this.running ??= this.work().finally(() => { this.running = null; });
    return this.running;
  }

  async work() {
    while (this.waiting.size) {
      const [key, content] = this.waiting.entries().next().value;
      try {
        const labels = await writeLabels(key, this.revisions.get(key), content);
        this.seen(key, labels.revision);
        if (this.waiting.get(key) === content) this.waiting.delete(key);
        if (!this.waiting.size) this.tell("saved", { labels });
      } catch (error) {
        if (error.status === undefined || error.status === DISK || AGAIN.has(error.status)) {
          this.tell(error.status === DISK ? "disk" : "offline", { problem: error.message });
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        } else {
          this.waiting.delete(key);
          this.tell(error.status === 409 ? "stale" : "refused", { key, content, problem: error.message });
        }
      }
    }
  }
}
