/** What rules can name at a program. */
export interface RuleChoices {
  cameras: { id: string; name: string }[];
  /** Whether there may be cameras beside these, and very many: at the relay. */
  hasOtherCameras?: boolean;
  labels: string[];
  zones: string[];
  /** Only at the relay. */
  sites: string[];
}

export const NO_CHOICES: RuleChoices = { cameras: [], labels: [], zones: [], sites: [] };
