// Publishes every package whose version npm does not have yet, and tags it: pnpm release.
//
// With --dry-run, the same happens on this machine alone: a copy of the repository gets its next versions, its
// packages are published to a registry that is started for it, installed from there with npm, and a picture is painted.
// --no-check leaves the checks out, which come first otherwise.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const { packageManager } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
/** The registry of a rehearsal: the last verdaccio for Node 20, with the one package that it names by a tag. */
const registryPackage = { dependencies: { verdaccio: "6.8.0" }, overrides: { "node-fetch": "2.7.0" } };

const { values } = parseArgs({
  options: { "dry-run": { type: "boolean" }, "no-check": { type: "boolean" } },
});

if (!values["no-check"]) await shown("npx", ["--yes", packageManager, "run", "check"]);
if (values["dry-run"]) await rehearse();
else {
  await publish(root, []);
  // Tags what has just been published, for GitHub's releases.
  await shown("npx", ["--yes", packageManager, "exec", "changeset", "tag"]);
}

/** @param more further words for pnpm */
async function publish(folder, more, environment = {}) {
  // In a workflow, npm says with each package which commit and workflow it came from.
  const provenance = process.env.GITHUB_ACTIONS === "true" && !values["dry-run"] ? ["--provenance"] : [];
  await shown(
    "npx",
    [
      "--yes",
      packageManager,
      "--recursive",
      "publish",
      "--access",
      "public",
      "--no-git-checks",
      ...provenance,
      ...more,
    ],
    folder,
    environment,
  );
}

