// Everything the page asks of the server, always as one person.
import { toast } from "./dom.js";

let person = "";
export const actAs = (id) => { person = id; };
export const me = () => person;
export const fileUrl = (id) => `/ui/file/${encodeURIComponent(id)}?as=${encodeURIComponent(person)}`;

export async function look(name, query = {}) {
  const answer = await fetch(`/ui/${name}?${new URLSearchParams({ as: person, ...query })}`).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

// What belongs to the simulation and to nobody in it: the tour, the faults.
export async function tell(name, body) {
  const answer = await posted(name, body);
  if (answer && !answer.ok) toast(answer.status === 400 ? await answer.text() : "The simulation could not do that.");
  return answer?.ok ? answer.json() : null;
}

// Returns the answer; `failed` in it says that the app did not acknowledge; null after any other trouble was told.
export async function act(name, body) {
  const answer = await posted(name, { as: person, ...body });
  if (!answer) return null;
  if (answer.ok) return answer.json();
  if (answer.status === 404) { toast("That is no longer there."); return null; }
  return { failed: failure(await answer.json().catch(() => ({}))) };
}

async function posted(name, body) {
  try {
    return await fetch(`/ui/${name}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    toast("The simulated workspace does not answer. Is it still running?");
    return null;
  }
}

function failure({ error = "" }) {
  if (error.includes("operation_timeout")) return "FIS Bot did not answer within 3 seconds (operation_timeout).";
  if (error.includes("dispatch_failed")) return "FIS Bot could not be reached, or failed (dispatch_failed).";
  return error || "Something went wrong.";
}

export async function upload(file) {
  const query = new URLSearchParams({ as: person, name: file.name });
  const answer = await fetch(`/ui/upload?${query}`, { method: "POST", body: file }).catch(() => null);
  if (!answer?.ok) { toast("The file could not be uploaded."); return null; }
  return (await answer.json()).file;
}

export async function sampleNames() {
  const answer = await fetch("/ui/samples");
  return answer.ok ? (await answer.json()).samples : [];
}

export async function sample(name) {
  const answer = await fetch(`/ui/samples/${encodeURIComponent(name)}`);
  if (!answer.ok) { toast("That sample is not there."); return null; }
  return new File([await answer.blob()], name);
}

export function onChange(id, listener) {
  const source = new EventSource(`/ui/events?as=${encodeURIComponent(id)}`);
  source.onmessage = listener;
  return () => source.close();
}
