import { readdirSync } from "node:fs";
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { siteLink } from "../links.js";
import { places, sidebar } from "../pages.js";

const here = fileURLToPath(import.meta.url);
const root = fileURLToPath(new URL("../../..", import.meta.url));

const api = readdirSync(new URL("../api", import.meta.url), { recursive: true, encoding: "utf8" })
  .map((file) => file.split(sep).join("/"))
  .filter((file) => file.endsWith(".md") && file !== "index.md")
  .map((file) => file.replace(/\.md$/, ""))
  .sort();

const missing = readdirSync(new URL("docs", new URL("../../../", import.meta.url)))
  .filter((name) => name.endsWith(".md"))
  .filter((name) => places[`docs/${name}`] === undefined);
if (missing.length > 0)
  throw new Error(`Give these files of docs a place in pages.ts: ${missing.join(", ")}`);

export default defineConfig({
  title: "Brushwork",
  description: "Neural style transfer for TypeScript: a command, a web page, and packages to build on",
  lang: "en",
  // A file host may serve it below a path.
  base: process.env.BRUSHWORK_SITE_BASE ?? "/",
  srcDir: "../..",
  // Only what has a place.
  srcExclude: [
    "**/node_modules/**",
    ".*/**",
    "training/**",
    "tests/**",
    "**/CHANGELOG.md",
    "**/dist/**",
    "README.md",
    "bench/**",
    "fuzz/**",
    "examples/**",
    "apps/demo/**",
  ],
  rewrites: { ...places, "apps/site/api/:path*": "api/:path*" },
  cleanUrls: true,
  vite: {
    publicDir: fileURLToPath(new URL("../public", import.meta.url)),
    plugins: [
      {
        // Pages outside this folder cannot see its packages.
        name: "vue-for-pages",
        enforce: "pre",
        async resolveId(id, importer) {
          const isOfPage = importer !== undefined && /\.md($|\?)/.test(importer);
          return /^vue($|\/)/.test(id) && isOfPage ? this.resolve(id, here, { skipSelf: true }) : null;
        },
      },
    ],
  },
  // The page itself is copied there afterwards.
  ignoreDeadLinks: [/^\/try\//],
  head: [
    [
      "link",
      { rel: "icon", type: "image/svg+xml", href: `${process.env.BRUSHWORK_SITE_BASE ?? "/"}icon.svg` },
    ],
  ],
  markdown: {
    // Its colours stand out enough for everyone.
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    config: (markdown) => {
      markdown.core.ruler.push("site-links", ({ tokens, env }) => {
        // A title of the front matter has no file.
        const path: string | undefined = env.realPath ?? env.path;
        const file = path && relative(root, path).split(sep).join("/");
        if (file === undefined || file.startsWith("apps/site/")) return;
        for (const { children } of tokens)
          for (const token of children ?? []) {
            const link = token.type === "link_open" ? token.attrGet("href") : null;
            if (link !== null) token.attrSet("href", siteLink(link, file));
          }
      });
    },
  },
  themeConfig: {
    nav: [
      { text: "Guide", link: "/getting-started" },
      { text: "API", link: "/api/" },
      { text: "Try it", link: "/try/", target: "_self" },
    ],
    sidebar: {
      "/api/": [
        {
          text: "API reference",
          link: "/api/",
          items: api.map((name) => ({ text: name, link: `/api/${name}` })),
        },
      ],
      "/": sidebar.map(({ title, pages }) => ({
        text: title,
        items: Object.entries(pages).map(([path, text]) => ({
          text,
          link: `/${places[path]?.replace(/\.md$/, "")}`,
        })),
      })),
    },
    outline: [2, 3],
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: "https://github.com/brushwork/brushwork" }],
    footer: { message: "MIT licence. The compact network's weights are CC BY 4.0." },
  },
});
