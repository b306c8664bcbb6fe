// What agent pods say of themselves; pods hold no API token, so this is how status hears it (DESIGN §4).

/** One pod's report. */
export interface AgentReport {
  readonly pod: string;
  readonly ready: boolean;
  readonly mcp: readonly { readonly name: string; readonly healthy: boolean; readonly message: string }[];
  readonly probe?: { readonly healthy: boolean; readonly message: string } | undefined;
  readonly plugins: readonly { readonly name: string; readonly state: string; readonly message: string }[];
  readonly freeSlots: number;
  readonly atMs: number;
}

/** Reports by agent. Those older than 45 s do not count. */
export interface AgentReports {
  report(namespace: string, agent: string, report: AgentReport): Promise<void>;
  list(namespace: string, agent: string): Promise<readonly AgentReport[]>;
}
