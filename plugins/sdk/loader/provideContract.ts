// A plugin that imports `kubectl-ark/plugin` and has none installed gets ours (B122). Node asks the hook for every import from then on,
// so it is set only when a plugin needs it, and only once in a process.
import { register } from "node:module";

/** The hook. It runs on Node's loader thread, where nothing of ours is, and so it is text. */
const HOOK = `
let contract;
export function initialize(data) { contract = data.contract; }
export async function resolve(specifier, context, next) {
  if (specifier !== "kubectl-ark/plugin") return next(specifier, context);
  try {
    return await next(specifier, context);
  } catch {
    return { url: contract, shortCircuit: true };
  }
}`;

const provided = new Set<string>();

/** Makes `kubectl-ark/plugin` mean the module at `contractURL` wherever it means nothing else. */
export function provideContract(contractURL: string): void {
  if (provided.has(contractURL)) return;
  provided.add(contractURL);
  register(`data:text/javascript,${encodeURIComponent(HOOK)}`, { data: { contract: contractURL } });
}
