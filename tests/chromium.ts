import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { type Browser, type BrowserServer, chromium } from "playwright-core";

/** Where Debian, Ubuntu, Google and macOS put it. */
const places = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** WebGPU and WebGL on the processor: slow, and the same everywhere. */
const softwareGpu = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
];

/**
 * Why tests in Chromium are skipped here, for their titles; undefined where it is installed.
 *
 * @throws that reason where the environment variable BRUSHWORK_EXPECT_CHROMIUM is "yes": there its tests must run
 */
export function absenceOfChromium(): string | undefined {
  if (found() !== undefined) return undefined;
  const reason = "Chromium is not installed; CHROMIUM_PATH can name one";
  if (process.env.BRUSHWORK_EXPECT_CHROMIUM === "yes") throw new Error(reason);
  return reason;
}

export interface LaunchOptions {
  /** Further flags. */
  readonly args?: readonly string[];
  /** Whether there is a GPU, in software. Absent: there is. */
  readonly gpu?: boolean;
  /** Whether pages may keep anything. Absent: they may. */
  readonly storage?: boolean;
}

/** Starts a Chromium that several processes can connect to. */
export async function serveChromium(): Promise<BrowserServer> {
  return chromium.launchServer(launchOptions({}));
}

/** Connects to a Chromium that is served. */
export async function connectChromium(address: string): Promise<Browser> {
  return chromium.connect(address);
}

/** Starts Chromium without a window. */
export async function launchChromium({ storage = true, ...wanted }: LaunchOptions = {}): Promise<Browser> {
  const options = launchOptions(wanted);
  if (storage) return chromium.launch(options);
  const profile = await profileWithoutStorage();
  const browser = (await chromium.launchPersistentContext(profile, options)).browser();
  if (browser === null) throw new Error("Expected Chromium to start with a profile.");
  browser.once("disconnected", () => {
    // Its processes are still about to write there.
    rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }).catch(() => {});
  });
  return browser;
}

function launchOptions({ args = [], gpu = true }: LaunchOptions) {
  const executablePath = found();
  if (executablePath === undefined) throw new Error("Expected Chromium to be installed, found none.");
  // Containers have neither what its sandbox needs nor a large /dev/shm.
  const containers = ["--no-sandbox", "--disable-dev-shm-usage"];
  return {
    executablePath,
    headless: true,
    args: ["--headless=new", ...containers, ...(gpu ? softwareGpu : []), ...args],
  };
}

/** A user's folder, where sites are told to keep nothing: what browsers call blocking all cookies. */
async function profileWithoutStorage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "brushwork-chromium-"));
  const block = 2;
  const preferences = { profile: { default_content_setting_values: { cookies: block } } };
  await mkdir(join(folder, "Default"));
  await writeFile(join(folder, "Default/Preferences"), JSON.stringify(preferences));
  return folder;
}

function found(): string | undefined {
  return places.find((place) => place !== undefined && existsSync(place));
}

/** What makes a page cross-origin isolated, so that it can share memory. */
export const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** What a file is made of: its content, or what answers a request. */
type Content = string | Uint8Array;

export interface SiteOptions {
  /** The folder whose files are served; absent: there are none but `files`. */
  readonly folder?: string;
  /** Further files, by path from the site's root without a slash at its beginning; they come first. */
  readonly files?: Readonly<Record<string, Content>>;
  /** Headers of every answer. */
  readonly headers?: OutgoingHttpHeaders;
  /** The path that the site lies under, such as "/a/b/". Absent: "/". */
  readonly base?: string;
  /** Where who asks for a path is sent on to; both from the site's root. */
  readonly redirects?: Readonly<Record<string, string>>;
}

export interface Site {
  /** With the base; ends in a slash. */
  readonly address: string;
  /** What was asked for so far, by path from the site's root, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webmanifest": "application/manifest+json",
};

/** Serves a folder on this machine, as a plain file host does, which finds "page.html" for "page" too. */
export async function serveSite({
  folder,
  files = {},
  headers = {},
  base = "/",
  redirects = {},
}: SiteOptions): Promise<Site> {
  const requests: string[] = [];
  const content = async (path: string): Promise<Content | undefined> =>
    files[path] ?? (folder && (await readFile(join(folder, normalize(`/${path}`))).catch(() => undefined)));
  const server = createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const below = pathname.startsWith(base) ? decodeURIComponent(pathname.slice(base.length)) : undefined;
    const detour = below === undefined ? undefined : redirects[below];
    if (detour !== undefined) {
      response.writeHead(308, { location: base + detour }).end();
      return;
    }
    let path = below === undefined || (below !== "" && !below.endsWith("/")) ? below : `${below}index.html`;
    if (path !== undefined) requests.push(path);
    let body = path === undefined ? undefined : await content(path);
    if (path !== undefined && body === undefined && extname(path) === "") {
      path = `${path}.html`;
      body = await content(path);
    }
    response.writeHead(body === undefined ? 404 : 200, {
      "content-type": types[extname(path ?? "")] ?? "application/octet-stream",
      "cache-control": "no-store",
      ...headers,
    });
    response.end(body ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://localhost:${port}${base}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
