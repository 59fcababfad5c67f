import { describe, expect, it } from "vitest";
import { localServer } from "./downloads/local-server.fixture.js";
import { searchLosses } from "./search-losses.js";

const entry = (name: unknown, version: unknown = "1.2.0", description?: unknown) => ({
  package: { name, version, description },
});

describe("searchLosses", () => {
  it("asks a registry for packages with the keyword, and takes those with a loss's name", async () => {
    const asked: (string | undefined)[] = [];
    const { url } = await localServer((request, response) => {
      asked.push(request.url);
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          objects: [
            entry("brushwork-loss-edges", "1.2.0", "Matches edges"),
            entry("@you/brushwork-loss-soft"),
            entry("something-else"),
            entry(7),
            null,
          ],
        }),
      );
    });
    expect(await searchLosses("soft edges", { registry: `${url}/` })).toEqual([
      { name: "brushwork-loss-edges", version: "1.2.0", description: "Matches edges" },
      { name: "@you/brushwork-loss-soft", version: "1.2.0", description: "" },
    ]);
    await searchLosses("", { registry: url });
    expect(asked).toEqual([
      "/-/v1/search?text=keywords%3Abrushwork-loss+soft+edges&size=100",
      "/-/v1/search?text=keywords%3Abrushwork-loss&size=100",
    ]);
  });

  it.each([
    ["an error", 503, "{}", "answered 503"],
    ["no JSON", 200, "<", "gave no list of packages"],
    ["another JSON", 200, "[]", "gave no list of packages"],
    ["too much", 200, `"${"x".repeat(2 ** 22)}"`, "gave more than"],
  ])("says so when the registry gives %s", async (_, status, body, words) => {
    const { url } = await localServer((_, response) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body);
    });
    const search = searchLosses("", { registry: url });
    await expect(search).rejects.toThrow(`could not be searched: ${new URL(url).host} ${words}`);
    await expect(search).rejects.toThrow("look at https://www.npmjs.com/search?q=keywords:brushwork-loss");
  });
});
