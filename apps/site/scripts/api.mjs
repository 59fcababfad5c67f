// Writes the API reference of every published package as Markdown into the folder api, from the docstrings.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, Converter } from "typedoc";

const site = fileURLToPath(new URL("..", import.meta.url));
const packages = join(site, "../../packages");

/** The names that programs import, by source file. */
const entryPoints = new Map();
for (const folder of [
  ...readdirSync(packages),
  ...readdirSync(join(packages, "loss-plugins")).map((name) => `loss-plugins/${name}`),
]) {
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(join(packages, folder, "package.json"), "utf8"));
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    continue;
  }
  for (const [entry, conditions] of Object.entries(manifest.exports ?? {}))
    if (conditions["@brushwork/source"] !== undefined)
      entryPoints.set(join(packages, folder, conditions["@brushwork/source"]), join(manifest.name, entry));
}

/** The same by what TypeDoc calls their files: from the folder that all have in common, without ending or index. */
const names = new Map(
  Array.from(entryPoints, ([file, name]) => [
    relative(packages, file)
      .replace(/\.ts$/, "")
      .replace(/\/index$/, ""),
    name,
  ]),
);

const app = await Application.bootstrapWithPlugins({
  name: "API reference",
  entryPoints: [...entryPoints.keys()],
  tsconfig: join(site, "tsconfig.api.json"),
  plugin: ["typedoc-plugin-markdown"],
  out: join(site, "api"),
  // The types are checked by their packages.
  skipErrorChecking: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  disableSources: true,
  readme: "none",
  logLevel: "Warn",
  validation: { notExported: false, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: ["Module", "Function", "Class", "Interface", "Variable", "TypeAlias"],
  router: "module",
  entryFileName: "index.md",
  groupOrder: ["Modules", "Functions", "Interfaces", "Type Aliases", "Variables", "Classes"],
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  classPropertiesFormat: "table",
  typeDeclarationFormat: "table",
  enumMembersFormat: "table",
  typeAliasPropertiesFormat: "table",
  propertyMembersFormat: "table",
  tableColumnSettings: { hideInherited: true, hideOverrides: true, hideSources: true },
  useCodeBlocks: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
});
app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  for (const module of project.children ?? []) {
    const name = names.get(module.name);
    if (name === undefined) throw new Error(`Expected ${module.name} to be an entry of a package.`);
    module.name = name;
  }
});
const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
await app.generateOutputs(project);
if (app.logger.hasErrors()) process.exit(1);
