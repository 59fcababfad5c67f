import { presets } from "@brushwork/recipes";
import { describe, expect, it } from "vitest";
import { checkedJob, type PaintJob } from "./job.js";
import { Unpaintable } from "./outcomes.js";

const job: PaintJob = {
  name: "photo-starry.png",
  store: "f1",
  recipe: presets.default.recipe,
  standIn: true,
  content: "ab12/inputs/0f",
  styles: ["ab12/inputs/1f"],
  checkpoint: "ab12/9.checkpoint",
  output: "ab12/9.png",
  format: "png",
};

describe("a job of a queue", () => {
  it("is taken as it was handed over", () => {
    expect(checkedJob(JSON.parse(JSON.stringify(job)))).toEqual(job);
  });

  // Whoever can write to the queue must not read or write other files.
  it.each<readonly [string, unknown]>([
    ["nothing", null],
    ["a text", "job"],
    ["a file outside the store", { ...job, content: "../../etc/passwd" }],
    ["an output outside the store", { ...job, output: "ab12/../../x.png" }],
    ["a whole path", { ...job, output: "/tmp/x.png" }],
    ["the store's own file", { ...job, output: "brushwork-store.json" }],
    ["no style", { ...job, styles: [] }],
    ["no recipe", { ...job, recipe: { terms: 3 } }],
    ["something that only later versions know", { ...job, later: true }],
  ])("is refused with %s", (_, data) => {
    expect(() => checkedJob(data)).toThrow(Unpaintable);
    expect(() => checkedJob(data)).toThrow(
      /^The job is not one that this version of brushwork can paint: hand it over again with the version that the workers run\. /,
    );
  });
});
