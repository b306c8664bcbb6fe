// What an IP address stands for, whatever way it is spelt. The egress guard asks this inside the socket's own lookup (S21, S22).
import { isIPv4, isIPv6 } from "node:net";

/**
 * never: link-local, metadata services, multicast, reserved. loopback: this machine. private: RFC 1918, CGNAT, ULA, and every IPv6 form
 * that only carries an IPv4 address. public: the rest.
 */
export type AddressKind = "never" | "loopback" | "private" | "public";

/** First bytes, length of the prefix in bits, and the kind; the first that fits wins. */
type Row = readonly [string, number, AddressKind];

const V4: readonly Row[] = [
  ["169.254.0.0", 16, "never"], // link-local, and the metadata service of nearly every cloud
  ["100.100.100.200", 32, "never"], // metadata, Alibaba
  ["168.63.129.16", 32, "never"], // metadata, Azure
  ["192.0.0.192", 32, "never"], // metadata, Oracle
  ["0.0.0.0", 32, "loopback"], // connects to this machine
  ["0.0.0.0", 8, "never"],
  ["127.0.0.0", 8, "loopback"],
  ["10.0.0.0", 8, "private"],
  ["172.16.0.0", 12, "private"],
  ["192.168.0.0", 16, "private"],
  ["100.64.0.0", 10, "private"], // CGNAT
  ["192.0.0.0", 24, "private"],
  ["198.18.0.0", 15, "private"], // benchmarks
  ["224.0.0.0", 4, "never"], // multicast
  ["240.0.0.0", 4, "never"], // reserved, broadcast
];

const V6: readonly Row[] = [
  ["::", 128, "loopback"],
  ["::1", 128, "loopback"],
  ["fd00:ec2::254", 128, "never"], // metadata, AWS
  ["fd20:ce::254", 128, "never"], // metadata, Google
  ["fe80::", 10, "never"], // link-local
  ["fec0::", 10, "private"], // site-local
  ["fc00::", 7, "private"], // ULA
  ["ff00::", 8, "never"], // multicast
];

/** Prefixes behind which an IPv4 address stands, and at which byte. */
const CARRIERS: readonly (readonly [string, number, number])[] = [
  ["::ffff:0:0", 96, 12], // mapped
  ["::ffff:0:0:0", 96, 12], // translated
  ["64:ff9b::", 96, 12], // NAT64
  ["64:ff9b:1::", 48, 12], // local NAT64
  ["2002::", 16, 2], // 6to4
  ["::", 96, 12], // compatible, long deprecated
];

/** The kind of an address in any textual form that the resolver or a URL yields; what is no address is `never`. */
export function kindOfAddress(address: string): AddressKind {
  const bare = (address.split("%")[0] ?? "").replace(/^\[|\]$/g, "");
  if (isIPv4(bare)) return kindIn(V4, bytesOfV4(bare)) ?? "public";
  if (!isIPv6(bare)) return "never";
  const bytes = bytesOfV6(bare);
  const own = kindIn(V6, bytes);
  if (own !== undefined) return own;
  for (const [prefix, bits, at] of CARRIERS) {
    if (!hasPrefix(bytes, bytesOfV6(prefix), bits)) continue;
    const carried = kindIn(V4, bytes.slice(at, at + 4)) ?? "public";
    return carried === "public" ? "private" : carried; // a detour to a public address is still none that anybody needs
  }
  return "public";
}

function kindIn(rows: readonly Row[], bytes: readonly number[]): AddressKind | undefined {
  const bytesOf = rows === V4 ? bytesOfV4 : bytesOfV6;
  return rows.find(([prefix, bits]) => hasPrefix(bytes, bytesOf(prefix), bits))?.[2];
}

function hasPrefix(bytes: readonly number[], prefix: readonly number[], bits: number): boolean {
  for (let bit = 0; bit < bits; bit += 8) {
    const at = bit / 8;
    const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff;
    if (((bytes[at] ?? 0) & mask) !== ((prefix[at] ?? 0) & mask)) return false;
  }
  return true;
}

function bytesOfV4(address: string): number[] {
  return address.split(".").map(Number);
}

/** The 16 bytes of a valid IPv6 address. */
function bytesOfV6(address: string): number[] {
  const lastColon = address.lastIndexOf(":");
  const tail = address.slice(lastColon + 1);
  let text = address;
  if (isIPv4(tail)) {
    const [a = 0, b = 0, c = 0, d = 0] = bytesOfV4(tail);
    text = `${address.slice(0, lastColon + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = "", rest] = text.split("::");
  const groups = (part: string): number[] => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  const left = groups(head);
  const right = rest === undefined ? [] : groups(rest);
  const words = [...left, ...new Array<number>(Math.max(8 - left.length - right.length, 0)).fill(0), ...right];
  return words.flatMap((word) => [(word >> 8) & 0xff, word & 0xff]);
}
