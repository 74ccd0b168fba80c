import { useMantineColorScheme } from "@mantine/core";

export const schemes = ["auto", "light", "dark"] as const;
export type Scheme = (typeof schemes)[number];
export const schemeLabels: Record<Scheme, string> = { auto: "System", light: "Light", dark: "Dark" };

/** Light, dark, or as the system says; Mantine keeps it in localStorage, where public/scheme.js finds it. */
export function useScheme(): [Scheme, (scheme: Scheme) => void] {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return [colorScheme, setColorScheme];
}
