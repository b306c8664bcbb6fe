// Our own client of a test cluster.
import { connect, type KubeConnection } from "../../controller/kit/client/index.ts";
import { systemClock } from "../../plugins/sdk/index.ts";

/** Whoever a kubeconfig names; `onWarning` gets the API server's warnings. Whoever connects closes. */
export function connectTo(kubeconfig: string, onWarning?: (text: string) => void): Promise<KubeConnection> {
  return connect(
    { kubeconfig },
    {
      env: { PATH: process.env["PATH"] },
      home: "/nonexistent",
      clock: systemClock,
      random: Math.random,
      interactive: false,
      onPluginOutput: () => undefined,
      userAgent: "kubectl-ark/test",
      onWarning,
    },
  );
}
