/** What the processes of the delivery test get on the command line, and what they report. */
export interface ApplianceArguments {
  url: string;
  file: string;
  site: string;
  /** Summaries to produce, and how many in each transaction, one every `everyMs`. */
  count: number;
  each: number;
  everyMs: number;
}

export interface RelayArguments {
  url: string;
  file: string;
}

export interface BrokerArguments {
  port: number;
}

export type ApplianceReport =
  | { kind: 'produced'; snapshots: string[] }
  | { kind: 'status'; produced: number; ackedSeq: number; lastSeq: number };
