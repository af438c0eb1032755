/** Line icons drawn on a 16-unit grid. Decorative: the word beside them carries the meaning for a reader. */
import type { ReactNode } from "react";

type Props = { size?: number };

function Icon({ size = 16, children }: Props & { children: ReactNode }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const ScansIcon = (props: Props) => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="6" />
    <circle cx="8" cy="8" r="2" />
    <path d="M8 8l4-4" />
  </Icon>
);
export const FindingsIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M8 2.2l6 10.8H2z" />
    <path d="M8 6.5v3M8 11.4v.1" />
  </Icon>
);
export const AssetsIcon = (props: Props) => (
  <Icon {...props}>
    <rect x="2" y="2.5" width="12" height="4.5" rx="1" />
    <rect x="2" y="9" width="12" height="4.5" rx="1" />
    <path d="M4.6 4.7v.1M4.6 11.2v.1" />
  </Icon>
);
export const ComponentsIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M8 1.8l5.4 3v6.4L8 14.2l-5.4-3V4.8zM2.6 4.8L8 7.9l5.4-3.1M8 7.9v6.3" />
  </Icon>
);
export const ApprovalsIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M2 8.4l3 3 5-6M9.4 10.8l.6.6 4-4.8" />
  </Icon>
);
export const IntegrationsIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M6 2.5v3M10 2.5v3M4 5.5h8v2.5a4 4 0 0 1-8 0zM8 12v2" />
  </Icon>
);
export const SchedulesIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.5v3M10.5 2.5v3" />
    <path d="M8 8.8v2l1.4 0.8" />
  </Icon>
);
export const NotificationsIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M8 2a3.8 3.8 0 0 0-3.8 3.8c0 3.4-1.4 4.6-1.4 4.6h10.4s-1.4-1.2-1.4-4.6A3.8 3.8 0 0 0 8 2z" />
    <path d="M6.7 12.8a1.4 1.4 0 0 0 2.6 0" />
  </Icon>
);
export const PoliciesIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M8 2l5 1.8v3.9c0 3-2.1 5.2-5 6.3-2.9-1.1-5-3.3-5-6.3V3.8z" />
    <path d="M5.8 7.8l1.6 1.6 2.8-3" />
  </Icon>
);
export const EditIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M3 13l0.6-2.8L10.8 3l2.2 2.2-7.2 7.2z" />
  </Icon>
);
export const KeyIcon = (props: Props) => (
  <Icon {...props}>
    <circle cx="5.5" cy="10.5" r="3" />
    <path d="M7.7 8.3L13.5 2.5M11 5l2 2" />
  </Icon>
);
export const HelpIcon = (props: Props) => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="6" />
    <path d="M6.3 6.2a1.8 1.8 0 1 1 2.6 1.9c-.6.3-.9.7-.9 1.3M8 11.6v.1" />
  </Icon>
);
export const MenuIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />
  </Icon>
);
export const MoreIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.4" />
  </Icon>
);
export const CloseIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M4 4l8 8M12 4l-8 8" />
  </Icon>
);
export const PlusIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M8 3v10M3 8h10" />
  </Icon>
);
export const UploadIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M8 10.5v-8M4.8 5.5L8 2.3l3.2 3.2M2.5 10.5v3h11v-3" />
  </Icon>
);
export const DownloadIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M8 2.5v8M4.8 7.5L8 10.7l3.2-3.2M2.5 10.5v3h11v-3" />
  </Icon>
);
export const RefreshIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M13.2 6.5A5.5 5.5 0 1 0 13.5 9M13.5 2.8v3.9H9.6" />
  </Icon>
);
export const CopyIcon = (props: Props) => (
  <Icon {...props}>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1" />
    <path d="M10.5 5.5v-3h-8v8h3" />
  </Icon>
);
export const CheckIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M3 8.5l3.3 3.3L13 4.8" />
  </Icon>
);
export const ChevronDownIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M4 6l4 4 4-4" />
  </Icon>
);
export const SearchIcon = (props: Props) => (
  <Icon {...props}>
    <circle cx="7" cy="7" r="4.5" />
    <path d="M10.5 10.5L14 14" />
  </Icon>
);
export const FilterIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M2 3.5h12M4.5 8h7M6.8 12.5h2.4" />
  </Icon>
);
export const LightIcon = (props: Props) => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="2.8" />
    <path d="M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9" />
  </Icon>
);
export const DarkIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M13.5 9.5A5.7 5.7 0 0 1 6.5 2.5a5.8 5.8 0 1 0 7 7z" />
  </Icon>
);
export const SystemIcon = (props: Props) => (
  <Icon {...props}>
    <rect x="2" y="3" width="12" height="8" rx="1" />
    <path d="M6 13.5h4" />
  </Icon>
);
export const LogOutIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M6.5 2.5h-4v11h4M7 8h6.5M10.8 5.2L13.6 8l-2.8 2.8" />
  </Icon>
);
export const LaunchIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M4.5 3l8 5-8 5z" />
  </Icon>
);
export const PauseIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M5.5 3.5v9M10.5 3.5v9" />
  </Icon>
);
export const ResumeIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M3.5 3.5v9M7 3.5l6 4.5-6 4.5z" />
  </Icon>
);
export const StopIcon = (props: Props) => (
  <Icon {...props}>
    <rect x="3.8" y="3.8" width="8.4" height="8.4" rx="1" />
  </Icon>
);
export const ImportIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M8 2.5v7.5M5 7.2L8 10.2l3-3M2.5 10.5v3h11v-3" />
  </Icon>
);
export const DeleteIcon = (props: Props) => (
  <Icon {...props}>
    <path d="M2.8 4.5h10.4M6 4.5v-2h4v2M4.2 4.5l.6 9h6.4l.6-9" />
  </Icon>
);
