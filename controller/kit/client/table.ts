// Lists as the API server prints them: the columns of `kubectl get`, which a CRD names (meta.k8s.io/v1 Table).
import { isRecord, recordsOf, stringOf } from "./json.ts";
import { type ListQuery, pagesOf, versionOf } from "./list.ts";
import type { KubeObject, Resource } from "./resource.ts";
import type { KubeTransport } from "./transport.ts";

/** One column. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  /** 0 is always shown, more only with `-o wide`. */
  readonly priority: number;
  readonly description: string;
}

/** One object: a value for each column, and its metadata. */
export interface TableRow {
  readonly cells: readonly unknown[];
  readonly metadata: KubeObject["metadata"];
}

/** A printed list. */
export interface KubeTable {
  readonly resourceVersion: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
}

const ACCEPT = "application/json;as=Table;v=v1;g=meta.k8s.io";

/** The printed list of all objects. Rows of a kind that cannot be printed so are an error of the API server (406). */
export async function listTable(transport: KubeTransport, resource: Resource<KubeObject>, query: ListQuery = {}): Promise<KubeTable> {
  const pages = await pagesOf(transport, resource, { ...query, includeObject: "Metadata" }, ACCEPT);
  return {
    resourceVersion: versionOf(pages),
    columns: recordsOf(pages[0]?.["columnDefinitions"]).map(columnOf), // only the first page is bound to have them
    rows: pages.flatMap((page) => recordsOf(page["rows"]).map(rowOf)),
  };
}

function columnOf(column: Readonly<Record<string, unknown>>): TableColumn {
  const priority = column["priority"];
  return {
    name: stringOf(column["name"]),
    type: stringOf(column["type"]),
    format: stringOf(column["format"]),
    priority: typeof priority === "number" ? priority : 0,
    description: stringOf(column["description"]),
  };
}

function rowOf({ cells, object }: Readonly<Record<string, unknown>>): TableRow {
  const metadata = isRecord(object) && isRecord(object["metadata"]) ? object["metadata"] : {};
  return { cells: Array.isArray(cells) ? cells : [], metadata: { name: "", ...metadata } };
}
