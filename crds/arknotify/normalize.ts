// ArkNotify as stored → as the notifier reads it. The other public shape (SPEC §2.8): `channel` is the one of `channels`, `events[]{type,
// template}` is `on` with a text for each event, `rateLimiting{windowSeconds, maxPerWindow}` is `rateLimitSeconds` with a number.
import { headersOf } from "../arkagent/normalize.ts";
import type { ArkNotify, ArkNotifySpec, NotifyChannel, NotifyEvent, SecretKeyRef } from "../generated/types.ts";
import { given } from "../given.ts";
import { DEFAULT_NAMESPACE } from "../names.ts";
import type { CanonicalChannel, CanonicalNotify } from "./canonical.ts";
import { ALL_NOTIFY_EVENTS, DEFAULT_MESSAGES_PER_WINDOW, DEFAULT_RATE_LIMIT_SECONDS, DEFAULT_WEBHOOK_METHOD } from "./defaults.ts";

/** The policy with the other shape folded in and defaults filled in. Takes an object of the right shape, broken rules or not; pure. */
export function normalizeArkNotify({ metadata, spec }: ArkNotify): CanonicalNotify {
  const events = spec.on ?? (spec.events ?? []).map(({ type }) => type);
  const channels = spec.channels ?? (spec.channel ? [spec.channel] : []);
  const templates = templatesOf(spec);
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
    events: events.length > 0 ? [...new Set(events)] : ALL_NOTIFY_EVENTS,
    channels: channels.map((channel) => channelOf(channel, templates)),
    rateLimit: {
      windowSeconds: spec.rateLimitSeconds ?? spec.rateLimiting?.windowSeconds ?? DEFAULT_RATE_LIMIT_SECONDS,
      max: spec.rateLimiting?.maxPerWindow ?? DEFAULT_MESSAGES_PER_WINDOW,
    },
  };
}

function templatesOf({ events }: ArkNotifySpec): Partial<Record<NotifyEvent, string>> {
  return Object.fromEntries((events ?? []).flatMap(({ type, template }) => (template === undefined ? [] : [[type, template]])));
}

function channelOf(channel: NotifyChannel, templates: Partial<Record<NotifyEvent, string>>): CanonicalChannel {
  const { type, webhook, slack, template } = channel;
  const texts = { templates, ...given({ template }) };
  const slackURL = slack?.webhookURLFrom ?? slack?.webhookUrlSecretRef;
  if (type === "slack" && slackURL) return { ...texts, is: "slack", url: keyOf(slackURL) };
  if (type === "webhook" && webhook) {
    const { url, urlFrom, method, headers, signingSecretRef } = webhook;
    return {
      ...texts,
      is: "webhook",
      url: urlFrom ? keyOf(urlFrom) : (url ?? ""),
      method: method ?? DEFAULT_WEBHOOK_METHOD,
      headers: headersOf(headers),
      ...given({ signingSecret: signingSecretRef && keyOf(signingSecretRef) }),
    };
  }
  return { ...texts, is: "plugin", plugin: type };
}

function keyOf({ name, key }: SecretKeyRef): { name: string; key: string } {
  return { name, key };
}
