// Asking the server, and the link under which other devices reach this page.

const byId = (id) => document.getElementById(id);

export async function post(path, content) {
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) };
  const answer = await fetch(path, options).catch(() => null);
  return { answer, said: await answer?.json().catch(() => null) };
}

const isLocal = (link) => ["localhost", "127.0.0.1", "[::1]"].includes(new URL(link).hostname);

export async function showLinks() {
  const answer = await fetch("/links").catch(() => null);
  const { links } = answer?.ok ? await answer.json() : { links: [] };
  const reached = links.filter((link) => !isLocal(link));
  byId("links-how").hidden = reached.length > 0;
  byId("links-code").hidden = reached.length === 0;
  if (reached.length) byId("links-code").src = `/link.svg?${Date.now()}`;
  byId("links-list").replaceChildren(...reached.map((link) => {
    const [item, address] = [document.createElement("li"), document.createElement("a")];
    Object.assign(address, { href: link, textContent: link.split("?")[0], target: "_blank", rel: "noopener" });
    item.append(address);
    return item;
  }));
  byId("links").showModal();
}
