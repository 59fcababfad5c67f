/** For `catch`: a file that is not there is no error. @returns undefined @throws every other error */
export function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
