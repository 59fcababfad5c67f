// Puts the page under /try/ of the site.
import { cpSync, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const page = fileURLToPath(new URL("../../demo/dist", import.meta.url));
if (!existsSync(page)) throw new Error("Expected the page to be built, found nothing: run pnpm build.");
cpSync(page, fileURLToPath(new URL("../.vitepress/dist/try", import.meta.url)), { recursive: true });
