/**
 * Why tests of an engine are skipped here, for their titles; undefined where it loads.
 *
 * @param load what rejects, with the reason, where the engine cannot run
 * @throws that reason where BRUSHWORK_EXPECT_NATIVE or BRUSHWORK_EXPECT_WEBGPU is "yes" in the environment: there its
 * tests must run
 */
export async function absenceOfEngine(
  name: "native" | "webgpu",
  load: () => Promise<unknown>,
): Promise<string | undefined> {
  try {
    await load();
    return undefined;
  } catch (error) {
    if (process.env[`BRUSHWORK_EXPECT_${name.toUpperCase()}`] === "yes") throw error;
    return error instanceof Error ? error.message : String(error);
  }
}
