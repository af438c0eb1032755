import { type MantineColorScheme, Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { DarkIcon, LightIcon, SystemIcon } from "@/parts/icons.tsx";
import styles from "./Rail.module.css";

const CHOICES = [
  { value: "light", label: "Light", Icon: LightIcon },
  { value: "dark", label: "Dark", Icon: DarkIcon },
  { value: "auto", label: "As the system", Icon: SystemIcon },
] as const;

export function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const current = CHOICES.find((choice) => choice.value === colorScheme) ?? CHOICES[2];
  return (
    <Menu position="right-end">
      <Menu.Target>
        <UnstyledButton className={styles.entry}>
          <current.Icon />
          <span className={styles.word}>
            <span className="visually-hidden">Colours: </span>
            {current.label}
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(value) => setColorScheme(String(value) as MantineColorScheme)}
        >
          {CHOICES.map((choice) => (
            <Menu.RadioItem key={choice.value} value={choice.value}>
              {choice.label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
