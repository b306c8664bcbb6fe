// One valid object of each kind but ArkTeam (team.ts), for tests. `change` replaces fields of the spec.
import type {
  ArkAgent,
  ArkAgentSpec,
  ArkBudget,
  ArkBudgetSpec,
  ArkEvent,
  ArkEventSpec,
  ArkMemory,
  ArkMemorySpec,
  ArkNotify,
  ArkNotifySpec,
  ArkRegistry,
  ArkRegistrySpec,
  ArkRun,
  ArkRunSpec,
  ArkService,
  ArkServiceSpec,
  ArkSettings,
  ArkSettingsSpec,
} from "../../crds/generated/types.ts";

const apiVersion = "arkonis.dev/v1alpha1";
const metadata = (name: string): { name: string; namespace: string } => ({ name, namespace: "test" });

export const anAgent = (change: Partial<ArkAgentSpec> = {}, name = "worker"): ArkAgent => ({
  apiVersion,
  kind: "ArkAgent",
  metadata: metadata(name),
  spec: { model: "mock", systemPrompt: "Work.", ...change },
});

export const aRun = (spec: ArkRunSpec = { teamRef: "demo" }, name = "demo-x4kpz"): ArkRun => ({
  apiVersion,
  kind: "ArkRun",
  metadata: metadata(name),
  spec,
});

export const anEvent = (change: Partial<ArkEventSpec> = {}, name = "daily"): ArkEvent => ({
  apiVersion,
  kind: "ArkEvent",
  metadata: metadata(name),
  spec: { source: { type: "cron", cron: "0 9 * * 1-5" }, targets: [{ team: "demo" }], ...change },
});

export const someSettings = (spec: ArkSettingsSpec = {}, name = "house"): ArkSettings => ({
  apiVersion,
  kind: "ArkSettings",
  metadata: metadata(name),
  spec,
});

export const aMemory = (spec: ArkMemorySpec = { backend: "in-context" }, name = "notes"): ArkMemory => ({
  apiVersion,
  kind: "ArkMemory",
  metadata: metadata(name),
  spec,
});

export const aService = (change: Partial<ArkServiceSpec> = {}, name = "front"): ArkService => ({
  apiVersion,
  kind: "ArkService",
  metadata: metadata(name),
  spec: { selector: { arkAgent: "worker" }, ...change },
});

export const aNotify = (change: Partial<ArkNotifySpec> = {}, name = "ops"): ArkNotify => ({
  apiVersion,
  kind: "ArkNotify",
  metadata: metadata(name),
  spec: { channels: [{ type: "webhook", webhook: { url: "https://hooks.example.com/ark" } }], ...change },
});

export const aRegistry = (spec: ArkRegistrySpec = {}, name = "fleet"): ArkRegistry => ({
  apiVersion,
  kind: "ArkRegistry",
  metadata: metadata(name),
  spec,
});

export const aBudget = (change: Partial<ArkBudgetSpec> = {}, name = "month"): ArkBudget => ({
  apiVersion,
  kind: "ArkBudget",
  metadata: metadata(name),
  spec: { limit: "50.00", ...change },
});
