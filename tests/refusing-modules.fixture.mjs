import module from "node:module";

/** Refuses modules whose names begin with one of the words of REFUSED_MODULES, as if they were not installed. */
const refused = (process.env.REFUSED_MODULES ?? "").split(",");
const resolve = (specifier, context, next) => {
  if (refused.some((name) => specifier.startsWith(name)))
    throw Object.assign(new Error(`Refused the module ${specifier}.`), { code: "ERR_MODULE_NOT_FOUND" });
  return next(specifier, context);
};

if (module.registerHooks !== undefined) module.registerHooks({ resolve });
else {
  // Hooks of Node 20 run on a thread of their own, which gets the environment but no closure.
  const source = `const refused = ${JSON.stringify(refused)}; export const resolve = ${resolve};`;
  module.register(`data:text/javascript,${encodeURIComponent(source)}`);
}
