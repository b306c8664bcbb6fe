import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** A template and its data, as Go is to render it. */
export interface GoRequest {
  readonly template: string;
  readonly data: unknown;
}

/** What Go printed, until the error if there is one. */
export interface GoResponse {
  readonly out: string;
  readonly err: string;
}

const GIGABYTE = 1024 ** 3;

/** Builds a Go program of ours into the user's cache folder; `go build` itself knows whether there is anything to do. */
export function buildGo(folder: URL): string {
  const cache = path.join(process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "kubectl-ark");
  mkdirSync(cache, { recursive: true });
  const source = fileURLToPath(folder);
  const program = path.join(cache, path.basename(source));
  try {
    execFileSync("go", ["build", "-o", program, "."], { cwd: source, stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isMissing) throw error;
    throw new Error('this test compares with Go itself, and there is no "go" on the PATH; install Go 1.22 or newer (https://go.dev/dl)', {
      cause: error,
    });
  }
  return program;
}

/** What Go's text/template makes of each request, in their order. */
export function renderWithGo(requests: readonly GoRequest[]): GoResponse[] {
  const program = buildGo(new URL("gotemplate/", import.meta.url));
  const input = requests.map((request) => JSON.stringify(request)).join("\n");
  const output = execFileSync(program, { input, maxBuffer: GIGABYTE, encoding: "utf8" });
  return output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as GoResponse);
}
