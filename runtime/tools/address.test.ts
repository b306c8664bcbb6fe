import { expect } from "chai";
import { type AddressKind, kindOfAddress } from "./address.ts";

describe("kindOfAddress (S22)", () => {
  const cases: Record<AddressKind, readonly string[]> = {
    never: [
      "169.254.169.254",
      "fe80::1",
      "fe80::1%eth0",
      "::ffff:169.254.169.254",
      "64:ff9b::a9fe:a9fe",
      "fd00:ec2::254",
      "224.0.0.1",
      "ff02::1",
      "255.255.255.255",
      "100.100.100.200",
      "0.1.2.3",
      "nonsense",
      "2002:a9fe:a9fe::1",
    ],
    loopback: [
      "127.0.0.1",
      "127.255.255.254",
      "::1",
      "0:0:0:0:0:0:0:1",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "0.0.0.0",
      "::",
      "64:ff9b::7f00:1",
    ],
    private: [
      "10.0.0.1",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "100.64.0.1",
      "fc00::1",
      "fdff::1",
      "::ffff:10.0.0.1",
      "::ffff:8.8.8.8",
      "64:ff9b::808:808",
      "198.18.0.1",
      "::8.8.8.8",
    ],
    public: ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "192.169.0.1", "11.0.0.1"],
  };
  for (const [want, addresses] of Object.entries(cases)) {
    for (const address of addresses) it(`${address} is ${want}`, () => expect(kindOfAddress(address)).to.equal(want));
  }
});
