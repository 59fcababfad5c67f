// Plain JavaScript, since install/binding.mjs and the repository's own scripts need it before anything is built.

export function restoreLegacyUtil(util) {
  Object.assign(util, {
    isNullOrUndefined: (value) => value === null || value === undefined,
    isArray: Array.isArray,
  });
}

export const restoringLegacyUtil = `(${restoreLegacyUtil})(require("node:util"));`;
