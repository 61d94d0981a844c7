// Made by `python -m jupyter_resources.api.schema` from the models in jupyter_resources/api. Never edit it.

/** Buckets, the default one first, and what settings say about one of them where only that was asked. `user_file` is where the user's own settings are, or would be. */
export interface BucketList {
  buckets: BucketMessage[];
  settings: SettingMessage[];
  ignored: string[];
  user_file: string;
}

/** A bucket as settings name it; `source` and `where` tell who says so. */
export interface BucketMessage {
  name: string;
  provider: string;
  bucket: string;
  base_path: string;
  profile: string;
  endpoint: string | null;
  default: boolean;
  source: string;
  where: string;
}

/** A bucket to keep under a short name. */
export interface BucketsAddRequest {
  /** what to call it */
  name: string;
  /** where it is: s3://bucket/path, gs://…, az://… or a directory (./x, /x) */
  url: string;
  /** the connection to use, one that settings name */
  profile?: string | null;
  /** the server's address (a new connection) */
  endpoint?: string | null;
  /** its region (a new connection) */
  region?: string | null;
  /** where its credentials are: auto, keyring, environment, file, aws or none */
  credentials?: string | null;
  /** the section of the AWS files to use (a new connection) */
  aws_profile?: string | null;
}

/** A bucket to make at its provider. */
export interface BucketsCreateRequest {
  /** a bucket's name in the settings, or a URL */
  name: string;
}

/** A bucket to examine. */
export interface BucketsDoctorRequest {
  /** a bucket's name in the settings, or a URL; else the default one */
  name?: string | null;
}

/** The buckets that settings name. */
export type BucketsListRequest = Record<string, never>;

/** A bucket to forget. */
export interface BucketsRmRequest {
  /** the bucket's name in the settings */
  name: string;
}

/** Everything about one bucket. */
export interface BucketsShowRequest {
  /** the bucket's name in the settings */
  name: string;
}

/** A connection of the project's file that may use your credentials. */
export interface BucketsTrustRequest {
  /** the connection's name */
  profile: string;
}

/** The files in one state; `state` is the number that their rows carry, `label` a sign and a word. */
export interface ChipMessage {
  state: number;
  label: string;
  tone: 'alarm' | 'loss' | 'gain' | 'change' | 'calm';
  files: number;
  bytes: number;
}

/** A bucket examined. */
export interface DoctorMessage {
  bucket: string;
  location: string;
  findings: FindingMessage[];
}

/** One file that could not be moved. */
export interface FailureMessage {
  path: string;
  title: string;
  hint: string;
}

/** One thing that was looked at in a bucket: ok, warning or failed; `fix` is what to type or set. */
export interface FindingMessage {
  check: string;
  state: string;
  text: string;
  fix: string;
}

/** Done, in a sentence; `hint` is what to do next. */
export interface Note {
  text: string;
  hint: string;
}

/** What went wrong: `type` is stable, for programs; the others are for people. `failed` names single files. */
export interface ProblemMessage {
  type: string;
  title: string;
  status: number;
  hint: string;
  failed: Record<string, string>;
}

/** How far a transfer is: `words` for people, the most important first; `fraction` is 0 to 1, None while listing. */
export interface ProgressMessage {
  words: string[];
  fraction: number | null;
}

/** Files from a bucket to here. */
export interface PullRequest {
  /** files or directories in the bucket */
  paths: string[];
  /** the bucket: a name from %buckets, a URL or a directory; else the default one */
  bucket?: string | null;
  /** the directory that they go to; else the current one */
  into?: string;
  /** show what would be done, and do nothing */
  dry_run?: boolean;
  /** overwrite what differs here */
  force?: boolean;
  /** only files whose path, from its beginning, matches this regular expression */
  include?: string | null;
  /** no files whose path, from its beginning, matches it; wins over --include */
  exclude?: string | null;
  /** compare contents again instead of trusting recorded digests */
  verify?: boolean;
}

/** Files from here to a bucket. */
export interface PushRequest {
  /** files, directories or glob patterns; all in the current directory */
  paths: string[];
  /** the bucket: a name from %buckets, a URL or a directory; else the default one */
  to?: string | null;
  /** show what would be done, and do nothing */
  dry_run?: boolean;
  /** overwrite what differs on the target */
  force?: boolean;
  /** only files whose path, from its beginning, matches this regular expression */
  include?: string | null;
  /** no files whose path, from its beginning, matches it; wins over --include */
  exclude?: string | null;
  /** afterwards delete there what is gone here */
  delete?: boolean;
  /** go on even if the source is empty: everything is deleted */
  allow_empty?: boolean;
  /** compare contents again instead of trusting recorded digests */
  verify?: boolean;
  /** let files go that look like secrets (.env, private keys) */
  secrets?: boolean;
}

/** One file of a transfer: what became of it, and why. */
export interface RowMessage {
  path: string;
  state: string;
  reason: string;
  size: number;
}

/** Announces a block of rows, which is the message's one buffer (widgets/rows.py says how it is laid out). */
export interface RowsMessage {
  kind: 'rows';
  version: number;
  start: number;
}

/** One value and where it came from. */
export interface SettingMessage {
  key: string;
  value: string;
  source: string;
  where: string;
}

/** What a push, pull or sync would do or did. */
export interface SummaryMessage {
  direction: string | null;
  source: string;
  target: string;
  dry_run: boolean;
  interrupted: boolean;
  counts: Record<string, number>;
  sizes: Record<string, number>;
  bytes_moved: number;
  seconds: number;
  requests: number;
  rows: RowMessage[];
  failures: FailureMessage[];
}

/** A bucket made equal to a directory. */
export interface SyncRequest {
  /** the directory to mirror, in the current one */
  directory: string;
  /** the bucket: a name from %buckets, a URL or a directory; else the default one */
  to?: string | null;
  /** show what would be done, and do nothing */
  dry_run?: boolean;
  /** delete there what is gone here and overwrite what differs */
  yes?: boolean;
  /** go on even if the source is empty: everything is deleted */
  allow_empty?: boolean;
  /** let files go that look like secrets (.env, private keys) */
  secrets?: boolean;
}

/** What the front end asks: rows from `start` of one version, or that the plan be applied, forced or stopped. */
export interface TransactionRequest {
  kind: 'rows' | 'apply' | 'force' | 'cancel';
  version?: number;
  start?: number;
}

/** A transaction but for its rows. Texts are plain and may hold anything that can be seen. */
export interface TransactionView {
  phase: 'planned' | 'running' | 'stopping' | 'done';
  headline: string;
  notes: string[];
  problem: string;
  hint: string;
  chips: ChipMessage[];
  rows: number;
  version: number;
  can_apply: boolean;
  apply_question: string;
  can_force: boolean;
  force_question: string;
}

/** What each operation is asked. */
export interface OperationRequests {
  'push': PushRequest;
  'pull': PullRequest;
  'sync': SyncRequest;
  'buckets.list': BucketsListRequest;
  'buckets.show': BucketsShowRequest;
  'buckets.add': BucketsAddRequest;
  'buckets.rm': BucketsRmRequest;
  'buckets.create': BucketsCreateRequest;
  'buckets.doctor': BucketsDoctorRequest;
  'buckets.trust': BucketsTrustRequest;
}
