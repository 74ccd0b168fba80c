import {
  ActionIcon,
  Button,
  Checkbox,
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  Input,
  InputWrapper,
  type MantineColorsTuple,
} from "@mantine/core";

const teal: MantineColorsTuple = [
  "#e8f4f7",
  "#d0e8ee",
  "#a4d4e0",
  "#83d2e4",
  "#5cbfd6",
  "#3596b0",
  "#1f7f99",
  "#0f6a83",
  "#0a566b",
  "#054556",
];

const gray: MantineColorsTuple = [
  "#f6f8f9",
  "#f2f5f7",
  "#e4e9ed",
  "#d3dae0",
  "#bcc6ce",
  "#96a2ad",
  "#616e7a",
  "#4c5a67",
  "#2d3944",
  "#17212b",
];

const dark: MantineColorsTuple = [
  "#e3e8ec",
  "#a8b3bd",
  "#8a96a1",
  "#5a6672",
  "#38424c",
  "#242c34",
  "#191f26",
  "#12171c",
  "#0d1115",
  "#090c0f",
];

const red: MantineColorsTuple = [
  "#fdf1f0",
  "#fbe0de",
  "#f7c1bd",
  "#f5a29b",
  "#f2867d",
  "#e2625a",
  "#c93c34",
  "#b3261e",
  "#93201a",
  "#741813",
];

export const theme = createTheme({
  colors: { teal, gray, dark, red },
  primaryColor: "teal",
  primaryShade: { light: 7, dark: 4 },
  // Mantine's own choice of text on a filled button looks at the light theme only.
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    if (input.variant !== "filled") return colors;
    const bad = input.color === "red";
    return {
      ...colors,
      background: bad ? "var(--tone-bad)" : "var(--accent)",
      hover: bad ? "color-mix(in srgb, var(--tone-bad) 88%, var(--ink))" : "var(--accent-hover)",
      color: bad ? "var(--paper)" : "var(--on-accent)",
    };
  },
  white: "#ffffff",
  black: "#17212b",
  fontFamily: "var(--font)",
  fontFamilyMonospace: "var(--mono)",
  defaultRadius: 6,
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "12px", sm: "14px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "16px", sm: "20px", md: "20px", lg: "24px", xl: "28px" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "40px" },
  radius: { xs: "3px", sm: "6px", md: "6px", lg: "6px", xl: "6px" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "20px", lineHeight: "28px" },
      h2: { fontSize: "16px", lineHeight: "24px" },
      h3: { fontSize: "14px", lineHeight: "20px" },
    },
  },
  components: {
    Button: Button.extend({ defaultProps: { size: "sm" }, styles: { root: { fontWeight: 600 } } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray" } }),
    Checkbox: Checkbox.extend({
      defaultProps: { size: "xs" },
      styles: { label: { fontSize: 14, paddingInlineStart: 8 } },
    }),
    Input: Input.extend({ defaultProps: { size: "sm" } }),
    InputWrapper: InputWrapper.extend({ styles: { label: { fontWeight: 600, marginBottom: 4 } } }),
    Modal: {
      defaultProps: { centered: false, yOffset: "12vh", overlayProps: { backgroundOpacity: 0.4 }, shadow: "none" },
      styles: { title: { fontSize: 16, fontWeight: 600, lineHeight: "24px" } },
    },
    Menu: { defaultProps: { shadow: "none", transitionProps: { duration: 80 }, offset: 4 } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: false } },
  },
});

/** Mantine's own variables, from our tokens: one source for both. */
export const variables: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--paper)",
    "--mantine-color-text": "var(--ink)",
    "--mantine-color-dimmed": "var(--ink-2)",
    "--mantine-color-placeholder": "var(--ink-3)",
    "--mantine-color-anchor": "var(--accent)",
    "--mantine-color-error": "var(--tone-bad)",
    "--mantine-color-default": "var(--paper)",
    "--mantine-color-default-hover": "var(--paper-hover)",
    "--mantine-color-default-color": "var(--ink)",
    "--mantine-color-default-border": "color-mix(in srgb, var(--line-strong) 60%, var(--line))",
  };
  return { variables: {}, light: shared, dark: shared };
};
