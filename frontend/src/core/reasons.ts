/** Why a video is passed on or given back: chosen from a list, by number. */
import { msg } from './words';

export const ESCALATION_REASONS = {
  child_safety: msg('A child may be in danger'),
  threat_to_life: msg('A threat to somebody’s life'),
  legal: msg('May be a matter for the law'),
  policy_unclear: msg('The policy does not say'),
  expertise: msg('Needs knowledge I do not have'),
  other: msg('Something else: the notes say what'),
} as const;

export type EscalationReason = keyof typeof ESCALATION_REASONS;

export const SKIP_REASONS = {
  too_distressing: msg('Too distressing for me now'),
  language: msg('I do not understand the language'),
  expertise: msg('Needs knowledge I do not have'),
  conflict_of_interest: msg('I know somebody in it'),
  technical: msg('It does not play well here'),
  other: msg('Something else'),
} as const;

export type SkipReason = keyof typeof SKIP_REASONS;
