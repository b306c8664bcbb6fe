// Which model answers a task, and with which words of introduction: the run's snapshot first, the agent's own configuration where the
// snapshot is silent, and for judges and routers what the task itself says (SPEC §14, B44).
import type { AgentConfig, RunSnapshot } from "../crds/index.ts";
import type { Task } from "../plugins/sdk/index.ts";
import { roleIn } from "./runSnapshots.ts";

/** How a task is spoken for. */
export interface Voice {
  readonly model: string;
  readonly provider: string | undefined;
  readonly before: readonly string[];
  /** Absent: it stands in the agent's file. */
  readonly prompt: string | undefined;
  readonly after: readonly string[];
  readonly temperature: number | undefined;
  readonly outputFormat: AgentConfig["outputFormat"];
  /** Judges and routers have neither tools nor memory. */
  readonly bare: boolean;
}

/** The voice of a task. */
export function voiceOf(task: Task, snapshot: RunSnapshot | undefined, config: AgentConfig): Voice {
  const bare = task.kind === "judge" || task.kind === "route";
  if (bare) {
    const model = task.model ?? config.model;
    return {
      model,
      provider: model === config.model ? config.provider : undefined, // another model finds its own provider (B70)
      before: [],
      prompt: task.system ?? "",
      after: [],
      temperature: undefined,
      outputFormat: undefined,
      bare,
    };
  }
  const role = roleIn(snapshot, task.role);
  if (role === undefined) {
    const { model, provider, before, after, temperature, outputFormat, prompt } = config;
    return { model, provider, before, prompt: prompt.inline, after, temperature, outputFormat, bare };
  }
  const { model, provider, before, after, temperature, outputFormat, prompt } = role;
  return { model, provider, before, prompt, after, temperature, outputFormat, bare };
}
