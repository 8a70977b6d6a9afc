/** What rules can name at a program. */
export interface RuleChoices {
  cameras: { id: string; name: string }[];
  labels: string[];
  zones: string[];
  /** Only at the relay. */
  sites: string[];
}

export const NO_CHOICES: RuleChoices = { cameras: [], labels: [], zones: [], sites: [] };
