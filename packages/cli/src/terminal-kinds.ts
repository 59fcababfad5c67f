/** The ways in which terminals show pictures. */
export const terminalKinds = ["kitty", "iterm2", "sixel", "blocks"] as const;
export type TerminalKind = (typeof terminalKinds)[number];
