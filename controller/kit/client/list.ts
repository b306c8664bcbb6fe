// Lists, page by page: the API server never has to hold a large one in memory, and neither does a proxy.
import { isRecord, recordsOf, stringOf } from "./json.ts";
import { isGone } from "./kubeError.ts";
import { truncatedError } from "./noAnswer.ts";
import { type KubeObject, pathOf, type RawObject, type Resource } from "./resource.ts";
import type { KubeTransport } from "./transport.ts";

/** Which objects. */
export interface ListQuery {
  /** All namespaces when left out. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** `"0"`: whatever the API server's cache has, which may be old. The newest when left out. */
  readonly resourceVersion?: string | undefined;
  /** Objects in a page. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Objects as they were at one moment. */
export interface KubeList<T extends KubeObject = RawObject> {
  /** The moment: a watch from it on misses nothing. */
  readonly resourceVersion: string;
  readonly items: readonly T[];
}

const LIMIT = 500;
/** Beginnings before a list is asked for in one piece: a store that is compacted faster than we read needs that. */
const MAX_STARTS = 3;

/** All objects, in the API server's order (namespace, name). A list whose continuation has become too old (410) begins anew. */
export async function list<T extends KubeObject>(
  transport: KubeTransport,
  resource: Resource<T>,
  query: ListQuery = {},
): Promise<KubeList<T>> {
  const pages = await pagesOf(transport, resource, query, "application/json");
  const items = pages.flatMap((page) => {
    // Items of Kubernetes' own kinds say neither kind nor version: their list does.
    const apiVersion = page["apiVersion"];
    const kind = stringOf(page["kind"]).replace(/List$/, "");
    return recordsOf(page["items"]).map((item) => ({ apiVersion, kind, ...item }) as unknown as T); // the API server has checked it
  });
  return { resourceVersion: versionOf(pages), items };
}

/** The raw pages of a list, in whatever form `accept` asks for. */
export async function pagesOf(
  transport: KubeTransport,
  resource: Resource<KubeObject>,
  query: ListQuery & { readonly includeObject?: string },
  accept: string,
): Promise<Readonly<Record<string, unknown>>[]> {
  for (let start = 1; ; start++) {
    // Pages are of the newest state; a cached one is given whole.
    const isPaged = start < MAX_STARTS && query.resourceVersion !== "0";
    try {
      return await readPages(transport, resource, { ...query, limit: isPaged ? (query.limit ?? LIMIT) : undefined }, accept);
    } catch (error) {
      if (!isGone(error) || !isPaged) throw error;
    }
  }
}

async function readPages(
  transport: KubeTransport,
  resource: Resource<KubeObject>,
  { namespace, signal, ...query }: ListQuery & { readonly includeObject?: string },
  accept: string,
): Promise<Readonly<Record<string, unknown>>[]> {
  const path = pathOf(resource, { namespace });
  const pages: Readonly<Record<string, unknown>>[] = [];
  for (let next: string | undefined; ; ) {
    // The token holds the version; asking for one beside it is an error.
    const position = next === undefined ? {} : { continue: next, resourceVersion: undefined };
    const { text } = await transport.send({ method: "GET", path, query: { ...query, ...position }, accept, signal });
    const page = parseRecord(text, `GET ${path}`);
    pages.push(page);
    next = stringOf(metadataOf(page)["continue"]);
    if (next === "") return pages;
  }
}

/** The resource version of the last page, which is that of all. */
export function versionOf(pages: readonly Readonly<Record<string, unknown>>[]): string {
  const last = pages.at(-1);
  return last ? stringOf(metadataOf(last)["resourceVersion"]) : "";
}

/** An answer's text as the object that it is to be. @throws KubeError when it broke off */
export function parseRecord(text: string, request: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isRecord(parsed)) return parsed;
  } catch (error) {
    throw truncatedError(request, error);
  }
  throw truncatedError(request);
}

const metadataOf = (page: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  isRecord(page["metadata"]) ? page["metadata"] : {};
