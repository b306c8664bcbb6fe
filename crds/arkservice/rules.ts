// What has to be true of a service beyond its shape (B13a).
import { fault } from "../fault.ts";
import { SPEC } from "../fieldPath.ts";
import type { ArkServiceSpec, ServicePort } from "../generated/types.ts";
import type { Rule } from "../rule.ts";

/** Where each protocol is served when no port is given (SPEC §2.7). */
const DEFAULT_PORTS = { HTTP: 8081, A2A: 8080 } as const;

function portOf({ protocol = "HTTP", port }: ServicePort): number {
  return port ?? DEFAULT_PORTS[protocol];
}

const portsAreDistinct: Rule<ArkServiceSpec> = ({ ports = [] }) => {
  const numbers = ports.map(portOf);
  return numbers.flatMap((port, i) =>
    numbers.indexOf(port) === i
      ? []
      : [
          fault(
            SPEC.child("ports", i, "port"),
            "duplicate",
            `${port} is the port of spec.ports[${numbers.indexOf(port)}] already; choose another one`,
          ),
        ],
  );
};

/** All rules of an ArkService. */
export const arkServiceRules: readonly Rule<ArkServiceSpec>[] = [portsAreDistinct];
