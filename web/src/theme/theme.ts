/** Mantine's half of the theme; colours that mean severity or status live in tokens.css as variables. */
import { createTheme, type MantineColorsTuple } from "@mantine/core";

const dark: MantineColorsTuple = [
  "#D3D8E0",
  "#BAC1CC",
  "#98A1AE",
  "#868E9B",
  "#3A404C",
  "#2B303A",
  "#1E2128",
  "#16181D",
  "#111318",
  "#0C0E12",
];

export const theme = createTheme({
  colors: { dark },
  primaryColor: "indigo",
  primaryShade: 8,
  black: "#1B1F26",
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono Variable", ui-monospace, monospace',
  fontSizes: { xs: "13px", sm: "14px", md: "14px", lg: "16px", xl: "20px" },
  headings: {
    fontWeight: "600",
    sizes: { h1: { fontSize: "20px" }, h2: { fontSize: "15px" }, h3: { fontSize: "14px" } },
  },
  defaultRadius: 4,
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { size: 28, variant: "subtle", color: "gray" } },
    TextInput: { defaultProps: { size: "xs" } },
    PasswordInput: { defaultProps: { size: "xs" } },
    Textarea: { defaultProps: { size: "xs" } },
    Autocomplete: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs" } },
    NumberInput: { defaultProps: { size: "xs" } },
    TagsInput: { defaultProps: { size: "xs" } },
    FileInput: { defaultProps: { size: "xs" } },
    Checkbox: { defaultProps: { size: "xs" } },
    Radio: { defaultProps: { size: "xs" } },
    Switch: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    Menu: {
      defaultProps: { shadow: "sm", transitionProps: { duration: 0 }, withInitialFocusPlaceholder: false },
    },
    Drawer: {
      defaultProps: {
        position: "right",
        size: 560,
        padding: "md",
        transitionProps: { duration: 120 },
        closeButtonProps: { "aria-label": "Close" },
      },
    },
    Modal: {
      defaultProps: {
        transitionProps: { duration: 0 },
        closeButtonProps: { "aria-label": "Close" },
      },
    },
  },
});
