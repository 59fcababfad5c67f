/**
 * Why tests of the engine native are skipped here, for their titles; undefined where it loads.
 *
 * @param load what rejects, with the reason, where the engine cannot run
 * @throws that reason where the environment variable BRUSHWORK_EXPECT_NATIVE is "yes": there its tests must run
 */
export async function absenceOfNative(load: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await load();
    return undefined;
  } catch (error) {
    if (process.env.BRUSHWORK_EXPECT_NATIVE === "yes") throw error;
    return error instanceof Error ? error.message : String(error);
  }
}
