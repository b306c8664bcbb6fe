/** A service with defaults filled in. Made by `normalizeArkService`. */
export interface CanonicalService {
  readonly name: string;
  readonly namespace: string;
  readonly arkAgent: string;
  readonly strategy: "round-robin" | "least-busy" | "random";
  readonly ports: readonly { readonly protocol: "A2A" | "HTTP"; readonly port: number }[];
}
