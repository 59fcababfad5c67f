import { expect, it } from "vitest";
import { gitSha1, sha256 } from "./hash.js";

it("hashes as git hash-object and sha256sum do", async () => {
  const bytes = new TextEncoder().encode("hello\n");
  expect(await gitSha1(bytes)).toBe("ce013625030ba8dba906f756967f9e9ca394464a");
  expect(await sha256(bytes)).toBe("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
});
