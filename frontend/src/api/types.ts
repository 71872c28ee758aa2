/** The wire, in TypeScript. */
export type Verdict = 'violating' | 'clean' | 'escalated' | 'unreviewable';
export type Arm = 'blind' | 'level1' | 'level2';
export type Modality = 'picture' | 'sound' | 'both';
export type AnalysisState = 'queued' | 'running' | 'done' | 'refused' | 'failed';

export interface Lease {
  token: string;
  expires_at: string;
  seconds: number;
}

export interface DraftSegment {
  id: string;
  violation_type: string;
  start_ms: number;
  end_ms: number;
  origin: 'hint' | 'human';
  hint_id: number | null;
}

export interface WatchedRange {
  start_ms: number;
  end_ms: number;
  speed: number;
  muted: boolean;
  blurred: boolean;
}

export interface Draft {
  segments: DraftSegment[];
  rejected: number[];
  shown: number[];
  played: number[];
  watched: WatchedRange[];
  active_ms: number;
  verdict: Verdict | null;
  notes: string;
  score_threshold: number | null;
  show_more: boolean;
}

export interface ViolationType {
  slug: string;
  name: string;
  policy_slug: string;
  policy_name: string;
  modality: Modality;
  severity: number;
  colour: string;
  key: string;
  guideline: string;
  known_to_model: boolean;
}

export interface HintOut {
  id: number;
  violation_type: string;
  start_ms: number;
  end_ms: number;
  score: number;
  rank: number;
  group: number;
  capped: boolean;
}

export interface Thumbnails {
  url: string;
  columns: number;
  rows: number;
  tile_width: number;
  tile_height: number;
  interval_ms: number;
  count: number;
}

export interface Waveform {
  url: string;
  step_ms: number;
  count: number;
}

export interface ReviewVideo {
  sha256: string;
  duration_ms: number;
  width: number;
  height: number;
  average_fps: number | null;
  has_picture: boolean;
  has_sound: boolean;
  media_url: string;
  thumbnails: Thumbnails | null;
  waveform: Waveform | null;
}

export interface Workbench {
  id: number;
  state: string;
  arm: Arm;
  hintless: { code: string; sentence: string } | null;
  lease: Lease | null;
  draft_version: number;
  draft: Draft;
  read_only: boolean;
  queue: { id: number; name: string };
  task_id: number;
  submission: {
    id: string;
    title: string;
    description: string;
    uploader: string;
    source: string;
    metadata: Record<string, unknown>;
    is_demo: boolean;
    created_at: string;
  };
  video: ReviewVideo;
  violation_types: ViolationType[];
  curves: { url: string; step_ms: number; count: number; types: string[] } | null;
  thresholds: Record<string, number>;
  hints: HintOut[];
  bundle: { id: number; name: string; tier: string } | null;
}

export interface DraftSaved {
  version: number;
  lease_expires_at: string;
}

export interface VideoRow {
  sha256: string;
  title: string;
  duration_ms: number | null;
  created_at: string;
  is_demo: boolean;
  analysis: AnalysisRow | null;
}

export interface AnalysisRow {
  id: number;
  state: AnalysisState;
  stage: string;
  progress: number;
  sentence: string;
  attempts: number;
}

export interface SubmissionMade {
  id: string;
  video_sha256: string;
  known_video: boolean;
  analysis_id: number | null;
  analysis_state: AnalysisState | null;
  task_id: number | null;
}
