import { expect, it } from "vitest";
import { redirected } from "./request.js";
import { Trouble } from "./trouble.js";

it.each([
  ["https://a.example/x/y", "/z", "https://a.example/z"],
  ["https://a.example/x/y", "z", "https://a.example/x/z"],
  ["https://a.example/x", "https://b.example/y", "https://b.example/y"],
  ["https://a.example/x", "//b.example/y", "https://b.example/y"],
  ["http://a.example/x", "https://b.example/y", "https://b.example/y"],
  ["http://127.0.0.1:80/x", "http://127.0.0.1:81/y", "http://127.0.0.1:81/y"],
])("from %s to %s", (address, location, expected) => {
  expect(redirected(new URL(address), location).href).toBe(expected);
});

it.each(["http://b.example/y", "http://a.example/x", "file:///etc/passwd"])(
  "never from https to %s",
  (location) => {
    expect(() => redirected(new URL("https://a.example/x"), location)).toThrow(Trouble);
  },
);
