// Teams for tests. A builder starts valid and never mutates: a case shows only its point.
import type { ArkTeam, ArkTeamSpec, PipelineStep, TeamRole } from "../../crds/generated/types.ts";

/** Fields to set; an undefined one is taken out. */
type Change<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** A valid inline role. */
export const aRole = (name: string, change: Change<TeamRole> = {}): TeamRole =>
  withoutUndefined({ name, model: "mock", systemPrompt: `You are ${name}.`, ...change });

/** A role that an agent of its own plays. */
export const agentRole = (name: string, arkAgent = `${name}-agent`): TeamRole => ({ name, arkAgent });

/** A role that is a whole team. */
export const teamRole = (name: string, arkTeam = `${name}-team`): TeamRole => ({ name, arkTeam });

export interface TeamBuilder {
  /** Adds a role; one of the same name is replaced, at the end. */
  role(name: string, change?: Change<TeamRole>): TeamBuilder;
  /** The same with a role as it stands. */
  player(role: TeamRole): TeamBuilder;
  /** Adds a step and, unless there is one, its role. */
  step(role: string, change?: Partial<PipelineStep>): TeamBuilder;
  with(change: Change<ArkTeamSpec>): TeamBuilder;
  named(name: string, namespace?: string): TeamBuilder;
  build(): ArkTeam;
}

/** A valid team of the one role `lead`, which is its entry. Every call makes a new builder: cases share a beginning, never a state. */
export const aTeam = (spec: ArkTeamSpec = { entry: "lead", roles: [aRole("lead")] }, name = "demo", namespace = "test"): TeamBuilder => {
  const roles = spec.roles ?? [];
  const next = (change: object): TeamBuilder => aTeam(withoutUndefined<ArkTeamSpec>({ ...spec, ...change }), name, namespace);
  return {
    role: (roleName, change = {}) => next({ roles: [...roles.filter((role) => role.name !== roleName), aRole(roleName, change)] }),
    player: (role) => next({ roles: [...roles.filter((known) => known.name !== role.name), role] }),
    step: (role, change = {}) =>
      next({
        roles: roles.some((known) => known.name === role) ? roles : [...roles, aRole(role)],
        pipeline: [...(spec.pipeline ?? []), { role, ...change }],
      }),
    with: next,
    named: (newName, newNamespace = namespace) => aTeam(spec, newName, newNamespace),
    build: () => ({ apiVersion: "arkonis.dev/v1alpha1", kind: "ArkTeam", metadata: { name, namespace }, spec: structuredClone(spec) }),
  };
};

/** A pipeline without entry and roles: `aPipeline().step("a").step("b", { dependsOn: ["a"] })`. */
export const aPipeline = (): TeamBuilder => aTeam({ roles: [] });

function withoutUndefined<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