async function rehearse() {
  const folder = await mkdtemp(join(tmpdir(), "brushwork-release-"));
  let registry;
  try {
    const copy = join(folder, "repository");
    await copyRepository(copy);
    await quiet(process.execPath, [join(root, "node_modules/@changesets/cli/bin.js"), "version"], copy);
    const packages = await publishedPackages(copy);
    registry = await startRegistry(join(folder, "registry"));
    await writeFile(join(copy, ".npmrc"), registry.settings, { flag: "a" });
    // npm would list every file of every package.
    await publish(copy, ["--registry", registry.address], { npm_config_loglevel: "error" });
    const missing = [];
    for (const { name, version } of packages) {
      const answer = await fetch(`${registry.address}${name.replace("/", "%2f")}`);
      const found = answer.ok ? (await answer.json())["dist-tags"]?.latest : undefined;
      if (found !== version) missing.push(`${name} (${found ?? "nothing"} instead of ${version})`);
    }
    if (missing.length > 0) throw new Error(`These were not published: ${missing.join(", ")}.`);
    const silent = packages.filter(({ changelog }) => !changelog).map(({ name }) => name);
    if (silent.length > 0) throw new Error(`These have no CHANGELOG.md: ${silent.join(", ")}.`);
    console.log(`Published ${packages.length} of ${packages.length} packages to a registry on this machine.`);
    await paintAsInstalled(join(folder, "user"), registry, packages);
  } finally {
    await registry?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Copies what git knows, what was built, and links to what is installed. */
async function copyRepository(copy) {
  const git = (words, cwd) => quiet("git", words, cwd);
  const files = (await git(["ls-files", "-z", "--cached", "--others", "--exclude-standard"], root))
    .split("\0")
    .filter((file) => file !== "" && existsSync(join(root, file)));
  for (const file of files) await cp(join(root, file), join(copy, file));
  await symlink(join(root, "node_modules"), join(copy, "node_modules"), "junction");
  for (const file of files.filter((file) => /^packages\/.*package\.json$/.test(file))) {
    const from = dirname(join(root, file));
    const to = dirname(join(copy, file));
    if (!existsSync(join(from, "dist")) && !JSON.parse(await readFile(join(root, file), "utf8")).private)
      throw new Error(`Expected ${dirname(file)} to be built, found no folder dist: run pnpm build.`);
    for (const name of ["dist", "assets", "node_modules"])
      if (existsSync(join(from, name)))
        await cp(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true });
  }
  // Changesets asks git which commit brought each of them.
  await git(["init", "--quiet", "--initial-branch=main"], copy);
  await git(["add", "--all"], copy);
  const author = ["-c", "user.name=Brushwork", "-c", "user.email=brushwork@example.com"];
  await git(
    [...author, "-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify", "-m", "Copy"],
    copy,
  );
}

async function publishedPackages(copy) {
  const files = (await quiet("git", ["ls-files", "packages/**/package.json"], copy)).trim().split("\n");
  const packages = [];
  for (const file of files) {
    const { name, version, private: hidden } = JSON.parse(await readFile(join(copy, file), "utf8"));
    const changelog = existsSync(join(copy, dirname(file), "CHANGELOG.md"));
    if (!hidden) packages.push({ name, version, changelog });
  }
  return packages;
}

/** Starts a registry for these packages alone, which anyone may publish to. */
async function startRegistry(folder) {
  await mkdir(folder);
  const port = await freePort();
  await writeFile(
    join(folder, "config.json"),
    JSON.stringify({
      storage: join(folder, "storage"),
      auth: { htpasswd: { file: join(folder, "users") } },
      packages: { "**": { access: "$all", publish: "$all", unpublish: "$all" } },
      max_body_size: "100mb",
      log: { type: "file", path: join(folder, "log"), level: "warn" },
    }),
  );
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, ...registryPackage }));
  await quiet("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"], folder);
  const program = join(folder, "node_modules/verdaccio/bin/verdaccio");
  const words = [program, "--config", join(folder, "config.json"), "--listen", `127.0.0.1:${port}`];
  const server = spawn(process.execPath, words, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(server, "exit");
  const address = `http://127.0.0.1:${port}/`;
  const answers = () =>
    fetch(`${address}-/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await answers())) {
    if (server.exitCode !== null) throw new Error("The registry did not start.");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    address,
    settings: `\n//127.0.0.1:${port}/:_authToken=anyone\n`,
    async stop() {
      server.kill();
      await ended;
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Installs the command from the registry in a blank folder, as a user would, and paints with it. */
async function paintAsInstalled(folder, { address, settings }, packages) {
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  // Everything else comes from where it always does.
  await writeFile(join(folder, ".npmrc"), `@brushwork:registry=${address}${settings}`);
  await quiet("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "@brushwork/cli"], folder);
  const { version } = packages.find(({ name }) => name === "@brushwork/cli");
  const command = join(folder, "node_modules/@brushwork/cli/dist/bin.js");
  const printed = (await quiet(process.execPath, [command, "--version"], folder)).trim();
  if (printed !== version)
    throw new Error(`Expected the command to have the version ${version}, got ${printed}.`);
  const pictures = ["content", "style"].map((name) => join(root, "examples", `${name}.jpg`));
  const small = "--preset sketch --size 64 --steps 2 --engine wasm -o painted.png".split(" ");
  await quiet(process.execPath, [command, ...pictures, ...small], folder);
  const { size } = await stat(join(folder, "painted.png"));
  if (size === 0) throw new Error("Expected a painted picture, got an empty file.");
  const own = (await readdir(join(folder, "node_modules/@brushwork"))).length;
  console.log(`Installed @brushwork/cli ${version} with ${own} packages of ours, and painted a picture.`);
}

/** Runs a program and shows what it prints. */
async function shown(program, words, cwd = root, environment = {}) {
  const env = { ...process.env, ...environment };
  const shell = process.platform === "win32";
  const [code] = await once(spawn(program, words, { cwd, env, stdio: "inherit", shell }), "exit");
  if (code !== 0) process.exit(code ?? 1);
}

/** Runs a program. @returns what it printed */
async function quiet(program, words, cwd) {
  const { stdout } = await promisify(execFile)(program, words, {
    cwd,
    maxBuffer: 1e8,
    shell: process.platform === "win32" && program !== process.execPath,
  });
  return stdout;
}
