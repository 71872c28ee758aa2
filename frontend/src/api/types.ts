/** The wire's types under their short names; all of them generated from openapi.json (`npm run api`). */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Workbench = Schemas['Workbench'];
export type ReviewVideo = Schemas['WorkbenchVideo'];
export type ViolationType = Schemas['WorkbenchViolationType'];
export type EscalationReason = Schemas['EscalationReason'];
export type Lease = Schemas['WorkbenchLease'];
export type Draft = Schemas['Draft'];
export type DraftPut = Schemas['DraftPut'];
export type DraftStored = Schemas['DraftStored'];
export type LeaseRenewed = Schemas['LeaseRenewed'];
export type ReservedReview = Schemas['ReservedReview'];
export type ReviewOpened = Schemas['ReviewOpened'];
export type Preferences = Schemas['Preferences'];
export type PersonPreferences = Schemas['PersonPreferences'];
export type VideoRow = Schemas['VideoRow'];
export type AnalysisRow = Schemas['AnalysisRow'];
export type SubmissionMade = Schemas['SubmissionMade'];
export type SubmissionFields = Schemas['SubmissionFields'];
