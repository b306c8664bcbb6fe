// What has to be true of an agent beyond its shape: for ArkAgent.spec, and for the inline part of a team's role.
import { type FieldError, fault } from "../fault.ts";
import { duplicates, exactlyOne, type Rule } from "../rule.ts";
import { schemaFaults } from "../schemaFaults.ts";
import { DEFAULT_AUTOSCALING } from "./defaults.ts";
import { promptFaults, promptWarnings } from "./promptSize.ts";
import { serverRules } from "./serverRules.ts";
import type { AgentSubject } from "./subject.ts";
import { toolRules } from "./toolRules.ts";

/** §2.1: a prompt is written out or referred to. A role says so itself, since only an inline one has a prompt. */
export const promptIsGivenOnce: Rule<AgentSubject> = ({ fields, at }) => {
  const advice = "give either systemPrompt or systemPromptRef";
  const once = exactlyOne(fields, ["systemPrompt", "systemPromptRef"], at, advice);
  return once.map((error) => (error.code === "required" ? fault(at.child("systemPrompt"), "required", advice) : error));
};

const promptRefNamesOneKey: Rule<AgentSubject> = ({ fields, at }) =>
  fields.systemPromptRef === undefined
    ? []
    : exactlyOne(
        fields.systemPromptRef,
        ["configMapKeyRef", "secretKeyRef"],
        at.child("systemPromptRef"),
        "give either configMapKeyRef or secretKeyRef",
      );

/** B15 */
const promptFits: Rule<AgentSubject> = ({ fields, at }) => promptFaults(fields.systemPrompt, at.child("systemPrompt"));

/** B13a */
const capabilitiesAreDistinct: Rule<AgentSubject> = ({ fields, at }) =>
  duplicates(
    (fields.capabilities ?? []).map((capability) => capability.id),
    at.child("capabilities"),
    "id",
    "capability",
  );

/** B13a */
const capabilitySchemasCompile: Rule<AgentSubject> = ({ fields, at }) =>
  (fields.capabilities ?? []).flatMap((capability, i) => [
    ...schemaFaults(capability.inputSchema, at.child("capabilities", i, "inputSchema")),
    ...schemaFaults(capability.outputSchema, at.child("capabilities", i, "outputSchema")),
  ]);

const autoscalingHasRoom: Rule<AgentSubject> = ({ fields, at }) => {
  const min = fields.autoscaling?.minReplicas ?? DEFAULT_AUTOSCALING.minReplicas;
  const max = fields.autoscaling?.maxReplicas ?? DEFAULT_AUTOSCALING.maxReplicas;
  if (min <= max) return [];
  return [
    fault(at.child("autoscaling", "minReplicas"), "invalid", `${min} is more than maxReplicas, ${max}; lower it, or raise maxReplicas`),
  ];
};

/** Names of the container's environment that are ours: what they say is decided by the controller. */
const RESERVED_ENV = /^(ARK_|REDIS_|AGENT_|TASK_QUEUE_URL$)/;
const ENV_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

const envIsTheUsers: Rule<AgentSubject> = ({ fields, at }) =>
  (fields.env ?? []).flatMap((variable, i) => {
    const here = at.child("env", i);
    const { name } = variable;
    const errors: FieldError[] = [];
    if (!ENV_NAME.test(name))
      errors.push(fault(here.child("name"), "name", `${JSON.stringify(name)} is no name of a variable: letters, digits and "_"`));
    else if (RESERVED_ENV.test(name)) {
      errors.push(
        fault(
          here.child("name"),
          "forbidden",
          `${name} is set by us; names that begin with ARK_, REDIS_ or AGENT_, and TASK_QUEUE_URL, are taken`,
        ),
      );
    }
    if (variable.value !== undefined && variable.valueFrom !== undefined) {
      errors.push(fault(here, "forbidden", "value and valueFrom exclude each other; give either value or valueFrom"));
    }
    return errors;
  });

const envSourcesAreOne: Rule<AgentSubject> = ({ fields, at }) =>
  (fields.envFrom ?? []).flatMap((source, i) =>
    exactlyOne(source, ["configMapRef", "secretRef"], at.child("envFrom", i), "give either configMapRef or secretRef"),
  );

/** The rules of an agent but for its prompt being there. */
export const agentFieldRules: readonly Rule<AgentSubject>[] = [
  promptRefNamesOneKey,
  promptFits,
  ...serverRules,
  ...toolRules,
  capabilitiesAreDistinct,
  capabilitySchemasCompile,
  autoscalingHasRoom,
  envIsTheUsers,
  envSourcesAreOne,
];

/** All rules of an ArkAgent. */
export const arkAgentRules: readonly Rule<AgentSubject>[] = [promptIsGivenOnce, ...agentFieldRules];

/** B15 */
const promptIsShort: Rule<AgentSubject> = ({ fields, at }) => promptWarnings(fields.systemPrompt, at.child("systemPrompt"));

/** What is accepted, but worth a word. */
export const agentWarnings: readonly Rule<AgentSubject>[] = [promptIsShort];
