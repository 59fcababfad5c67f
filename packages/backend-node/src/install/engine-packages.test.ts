import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { enginePackages, installableEngines } from "./engine-packages.js";

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly integrity?: string; readonly dependencies?: object }>
  >;
}

it.each(installableEngines)(
  "the lock file of %s pins its package and all that it pulls in",
  async (engine) => {
    const { name, version, lock } = enginePackages[engine];
    const { packages } = JSON.parse(await readFile(lock, "utf8")) as Lock;
    const { "": root, ...others } = packages;
    expect(root?.dependencies).toEqual({ [name]: version });
    expect(others[`node_modules/${name}`]?.version).toBe(version);
    for (const entry of Object.values(others)) {
      expect(entry.integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
      // The registry is the user's to choose.
      expect(entry).not.toHaveProperty("resolved");
    }
    const found = (dependency: string) =>
      Object.keys(others).some((path) => path.endsWith(`node_modules/${dependency}`));
    for (const entry of Object.values(others))
      for (const dependency of Object.keys(entry.dependencies ?? {}))
        expect([dependency, found(dependency)]).toEqual([dependency, true]);
  },
);
