import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Packages may import from floors below their own alone. */
const floors = [
  ["packages/core", "packages/create-brushwork-loss"],
  [
    "packages/networks",
    "packages/recipes",
    "packages/webgpu",
    "packages/testing",
    ...["content", "histogram", "laplacian", "moments", "nearest", "style", "tv", "wasserstein"].map(
      (name) => `packages/loss-plugins/${name}`,
    ),
  ],
  ["packages/runs"],
  ["packages/backend-node", "packages/backend-web"],
  ["packages/cli", "apps/demo"],
];

const folders = floors.flat();
const nameOf = (folder: string): string =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")).name;

/** Source files of a package, without its tests and what these share. */
function sourcesOf(folder: string): readonly string[] {
  return readdirSync(join(root, folder, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(ts|tsx|mjs)$/.test(path) && !/\.(test|fixture|d)\.m?tsx?$/.test(path))
    .map((path) => join(root, folder, "src", path));
}

/** What a file imports or exports from, types included. */
function importsOf(path: string): readonly string[] {
  const code = readFileSync(path, "utf8");
  const pattern =
    /(?:^|[;}\n])\s*(?:import|export)\b[^;"'`]*?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;
  return Array.from(code.matchAll(pattern), ([, fixed, dynamic]) => fixed ?? dynamic ?? "");
}

/** The source file that a relative import means. */
function targetOf(from: string, name: string): string | undefined {
  const path = resolve(dirname(from), name);
  return [
    path,
    path.replace(/\.js$/, ".ts"),
    path.replace(/\.js$/, ".tsx"),
    `${path}.ts`,
    `${path}.tsx`,
  ].find((candidate) => /\.\w+$/.test(candidate) && existsSync(candidate));
}

/** A circle in a graph, as the nodes on its way; empty where there is none. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): readonly string[] => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return [];
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next, [...way, node]);
      if (circle.length > 0) return circle;
    }
    done.add(node);
    return [];
  };
  return [...graph.keys()].map((node) => visit(node, [])).find((circle) => circle.length > 0) ?? [];
}

it("every package has a floor", () => {
  const all = ["packages", "packages/loss-plugins", "apps"].flatMap((parent) =>
    readdirSync(join(root, parent))
      .map((name) => `${parent}/${name}`)
      .filter((path) => existsSync(join(root, path, "src"))),
  );
  expect(all.sort()).toEqual([...folders].sort());
});

it("finds a circle where there is one", () => {
  expect(
    circleIn(
      new Map([
        ["a", ["b"]],
        ["b", ["c"]],
        ["c", ["b"]],
      ]),
    ),
  ).toEqual(["b", "c", "b"]);
  expect(
    circleIn(
      new Map([
        ["a", ["b", "c"]],
        ["b", ["c"]],
        ["c", []],
      ]),
    ),
  ).toEqual([]);
});

describe.each(folders)("%s", (folder) => {
  const files = sourcesOf(folder);

  it("has no file that imports itself by way of others", () => {
    const graph = new Map(
      files.map((file) => [
        relative(root, file),
        importsOf(file)
          .filter((name) => name.startsWith("."))
          .flatMap((name) => targetOf(file, name) ?? [])
          .map((target) => relative(root, target)),
      ]),
    );
    expect([...graph.values()].flat().length).toBeGreaterThan(0);
    expect(circleIn(graph)).toEqual([]);
  });

  it("imports from lower floors alone, and what its package.json names", () => {
    const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const named = Object.keys({
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      ...(manifest.private && manifest.devDependencies),
    });
    const level = floors.findIndex((floor) => floor.includes(folder));
    const below = floors.slice(0, level).flat().map(nameOf);
    const imported = new Set(
      files
        .flatMap(importsOf)
        .filter((name) => name.startsWith("@brushwork/"))
        .map((name) => name.split("/").slice(0, 2).join("/")),
    );
    expect([...imported].filter((name) => !below.includes(name))).toEqual([]);
    expect([...imported].filter((name) => !named.includes(name))).toEqual([]);
  });
});
