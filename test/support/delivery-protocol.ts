/** What the processes of the delivery test are told on the command line, and what they tell. */
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

export const argumentsOf = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;
