/**
 * Short names for what the hub's API says. The shapes are generated from `openapi.json` (`npm run generate`), so
 * the console cannot drift from the hub: a field that goes away stops the compiler.
 */
import type { components, operations } from "./schema.d.ts";

type Schemas = components["schemas"];

export type Severity = Schemas["Severity"];
export type ScanStatus = Schemas["ScanStatus"];
export type ImportState = Schemas["ImportState"];
export type ScanOrigin = Schemas["ScanOrigin"];
export type FindingState = Schemas["FindingState"];

/** Every word of a set, in the order given; one that is missing or made up does not compile. */
const wordsOf = <Word extends string>(all: Record<Word, true>) => Object.keys(all) as Word[];

export const SEVERITIES = wordsOf<Severity>({
  critical: true,
  high: true,
  medium: true,
  low: true,
  info: true,
});
export const SCAN_STATUSES = wordsOf<ScanStatus>({
  queued: true,
  running: true,
  paused: true,
  importing: true,
  completed: true,
  failed: true,
  cancelled: true,
});
export const IMPORT_STATES = wordsOf<ImportState>({
  none: true,
  pending: true,
  running: true,
  partial: true,
  done: true,
  failed: true,
});
export const SCAN_ORIGINS = wordsOf<ScanOrigin>({
  manual: true,
  integration: true,
  adopted: true,
  scheduled: true,
  local: true,
  upload: true,
});
export const FINDING_STATES = wordsOf<FindingState>({
  open: true,
  in_progress: true,
  fixed: true,
  not_seen: true,
  verified_fixed: true,
  risk_accepted: true,
  false_positive: true,
  duplicate: true,
  closed: true,
  suppressed: true,
});

export const ASSET_KINDS = wordsOf<AssetKind>({
  host: true,
  site: true,
  repository: true,
  image: true,
  cloud_resource: true,
});

export const CRITICALITIES = wordsOf<Criticality>({
  low: true,
  normal: true,
  high: true,
  critical: true,
});

export const NOTIFICATION_EVENTS = wordsOf<NotificationEvent>({
  "findings.new": true,
  "run.completed": true,
  "run.failed": true,
  "run.cancelled": true,
  "import.failed": true,
  "integration.trouble": true,
  "integration.recovered": true,
  "schedule.missed": true,
  "schedule.failed": true,
  "finding.mentioned": true,
  "approval.requested": true,
  "approval.decided": true,
  "verdict.expired": true,
  "suppression_rule.expired": true,
});

/** A page of any list; the document has one such shape for each kind of row. */
export type Page<Item> = Omit<Schemas["Listing_Scan"], "items"> & { items: Item[] };

type Query<Operation extends keyof operations> = NonNullable<operations[Operation]["parameters"]["query"]>;
export type ScanListQuery = Query<"list_scans">;
export type AssetListQuery = Query<"list_assets">;
export type ComponentListQuery = Query<"list_components">;
export type FindingListQuery = Query<"list_scan_findings">;

export type ScheduleListQuery = Query<"list_schedules">;
export type DeliveryListQuery = Query<"list_notification_deliveries">;

export type SeverityCounts = Schemas["Counts"];
export type Capability = Schemas["Action"];
export type ScanCapabilities = Schemas["ScanCapabilities"];
export type ContinuousIntegration = Schemas["ContinuousIntegration"];
export type Scan = Schemas["Scan"];
export type NewScan = Schemas["NewScan"];
export type ScanCommand = "launch" | "pause" | "resume" | "stop";
export type Preview = Schemas["Preview"];
export type Activity = Schemas["Activity"];
export type Finding = Schemas["Finding"];
export type BulkAction = Schemas["BulkAction"];
export type FindingFilter = Schemas["FindingSelection"];
export type ComplianceCounts = Schemas["ComplianceCounts"];
export type FindingDetail = Schemas["FindingDetail"];
export type AssetKind = Schemas["AssetType"];
export type Criticality = Schemas["Criticality"];
export type Asset = Schemas["ListedAsset"];
export type AssetDetail = Schemas["AssetDetail"];
export type AssetCoverage = Schemas["Coverage"];
export type AssetPatch = Schemas["AssetPatch"];
export type AssetMerge = Schemas["AssetMerge"];
export type Component = Schemas["Component"];
export type ComponentKind = Schemas["ComponentKind"];
export type ComponentFigures = Schemas["ComponentFigures"];
export type Comment = Schemas["Comment"];
export type SuppressionExpression = Schemas["SuppressionExpression"];
export type SuppressionRule = Schemas["SuppressionRule"];
export type NewSuppressionRule = Schemas["NewSuppressionRule"];
export type SuppressionRulePatch = Schemas["SuppressionRulePatch"];
export type Approval = Schemas["Approval"];
export type ApprovalState = Schemas["ApprovalState"];
export type Feed = Schemas["Feed"];
export type FeedKind = Schemas["FeedKind"];
export type NewSlaPolicy = Schemas["NewSlaPolicy"];
export type SlaPolicy = Schemas["SlaPolicy"];
export type TriagePolicy = Schemas["TriagePolicy"];
export type TriagePolicyPatch = Schemas["TriagePolicyPatch"];
export type Job = Schemas["Job"];
export type JobTicket = Schemas["JobTicket"];
export type Connector = Schemas["Connector"];
export type Integration = Schemas["Integration"];
export type NewIntegration = Schemas["NewIntegration"];
export type IntegrationPatch = Schemas["IntegrationPatch"];
export type SecretHint = Schemas["SecretHint"];
export type CheckStep = Schemas["CheckStep"];
export type RemoteScan = Schemas["RemoteScan"];
export type SubScanner = Schemas["SubScanner"];
export type BlockEntry = Schemas["BlockEntry"];
export type Webhook = Schemas["Webhook"];
export type LocalScanner = Schemas["LocalScanner"];
export type Schedule = Schemas["Schedule"];
export type ScheduleRun = Schemas["ScheduleRun"];
export type NewSchedule = Schemas["NewSchedule"];
export type SchedulePatch = Schemas["SchedulePatch"];
export type NotificationChannel = Schemas["NotificationChannel"];
export type NewNotificationChannel = Schemas["NewNotificationChannel"];
export type NotificationChannelPatch = Schemas["NotificationChannelPatch"];
export type NotificationRule = Schemas["NotificationRule"];
export type NewNotificationRule = Schemas["NewNotificationRule"];
export type NotificationRulePatch = Schemas["NotificationRulePatch"];
export type NotificationDelivery = Schemas["NotificationDelivery"];
export type NotificationDeliveryDetail = Schemas["NotificationDeliveryDetail"];
export type NotificationEvent = Schemas["NotificationEvent"];
export type DeliveryState = Schemas["DeliveryState"];
export type Session = Schemas["Session"];
export type ApiKey = Schemas["ApiKey"];
export type NewApiKey = Schemas["NewApiKey"];
export type Role = Schemas["Role"];
export type Problem = Schemas["Problem"];
