// What has to be true of a notification policy beyond its shape (SPEC §2.8, B95).
import { headerFaults } from "../arkagent/headers.ts";
import { type FieldError, fault, type Verdict } from "../fault.ts";
import { type FieldPath, SPEC } from "../fieldPath.ts";
import type { ArkNotifySpec, NotifyChannel } from "../generated/types.ts";
import { broken, exactlyOne, type Rule } from "../rule.ts";
import { NOTIFICATION, templateFaults } from "../templates.ts";
import { httpAddressFaults } from "../webAddress.ts";

const channelsHaveOneShape: Rule<ArkNotifySpec> = (spec) => {
  if (spec.channels !== undefined && spec.channels.length === 0) return []; // the shape has said so
  const once = exactlyOne(spec, ["channels", "channel"], SPEC, "give channels, or channel in the other shape");
  return once.map((error) =>
    error.code === "required" ? fault(SPEC.child("channels"), "required", "at least one channel is needed") : error,
  );
};

const eventsHaveOneShape: Rule<ArkNotifySpec> = (spec) =>
  spec.on !== undefined && spec.events !== undefined
    ? [fault(SPEC, "forbidden", "on and events exclude each other; give on, or events in the other shape")]
    : [];

const channelsHaveOptions: Rule<ArkNotifySpec> = eachChannel(({ type, webhook, slack }, at) => {
  if (type === "webhook" && webhook === undefined)
    return [fault(at.child("webhook"), "required", "type webhook needs webhook with url or urlFrom")];
  if (type === "slack" && slack === undefined) return [fault(at.child("slack"), "required", "type slack needs slack with webhookURLFrom")];
  return [];
});

const channelsLeadSomewhere: Rule<ArkNotifySpec> = eachChannel(({ webhook, slack }, at) => [
  ...(webhook === undefined ? [] : exactlyOne(webhook, ["url", "urlFrom"], at.child("webhook"), "give either url or urlFrom")),
  ...(webhook?.url === undefined ? [] : httpAddressFaults(webhook.url, at.child("webhook", "url"))),
  ...headerFaults(webhook?.headers, at.child("webhook", "headers")),
  ...(slack === undefined
    ? []
    : exactlyOne(
        slack,
        ["webhookURLFrom", "webhookUrlSecretRef"],
        at.child("slack"),
        "give webhookURLFrom, or webhookUrlSecretRef in the other shape",
      )),
]);

function eachChannel(check: (channel: NotifyChannel, at: FieldPath) => readonly FieldError[]): Rule<ArkNotifySpec> {
  return (spec) => channelsOf(spec).flatMap(([channel, at]) => check(channel, at));
}

function channelsOf({ channels = [], channel }: ArkNotifySpec): [NotifyChannel, FieldPath][] {
  const listed = channels.map((one, i): [NotifyChannel, FieldPath] => [one, SPEC.child("channels", i)]);
  return channel === undefined ? listed : [...listed, [channel, SPEC.child("channel")]];
}

/** All rules of an ArkNotify but for those of its templates. */
export const arkNotifyRules: readonly Rule<ArkNotifySpec>[] = [
  channelsHaveOneShape,
  eventsHaveOneShape,
  channelsHaveOptions,
  channelsLeadSomewhere,
];

/** All faults and warnings of a notification policy whose shape is right. A name that messages do not have is a warning: it renders empty. */
export function checkArkNotify(spec: ArkNotifySpec): Verdict {
  const templates = [
    ...channelsOf(spec).map(([channel, at]) => ({ text: channel.template, at: at.child("template") })),
    ...(spec.events ?? []).map((event, i) => ({ text: event.template, at: SPEC.child("events", i, "template") })),
  ];
  const findings = templates.flatMap(({ text, at }) => (text === undefined ? [] : [templateFaults(text, at, NOTIFICATION)]));
  return {
    errors: [...broken(arkNotifyRules, spec), ...findings.flatMap((one) => one.errors)],
    warnings: findings.flatMap((one) => one.warnings),
  };
}
